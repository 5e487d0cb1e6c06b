import type { FaultRow, FaultTheme } from "./fault.ts";

const leftOut = (fault: string): FaultRow => [
  fault,
  "who reads a record once",
  "names the endpoint; with a second one, its record",
  "ENDPOINT_BEHIND",
];

/** A record whose logs do not make the contract's storage. */
export const recordFaults: FaultTheme = {
  name: "The record",
  tests: {
    "test/unit/chain/reading/task-record.test.ts": {
      "an opening that was left out is read again by its block's hash, and nothing is said": [
        ["an opening is left out of a range of logs", "a node that follows", "read again by its block's hash"],
      ],
      "an opening that stays left out is decided on by nobody until it is there, and the endpoint is named": [
        [
          "an opening is left out of every answer",
          "a node that follows",
          "nothing is decided on until it is there; the endpoint is told to be behind, then to fit",
        ],
      ],
      "another endpoint is asked, though the first one answers": [
        ["one of two endpoints leaves an opening out", "a node that follows", "the other one is asked; no reset"],
      ],
      "whatever log is left out of whatever place: a record that is read once names the endpoint": [
        leftOut("the last log is left out"),
        leftOut("the first log is left out"),
        leftOut("a log in the middle is left out"),
        leftOut("no logs at all"),
      ],
      "a commitment of the round in flight, its proposal's hash and its deadline are compared, too": [
        [
          "a commitment of the round in flight is left out",
          "who reads a record once",
          "the accumulator differs",
          "ENDPOINT_BEHIND",
        ],
        ["a proposal with another deadline", "who reads a record once", "the deadline differs", "ENDPOINT_BEHIND"],
        [
          "a proposal with another content id",
          "who reads a record once",
          "the proposal's hash differs",
          "ENDPOINT_BEHIND",
        ],
      ],
      "an endpoint that keeps no state of the block says so once, and the record is as its logs show it": [
        [
          "an endpoint that keeps no state of the block that counts",
          "a node that follows",
          "goes on by its logs, and says once from which block on they are unproven",
        ],
      ],
      "state that an archive node beside it keeps is asked of that one": [
        ["one of two endpoints keeps no state", "who reads a record once", "the other one is asked for it"],
      ],
      "a block that the endpoint does not have yet is waited for, and not taken for one whose state is gone": [
        [
          "an endpoint that does not have the block yet (header not found)",
          "a node that follows",
          "waited for; the endpoint is told to be behind",
        ],
      ],
      "one that answers for older blocks than before is told of, and another one asked": [
        ["one of two endpoints falls five blocks behind", "a node that follows", "the other one is asked"],
      ],
    },
    "test/unit/chain/rpc/log-feed.test.ts": {
      "waits at a lower head, until another branch is seen to have taken an event away": [
        ["a head below the one before", "a node that follows", "waited out"],
        ["another branch without an event that was there", "a node that follows", "the record is read anew"],
      ],
      "has at every step what the newest chain has, whatever the reorganisations": [
        [
          "reorganisations at random, of up to four blocks",
          "a node that follows",
          "at every step the logs of the newest chain",
        ],
      ],
      "says that an endpoint does not have the block before any more": [
        [
          "an endpoint that lost the block before the one it shows",
          "a node that follows",
          "seen: nothing is taken from it",
        ],
      ],
      "changes nothing when reading fails": [
        [
          "an endpoint that fails in the middle of a look",
          "a node that follows",
          "nothing is changed; read again at the next look",
          "RPC_REFUSED",
        ],
      ],
    },
    "test/unit/chain/reading/chain-reader.test.ts": {
      "reads on behind a member that registered bytes which are no text: it has no addresses then": [
        ["a member registers addresses that are no text", "a node that reads members", "it has no addresses"],
      ],
      "refuses unknown tasks": [["a task that is not there", "who reads a record", "", "UNKNOWN_TASK"]],
    },
    "test/e2e/endpoints/endpoint.test.ts": {
      "say that it is behind while it leaves an opening out, and take the round up when it is there": [
        [
          "an opening is left out, below two processes",
          "`watch`, `aggregator`",
          "both say that the endpoint is behind, and take the round up when it is there",
        ],
      ],
    },
  },
};

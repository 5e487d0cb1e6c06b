import type { FaultRow, FaultTheme } from "./fault.ts";

const noBlame =
  "no party named: exit 0 or 4, or it ends by ENDPOINT_BEHIND or RPC_WRONG_ANSWER (exit 5) or UNKNOWN_TASK (exit 2)";
const ofLogs = (fault: string): FaultRow => [fault, "an audit", noBlame];
const wrongProof = (fault: string): FaultRow => [fault, "an audit", "", "RPC_WRONG_ANSWER"];

/** What endpoints and gateways tell an audit. */
export const auditFaults: FaultTheme = {
  name: "The audit",
  tests: {
    "test/unit/api/audits/evidence.test.ts": {
      "blames no member for what an endpoint does to logs": [
        ofLogs("the last log is left out"),
        ofLogs("the first log is left out"),
        ofLogs("a log in the middle is left out"),
        ofLogs("no logs at all"),
        ofLogs("a log of a block that nobody knows"),
        ofLogs("a log with another place in its block"),
        ofLogs("a log whose data differs in one bit"),
        ofLogs("the eleven other lies about logs, which are seen at the door"),
      ],
      "is the endpoint's word where it gives none, which the verdict says": [
        ["an endpoint without eth_getProof", "an audit", "exit 0; the verdict says whose word it is"],
      ],
      "is compared with a second endpoint's; who contradicts a proof is named, without one nothing is sure": [
        ["one of two endpoints gives no proof", "an audit", "the other one's proof counts"],
        ["storage forged by one of two endpoints, no proof", "an audit", "ENDPOINTS_DISAGREE: unchecked, exit 4"],
        ["storage forged by the second endpoint, a proof by the first", "an audit", "exit 0; the forger is named"],
      ],
      "is pinned to a block by its hash: no proof of it is exit 4, a hash of no block is told": [
        ["no eth_getProof, and a block by its hash", "an audit", "STATE_UNPROVEN: unchecked, exit 4"],
        ["the hash of no block", "an audit", "", "UNKNOWN_BLOCK"],
      ],
      "refuses proofs that prove something else, and headers of another state": [
        wrongProof("a proof with one node changed"),
        wrongProof("a proof without nodes"),
        wrongProof("a proof with a slot left out"),
        wrongProof("the proof of another slot"),
        wrongProof("a proof that is no object"),
        ["a header with another state root", "an audit", "unproven, as it does not hash to the block: this is told"],
        wrongProof("code other than the proven hash of it"),
      ],
      "catches a last round that is forged in logs, storage and blobs alike, where there is a proof": [
        [
          "a last round forged in logs and storage alike, with a proof",
          "an audit",
          "STORAGE_MISMATCH, no party: exit 4",
        ],
        [
          "a last round forged in logs and storage alike, without a proof",
          "an audit",
          "believed, exit 0; the verdict says whose word it is",
        ],
        ["a last round forged alike, and a block by its hash", "an audit", "unchecked, exit 4"],
      ],
    },
    "test/unit/audit/random-tampering.test.ts": {
      "is never reported as fine, nor as anybody's violation: who told the events may have made it up": [
        ["any bound field of any event is changed", "an audit", "unchecked, exit 4, no party"],
      ],
      "nor is a lost, a doubled or a swapped one": [
        ["any event but the task's first is lost", "an audit", "unchecked, exit 4"],
        ["any event comes twice", "an audit", "unchecked, exit 4"],
        ["any two neighbouring events are swapped", "an audit", "unchecked, exit 4"],
      ],
    },
    "test/unit/cli/commands/audit.test.ts": {
      "ends with what it found, told before the report, where the report cannot be written": [
        ["a total weight that is not that of the updates is accepted", "`audit`", "a violation, exit 3"],
        [
          "a report that cannot be written",
          "`audit`",
          "FILE_UNWRITABLE is told after the verdict, whose exit code stays",
        ],
      ],
      "looks at the report's place before it begins": [
        ["a report's place that is a folder", "`audit`", "nothing is asked", "FILE_UNWRITABLE"],
      ],
      "says in one line what it rests on, and pins a block by its hash": [
        ["a block's hash that is none", "`audit`", "wrong use, exit 2"],
        ["the hash of no block", "`audit`", "unchecked, exit 4"],
      ],
    },
    "test/unit/storage/gateway.test.ts": {
      "asks the next gateway beside one that is silent, also of a list of sources": [
        ["a gateway that never answers", "audits, nodes", "the next one is asked beside it"],
      ],
    },
  },
};

import type { FaultRow, FaultTheme } from "./fault.ts";

const rejected = (fault: string): readonly FaultRow[] => [[fault, "every hearer", "rejected"]];
const ignored = (fault: string): readonly FaultRow[] => [[fault, "every hearer", "ignored"]];
const place = "a node's port";

/** Strangers at a node's port, and members that lie, replay or flood. */
export const peerFaults: FaultTheme = {
  name: "Strangers and members",
  tests: {
    "test/unit/p2p/strangers.test.ts": {
      "who are silent keep no member out, from one address": [
        ["90 silent connections from one address, renewed as they close", place, "a newcomer is let in"],
      ],
      "who are silent keep no member out, from the member's own address": [
        ["90 silent connections from the newcomer's own address", place, "the newcomer is let in"],
      ],
      "who are silent keep no member out, from many addresses": [
        ["300 silent connections from 200 addresses", place, "a newcomer is let in"],
      ],
      "are closed when they have shown no key in time, on tcp/0": [
        ["a connection that never speaks", place, "closed when its time is over"],
      ],
      "are closed when they have shown no key in time, on tcp/0/ws": [
        ["a WebSocket that never speaks", place, "closed when its time is over"],
      ],
      "have so many places an address, on tcp/0": [
        ["more silent connections of an address than it has places", place, "the oldest are closed"],
      ],
      "have so many places an address, on tcp/0/ws": [
        ["more silent WebSockets of an address than it has places", place, "the oldest are closed"],
      ],
      "become no crowd by being members: a key has a few connections at a time": [
        ["a member opens connection after connection by one key", place, "four at a time, the others are refused"],
      ],
    },
    "test/unit/p2p/gossip.test.ts": {
      "cuts off a peer whose messages are rejected again and again": [
        ["messages that are rejected, again and again", "a neighbour", "the sender is cut off"],
      ],
      "cuts off a peer that floods, with whatever its words are worth": [
        ["2,000 messages at once, each valid", "a neighbour", "the sender is cut off before half of them are heard"],
      ],
      "knows a message that comes again before its signature is checked": [
        ["one frame 2,000 times", "a neighbour", "known before its signature is checked; heard once"],
      ],
      "looks at no frame of a peer that brings messages with false signatures": [
        ["20 messages with false signatures", "a neighbour", "the sender is below the score that is listened to"],
      ],
      "does not take members for one because they share an address": [
        ["twelve members behind one address", "a neighbour", "none is scored down for it"],
      ],
      "takes 64 KiB and refuses more": [
        ["a message above 64 KiB", "whoever publishes it", "not sent", "INVALID_ARGUMENT"],
      ],
    },
    "test/unit/rounds/hearing/hear-attestation.test.ts": {
      "checks one signature of an attester to a proposal, however often and differently it is signed": [
        ["a valid attestation signed anew", "every hearer", "ignored, no signature checked"],
      ],
      "checks no signature of an attester that has attested to too many proposals": [
        ["attestations of one member to more than 16 proposals", "every hearer", "ignored, no signature checked"],
      ],
      "rejects garbage and signatures of others": [
        ["an attestation that is garbage", "every hearer", "rejected"],
        ["an attestation signed by another", "every hearer", "rejected"],
      ],
      "ignores one of a participant that did not commit in the round": [
        ["an attestation of one that did not commit", "every hearer", "ignored"],
      ],
    },
    "test/unit/rounds/hearing/hear-commitment.test.ts": {
      "checks no third word of a participant over one anchor, nor another signature to the first": [
        ["a third commitment over one anchor", "every hearer", "ignored, no signature checked"],
        ["another signature to the first commitment", "every hearer", "ignored, no signature checked"],
      ],
      "rejects one signed by another": rejected("a commitment signed by another"),
      "rejects one of another task, replayed": rejected("a commitment of another task, replayed"),
      "rejects one of another round, replayed": rejected("a commitment of another round, replayed"),
      "rejects one over another anchor, replayed": rejected("a commitment over another anchor, replayed"),
      "rejects one with a weight that was not signed": rejected("a commitment with a weight that was not signed"),
      "rejects one with no weight": rejected("a commitment with no weight"),
      "rejects one with more than the greatest weight": rejected("a commitment with more than the greatest weight"),
      "rejects one without a root": rejected("a commitment without a root"),
      "rejects one without a content id": rejected("a commitment without a content id"),
    },
    "test/unit/rounds/hearing/hear-advertisement.test.ts": {
      "are checked once, however often and differently their owner signs them; others of it are heard": [
        ["keys of a masked round signed anew", "every hearer", "ignored, no signature checked"],
      ],
      "are taken from whoever is drawn, over the start value of the open round, signed by their owner": [
        ["keys of a masked round signed by another", "every hearer", "rejected"],
        ["keys over another start value", "every hearer", "ignored"],
      ],
    },
    "test/unit/rounds/unmasking.test.ts": {
      "checks one signature of a survivor to a closing": [
        ["a closing word signed anew", "every hearer", "ignored, no signature checked"],
      ],
      "rejects another's signature": rejected("a closing word with another's signature"),
      "ignores who did not commit": ignored("a closing word of one that did not commit"),
      "ignores another closing": ignored("a word for another closing"),
    },
    "test/unit/rounds/hearing/task-transports.test.ts": {
      "gives a message to its own task alone, whose verdict counts": [
        ["gossip of a task that the node does not work on", "a node of several tasks", "ignored, no task hears it"],
      ],
      "rejects what names no task": [
        ["gossip that names no task, or is no JSON", "a node of several tasks", "rejected, no task hears it"],
        ["gossip that is too long for its fields", "a node of several tasks", "rejected, no task hears it"],
      ],
      "has a request answered by its task; by any, in the protocol's own words, where it is of none here": [
        [
          "a request of a task that is not worked on",
          "a node of several tasks",
          "answered in the protocol's own words",
        ],
      ],
    },
  },
};

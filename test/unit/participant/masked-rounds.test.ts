import { expect } from "chai";
import type { TaskView } from "../../../node/core/task-view.ts";
import {
  type ParticipantEvent,
  type ParticipantState,
  participantMachine,
} from "../../../node/participant/participant-machine.ts";
import { keysHash } from "../../../node/privacy/masking/index.ts";
import type { RoundEvent } from "../../../node/rounds/round-state.ts";
import {
  advertisementFor,
  closedMasked,
  maskedRound,
  maskedRules,
  maskedView,
  unmaskingOf,
} from "../../support/masked-states.ts";
import { accounts, contactOf, hashOf, headAt, members, roundOf, times, viewOf } from "../../support/round-states.ts";

const { a, x } = accounts;
const options = { autoEnrol: true, contact: contactOf(a), patienceS: 5, settleBlocks: 2, challenge: true };
const machine = participantMachine(a, options, { graceS: times.graceS });
const base = hashOf(9);
const { maskKey, seedHash, sharesId } = advertisementFor(0);
const keys = { round: 1, baseModelRoot: base, seed: 1n, maskKey, seedHash, sharesId };
const made: ParticipantEvent = { kind: "keys-made", keys };
const held: ParticipantEvent = { kind: "shares-offered", sharesId };
const trained: ParticipantEvent = { kind: "trained-unmasked", round: 1, baseModelRoot: base };
const allKeys = keysHash([0, 1, 2, 3].map((slot) => advertisementFor(slot)));
const masked: ParticipantEvent = {
  kind: "masked",
  keys: allKeys,
  update: { round: 1, baseModelRoot: base, updateRoot: hashOf(16), contentId: hashOf(32), weight: 10 },
};
const answered: ParticipantEvent = { kind: "answered", contentId: hashOf(32) };
const bundle = (slot: number): ParticipantEvent => ({ kind: "bundle", sharesId: advertisementFor(slot).sharesId });
const everyBundle = [bundle(1), bundle(2), bundle(3)];
type Events = readonly (ParticipantEvent | RoundEvent)[];

function stateAfter(view: TaskView, events: Events, timestampS: number): ParticipantState {
  const all: Events = [{ kind: "members", members }, ...events, { kind: "looked", view, head: headAt(timestampS) }];
  return all.reduce((state, event) => machine.reduce(state, event), machine.initial);
}

function dueAfter(view: TaskView, events: Events, timestampS: number): string[] {
  const due = machine.due(stateAfter(view, events, timestampS));
  return due.map(({ key, kind }) => (kind === "send" || kind === "push" ? key.split(":")[0]! : kind));
}

const open = (keyed: readonly number[], committed: readonly number[] = []) => maskedView(maskedRound(keyed, committed));
const closed = closedMasked([0, 1, 2, 3], [0, 1, 2]);
const aggregating = maskedView(closed);
const told: ParticipantEvent = { kind: "told", told: { unmasking: unmaskingOf(0, closed, [1, 1, 1]), bundles: 3 } };

describe("the participant's machine in a masked task", () => {
  const rows: [string, string[], string[]][] = [
    ["opened", dueAfter(open([]), [], 75), ["make-keys", "train"]],
    ["keys made", dueAfter(open([]), [made], 75), ["offer-shares", "train"]],
    ["shares held", dueAfter(open([]), [made, held], 75), ["advertise", "train"]],
    [
      "keys of another opening",
      dueAfter(open([]), [{ kind: "keys-made", keys: { ...keys, seed: 2n } }, held], 75),
      ["make-keys", "train"],
    ],
    [
      "keys of another base",
      dueAfter(open([]), [{ kind: "keys-made", keys: { ...keys, baseModelRoot: hashOf(8) } }], 75),
      ["make-keys", "train"],
    ],
    ["keys made near the end of their time", dueAfter(open([]), [made, trained], 95), ["advertise"]],
    ["trained, not advertised", dueAfter(open([1]), [made, held, trained], 75), ["advertise"]],
    ["too late for keys", dueAfter(open([1, 2, 3]), [made, held, trained], 101), []],
    ["advertised, others not yet", dueAfter(open([0, 1]), [trained], 75), ["get-shares"]],
    ["the same, training still", dueAfter(open([0, 1]), [bundle(1)], 75), ["train"]],
    ["all have keys", dueAfter(open([0, 1, 2, 3]), [trained, ...everyBundle], 75), ["mask"]],
    ["the time for keys is over", dueAfter(open([0, 1, 2]), [trained, bundle(1)], 101), ["mask", "get-shares"]],
    ["the same, training still", dueAfter(open([0, 1, 2, 3]), everyBundle, 101), ["train"]],
    ["at its last second", dueAfter(open([0, 1, 2]), [trained, bundle(1), bundle(2)], 100), []],
    ["too few have keys", dueAfter(open([0, 1]), [trained], 101), []],
    [
      "the mask refused",
      dueAfter(
        open([0, 1, 2, 3]),
        [trained, ...everyBundle, { kind: "refused", key: `mask:1:${base}:${allKeys}` }],
        101,
      ),
      [],
    ],
    ["masked", dueAfter(open([0, 1, 2, 3]), [trained, masked, ...everyBundle], 101), ["offer"]],
    [
      "masked with keys that are others since",
      dueAfter(open([0, 1, 2]), [trained, masked, bundle(1), bundle(2)], 101),
      ["mask"],
    ],
    ["masked, offered", dueAfter(open([0, 1, 2, 3]), [trained, masked, answered, ...everyBundle], 101), ["commit"]],
    ["masked in an earlier run, keys not fixed yet", dueAfter(open([0, 1]), [trained, masked, bundle(1)], 75), []],
    ["committed", dueAfter(open([0, 1, 2, 3], [0]), [masked, answered, ...everyBundle], 101), []],
    [
      "committed, a bundle missing",
      dueAfter(open([0, 1, 2, 3], [0]), [masked, answered, bundle(1), bundle(2)], 101),
      ["get-shares"],
    ],
    ["after the deadline", dueAfter(open([0, 1, 2, 3]), [masked, answered], 161), []],
    ["not drawn", dueAfter(maskedView(roundOf({ enrolled: 0, drawn: 0 })), [], 75), []],
    [
      "no budget",
      dueAfter(
        viewOf([{ ...maskedRound([0], [0]), phase: "invalidated" }, roundOf({ round: 2 })], {
          rules: { ...maskedRules, roundsPerParticipant: 1 },
        }),
        [],
        75,
      ),
      [],
    ],
    ["closed", dueAfter(aggregating, everyBundle, 201), ["unmask"]],
    ["closed, a bundle missing", dueAfter(aggregating, [bundle(1), bundle(2)], 201), ["get-shares"]],
    [
      "the same, a quarter of the time later",
      dueAfter(aggregating, [bundle(1), bundle(2)], 210),
      ["get-shares", "unmask"],
    ],
    ["told", dueAfter(aggregating, [...everyBundle, told], 201), ["announce-unmasking"]],
    [
      "told from fewer bundles",
      dueAfter(aggregating, [...everyBundle, { ...told, told: { ...told.told, bundles: 2 } }], 201),
      ["unmask", "announce-unmasking"],
    ],
    [
      "the opening refused",
      dueAfter(aggregating, [...everyBundle, { kind: "refused", key: `unmask:1:${closed.accumulator}:3` }], 201),
      [],
    ],
    ["dropped", dueAfter(maskedView(closedMasked([0, 1, 2, 3], [1, 2, 3])), everyBundle, 201), []],
    ["without keys", dueAfter(maskedView(closedMasked([1, 2, 3], [1, 2, 3])), everyBundle, 201), []],
    [
      "another closing than it told of",
      dueAfter(maskedView(closedMasked([0, 1, 2, 3], [0, 1, 3])), [...everyBundle, told], 201),
      ["unmask"],
    ],
  ];
  for (const [name, actual, expected] of rows) {
    it(`${name}: ${expected.join(", ") || "nothing"}`, () => expect(actual).to.deep.equal(expected));
  }

  it("makes keys without those who are not registered when half of the time has passed", () => {
    const isLate = (timestampS: number) => {
      const [action] = machine.due(stateAfter(open([]), [], timestampS));
      return action?.kind === "make-keys" && action.isLate;
    };
    expect(isLate(84)).to.equal(false);
    expect(isLate(85)).to.equal(true);
  });

  it("tells at once in later attempts: the bundles had their time", () => {
    const again = maskedView({ ...closed, assignment: { attempt: 1, aggregator: x, deadlineS: 300 } });
    expect(dueAfter(again, [bundle(1)], 262)).to.deep.equal(["get-shares", "get-shares", "unmask"]);
  });

  it("closes a round at once that has too few keys, and one whose every key has committed", () => {
    const closes = (view: TaskView, timestampS: number) => dueAfter(view, [], timestampS + 50).includes("close");
    const at = (view: TaskView, timestampS: number) =>
      stateAfter(view, [], timestampS).pushes.map(({ key }) => key.split(":")[0]);
    expect(at(open([0, 1]), 100)).to.deep.equal([]);
    expect(at(open([0, 1]), 101)).to.deep.equal(["close"]);
    expect(at(open([0, 1, 2]), 101)).to.deep.equal([]);
    expect(at(open([0, 1, 2], [0, 1, 2]), 101)).to.deep.equal(["close"]);
    expect(at(open([0, 1, 2, 3], [0, 1, 2]), 101)).to.deep.equal([]);
    expect(closes(open([0, 1, 2], [0, 1]), 111)).to.equal(false);
  });
});

import { expect } from "chai";
import type { Hex } from "../../../node/core/ids.ts";
import type { TaskView } from "../../../node/core/record/task-view.ts";
import type { ClosingWord } from "../../../node/core/records.ts";
import { participantMachine } from "../../../node/participant/participant-machine.ts";
import type { ParticipantEvent, ParticipantState } from "../../../node/participant/state/participant-state.ts";
import type { RoundEvent } from "../../../node/rounds/state/round-state.ts";
import { lookAt, stateAfter } from "../../support/states/machine-states.ts";
import {
  advertisementFor,
  closedMasked,
  maskedRound,
  maskedRules,
  maskedView,
  unmaskingOf,
} from "../../support/states/masked-states.ts";
import {
  accounts,
  commitmentOf,
  hashOf,
  optionsOf,
  participants,
  roundOf,
  viewOf,
} from "../../support/states/round-states.ts";

const { a, x } = accounts;
const machine = participantMachine(a, { ...optionsOf(a), autoEnrol: true });
const start = hashOf(70);
const signature = `0x${"11".repeat(65)}` as const;
const { slot: _, ...own } = advertisementFor(0);
const keys = { ...own, start, signature };
const { sharesId, shareKey } = own;
const known: ParticipantEvent = { kind: "share-keys", keys: [shareKey] };
const made: ParticipantEvent = { kind: "keys-made", keys };
const offered: ParticipantEvent = { kind: "shares-offered", sharesId };
const trained: ParticipantEvent = { kind: "lanes-trained", start };
const { anchor } = maskedRound([0, 1, 2, 3]);
const masked: ParticipantEvent = {
  kind: "masked",
  anchor,
  update: { round: 1, baseModelRoot: hashOf(9), updateRoot: hashOf(16), contentId: hashOf(32), weight: 10 },
};
const bundle = (slot: number): ParticipantEvent => ({ kind: "bundle", sharesId: advertisementFor(slot).sharesId });
const everyBundle = [bundle(1), bundle(2), bundle(3)];
const here = (...slots: readonly number[]): ParticipantEvent[] =>
  slots.map((slot) => ({ kind: "masked-update-here", commitment: commitmentOf(slot) }));
const ready = [made, trained, masked, ...everyBundle, ...here(0, 1, 2, 3)];
type Events = readonly (ParticipantEvent | RoundEvent)[];

function reached(view: TaskView, events: Events, timestampS: number, of = machine): ParticipantState {
  const look = lookAt(view, timestampS);
  return stateAfter(of, [{ kind: "recalled", checked: [] }, known, look, ...events, look]);
}

function dueAfter(view: TaskView, events: Events, timestampS: number): string[] {
  const due = machine.due(reached(view, events, timestampS));
  return due
    .map(({ key, kind }) => (kind === "send" || kind === "push" ? key.split(":")[0]! : kind))
    .filter((kind) => !["close", "collect", "gather"].includes(kind));
}

const named = new Map([[a, `${shareKey}${"22".repeat(64)}` as Hex]]);
const withKey = (view: TaskView): TaskView => ({ ...view, shareKeys: named });
const open = (keyed: readonly number[], committed: readonly number[] = []) =>
  withKey(maskedView(maskedRound(keyed, committed)));
const closed = closedMasked([0, 1, 2, 3], [0, 1, 2, 3]);
const aggregating = withKey(maskedView(closed));
const wordOf = (slot: number, of = closed): ClosingWord => {
  const { round, accumulator } = of;
  return { taskId: 1, round, accumulator, participant: participants[slot]!, signature };
};
const signed: ParticipantEvent = { kind: "closing-signed", word: wordOf(0) };
const heard = (...slots: readonly number[]): RoundEvent[] =>
  slots.map((slot) => ({ kind: "closing", word: wordOf(slot) }));
const told: ParticipantEvent = { kind: "told", told: { unmasking: unmaskingOf(0, closed, [1, 1, 1]), bundles: 3 } };

describe("the participant's machine in a masked task", () => {
  const rows: [string, string[], string[]][] = [
    ["opened", dueAfter(open([]), [], 75), ["make-keys"]],
    ["keys made", dueAfter(open([]), [made], 75), ["offer-shares", "train"]],
    ["shares held", dueAfter(open([]), [made, offered], 75), ["advertise", "train"]],
    [
      "keys of another opening",
      dueAfter(open([]), [{ kind: "keys-made", keys: { ...keys, start: hashOf(71) } }, offered], 75),
      ["make-keys"],
    ],
    [
      "keys refused: it lost the key for this round's shares",
      dueAfter(open([]), [{ kind: "mask-refused", key: `make-keys:1:${start}` }], 75),
      [],
    ],
    ["keys made near the end of their time", dueAfter(open([]), [made, trained], 95), ["advertise"]],
    ["trained, not advertised", dueAfter(open([1]), [made, offered, trained], 75), ["advertise"]],
    ["too late for keys", dueAfter(open([1, 2, 3]), [made, offered, trained], 101), []],
    ["advertised, others not yet", dueAfter(open([0, 1]), [made, trained], 75), ["get-shares"]],
    ["the same, training still", dueAfter(open([0, 1]), [made, bundle(1)], 75), ["train"]],
    ["all have keys", dueAfter(open([0, 1, 2, 3]), [made, trained, ...everyBundle], 75), ["mask"]],
    ["the same, training still", dueAfter(open([0, 1, 2, 3]), [made, ...everyBundle], 101), ["train"]],
    ["too few have keys: of four drawn all are needed", dueAfter(open([0, 1, 2]), [made, trained], 101), []],
    ["restarted: its keys are of a process that has ended", dueAfter(open([0, 1]), [], 75), []],
    ["restarted, it commits to what it masked before, if it did", dueAfter(open([0, 1, 2, 3]), [], 75), ["mask"]],
    [
      "the mask refused",
      dueAfter(
        open([0, 1, 2, 3]),
        [made, trained, ...everyBundle, { kind: "mask-refused", key: `mask:1:${anchor}` }],
        101,
      ),
      [],
    ],
    ["masked", dueAfter(open([0, 1, 2, 3]), [made, trained, masked, ...everyBundle], 101), ["commit"]],
    [
      "masked with keys that are others since",
      dueAfter(open([0, 1, 2, 3]), [made, trained, { ...masked, anchor: hashOf(1) }, ...everyBundle], 101),
      ["mask"],
    ],
    ["committed", dueAfter(open([0, 1, 2, 3], [0]), [made, masked, ...everyBundle], 101), []],
    [
      "committed, a bundle missing",
      dueAfter(open([0, 1, 2, 3], [0]), [made, masked, bundle(1), bundle(2)], 101),
      ["get-shares"],
    ],
    ["after the deadline", dueAfter(open([0, 1, 2, 3]), [made, masked], 161), []],
    ["not drawn", dueAfter(withKey(maskedView(roundOf({ enrolled: 0, drawn: 0 }))), [], 75), []],
    ["closed", dueAfter(aggregating, ready, 201), ["sign-closing"]],
    [
      "closed, a bundle and an update missing",
      dueAfter(aggregating, [made, bundle(1), bundle(2), ...here(0, 1, 2)], 201),
      ["get-shares", "get-masked-update", "sign-closing"],
    ],
    [
      "the closing refused",
      dueAfter(aggregating, [...ready, { kind: "mask-refused", key: `sign-closing:1:${closed.accumulator}` }], 201),
      [],
    ],
    ["signed, nobody else has", dueAfter(aggregating, [...ready, signed], 201), ["announce-closing"]],
    [
      "two others have, three are needed",
      dueAfter(aggregating, [...ready, signed, ...heard(0, 1, 2)], 201),
      ["announce-closing"],
    ],
    [
      "three others have",
      dueAfter(aggregating, [...ready, signed, ...heard(1, 2, 3)], 201),
      ["announce-closing", "unmask"],
    ],
    [
      "the same over another closing",
      dueAfter(
        aggregating,
        [...ready, signed, ...heard(1, 2), { kind: "closing", word: { ...wordOf(3), accumulator: hashOf(2) } }],
        201,
      ),
      ["announce-closing"],
    ],
    [
      "the same, an update missing",
      dueAfter(aggregating, [made, ...everyBundle, ...here(0, 1, 2), signed, ...heard(1, 2, 3)], 230),
      ["get-masked-update", "announce-closing"],
    ],
    [
      "the same, a bundle missing",
      dueAfter(aggregating, [made, bundle(1), bundle(2), ...here(0, 1, 2, 3), signed, ...heard(1, 2, 3)], 201),
      ["get-shares", "announce-closing"],
    ],
    [
      "the same, a quarter of the time later",
      dueAfter(aggregating, [made, bundle(1), bundle(2), ...here(0, 1, 2, 3), signed, ...heard(1, 2, 3)], 210),
      ["get-shares", "announce-closing", "unmask"],
    ],
    [
      "told",
      dueAfter(aggregating, [...ready, signed, ...heard(1, 2, 3), told], 201),
      ["announce-closing", "announce-unmasking"],
    ],
    [
      "told from fewer bundles",
      dueAfter(
        aggregating,
        [...ready, signed, ...heard(1, 2, 3), { ...told, told: { ...told.told, bundles: 2 } }],
        201,
      ),
      ["announce-closing", "unmask", "announce-unmasking"],
    ],
    [
      "the opening refused",
      dueAfter(
        aggregating,
        [...ready, signed, ...heard(1, 2, 3), { kind: "mask-refused", key: `unmask:1:${closed.accumulator}:3` }],
        201,
      ),
      ["announce-closing"],
    ],
    [
      "restarted behind its commitment: it signs and opens nothing",
      dueAfter(aggregating, [...heard(1, 2, 3)], 201),
      [],
    ],
    ["dropped", dueAfter(withKey(maskedView(closedMasked([0, 1, 2, 3], [1, 2, 3]))), ready, 201), []],
    ["without keys", dueAfter(withKey(maskedView(closedMasked([1, 2, 3], [1, 2, 3]))), ready, 201), []],
    [
      "another closing than the one it signed: the step refuses",
      dueAfter(withKey(maskedView(closedMasked([0, 1, 2, 3], [0, 1, 3, 2]))), [...ready, signed, told], 201),
      ["sign-closing"],
    ],
  ];
  for (const [name, actual, expected] of rows) {
    it(`${name}: ${expected.join(", ") || "nothing"}`, () => expect(actual).to.deep.equal(expected));
  }

  it("makes keys without those whose grant is not on record when half of the time has passed", () => {
    const isLate = (timestampS: number) => {
      const action = machine.due(reached(open([]), [], timestampS)).find(({ kind }) => kind === "make-keys");
      return action?.kind === "make-keys" && action.isLate;
    };
    expect(isLate(84)).to.equal(false);
    expect(isLate(85)).to.equal(true);
  });

  it("opens at once in later attempts: the bundles had their time", () => {
    const again = withKey(
      maskedView({ ...closed, assignment: { attempt: 1, aggregator: x, place: 0, count: 2, deadlineS: 300 } }),
    );
    const events = [made, bundle(1), ...here(0, 1, 2, 3), signed, ...heard(1, 2, 3)];
    expect(dueAfter(again, events, 262)).to.deep.equal(["get-shares", "get-shares", "announce-closing", "unmask"]);
  });

  it("without budget does nothing", () => {
    const rounds = [{ ...closedMasked([0, 1, 2, 3], [0, 1, 2, 3]), phase: "invalid" as const }, roundOf({ round: 2 })];
    const view = withKey(viewOf(rounds, { rules: { ...maskedRules, roundsPerParticipant: 1 } }));
    expect(dueAfter(view, [], 75)).to.deep.equal([]);
  });

  it("closes a round at once that has too few keys, and one whose every key has committed", () => {
    const at = (view: TaskView, timestampS: number) =>
      reached(view, [], timestampS).pushes.map(({ key }) => key.split(":")[0]);
    expect(at(open([0, 1, 2]), 100)).to.deep.equal([]);
    expect(at(open([0, 1, 2]), 101)).to.deep.equal(["close"]);
    expect(at(open([0, 1, 2, 3]), 101)).to.deep.equal([]);
    expect(at(open([0, 1, 2, 3], [0, 1, 2, 3]), 101)).to.deep.equal(["close"]);
    expect(at(open([0, 1, 2, 3], [0, 1, 2]), 101)).to.deep.equal([]);
  });
});

describe("keys that others bring to the chain", () => {
  const batched = participantMachine(a, { ...optionsOf(a), autoEnrol: true, commit: "batched" });
  const kindsAt = (view: TaskView, events: Events, timestampS: number) => {
    const state = reached(view, events, timestampS, batched);
    const due = batched.due(state).map(({ key, kind }) => (kind === "send" ? key.split(":")[0]! : kind));
    const pushes = state.pushes.flatMap(({ call }) => (call.kind === "advertise" ? [call.signed.length] : []));
    return { due: due.filter((kind) => kind !== "collect"), pushes };
  };
  const keysOf = (slot: number): RoundEvent => {
    const { slot: _slot, ...signedKeys } = advertisementFor(slot);
    return { kind: "advertisement", signed: { ...signedKeys, start, signature } };
  };
  const mine = [made, offered, trained, keysOf(0)];

  it("are announced, and brought by their owner when little of their time is left", () => {
    expect(kindsAt(open([]), mine, 84).due).to.deep.equal(["announce-keys"]);
    expect(kindsAt(open([]), mine, 90).due.filter((kind) => kind !== "push")).to.deep.equal(["announce-keys"]);
    expect(kindsAt(open([]), mine, 91).due.filter((kind) => kind !== "push")).to.deep.equal([
      "announce-keys",
      "advertise",
    ]);
  });

  it("go in one transaction when everybody's are there, or half of the time has passed", () => {
    expect(kindsAt(open([]), mine, 84).pushes).to.deep.equal([]);
    expect(kindsAt(open([]), mine, 85).pushes).to.deep.equal([1]);
    expect(kindsAt(open([]), [...mine, keysOf(1), keysOf(2), keysOf(3)], 75).pushes).to.deep.equal([4]);
    expect(kindsAt(open([1, 2]), [...mine, keysOf(1), keysOf(3)], 75).pushes).to.deep.equal([2]);
    expect(kindsAt(open([0]), mine, 85).pushes, "what is on record").to.deep.equal([]);
    expect(kindsAt(open([]), mine, 101).pushes, "too late").to.deep.equal([]);
  });
});

describe("the key for shares of a participant of a masked task", () => {
  const other = hashOf(3);
  const keysAre =
    (...all: readonly ParticipantEvent[]) =>
    (view: TaskView) => {
      const look = lookAt(view, 75);
      const events: Events = [{ kind: "recalled", checked: [] }, look, ...all, look];
      return machine
        .due(stateAfter(machine, events))
        .map(({ key, kind }) => (kind === "send" ? key.split(":")[0]! : kind));
    };
  const idle = withKey(maskedView(roundOf({ phase: "invalid", invalidReason: "too-few-updates" })));
  const file = (...publicKeys: readonly (typeof other)[]): ParticipantEvent => ({
    kind: "share-keys",
    keys: publicKeys,
  });
  const word: ParticipantEvent = { kind: "share-key-signed", word: `${other}${"22".repeat(64)}` as Hex };
  const rows: [string, string[], string | undefined][] = [
    ["is looked for", keysAre()(idle), "read-share-keys"],
    ["is the one that its newest word names: nothing to do", keysAre(file(shareKey))(idle), undefined],
    ["is kept with the next one until that is on record", keysAre(file(shareKey, other))(idle), undefined],
    ["is overwritten when the next one is", keysAre(file(other, shareKey))(idle), "settle-share-key"],
    ["is made anew where it was lost", keysAre(file())(idle), "sign-share-key"],
    ["is made anew where another was restored", keysAre(file(other))(idle), "sign-share-key"],
    ["goes to the chain then", keysAre(file(other), word)(idle), "set-share-key"],
  ];
  for (const [name, due, expected] of rows) {
    it(name, () => {
      const about = due.filter((kind) => kind.includes("share-key"));
      expect(about).to.deep.equal(expected === undefined ? [] : [expected]);
    });
  }
});

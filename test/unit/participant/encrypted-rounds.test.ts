import { expect } from "chai";
import type { TaskView } from "../../../node/core/record/task-view.ts";
import type { Member } from "../../../node/core/records.ts";
import { answerOpenSum } from "../../../node/participant/encrypted/answer-open-sum.ts";
import { judgeEncrypted } from "../../../node/participant/encrypted/judge-encrypted.ts";
import { participantMachine } from "../../../node/participant/participant-machine.ts";
import type { ParticipantEvent, ParticipantState } from "../../../node/participant/state/participant-state.ts";
import { closedKey } from "../../../node/participant/state/trained-update.ts";
import type { Progress } from "../../../node/rounds/progress/progress.ts";
import type { RoundEvent } from "../../../node/rounds/state/round-state.ts";
import { decodeOpenSumAnswer, encodeOpenSum } from "../../../node/rounds/words/open-sum-messages.ts";
import { expectCode } from "../../support/expect-code.ts";
import { silentLog } from "../../support/silent-log.ts";
import {
  closedEncrypted,
  encryptedRound,
  encryptedView,
  keyFor,
  proposedEncrypted,
} from "../../support/states/encrypted-states.ts";
import { lookAt, stateAfter } from "../../support/states/machine-states.ts";
import { accounts, contactOf, emptyPurse, hashOf, members, optionsOf } from "../../support/states/round-states.ts";

const { a, x } = accounts;
const machine = participantMachine(a, { ...optionsOf(a), patienceS: 3, settleBlocks: 2, autoEnrol: true });
const base = hashOf(9);
const { sharesId } = keyFor(0);
const { slot: _, ...key } = keyFor(0);
const word = { ...key, start: hashOf(70), signature: `0x${"11".repeat(65)}` as const };
const openKey = `open-key:1:${hashOf(70)}:${sharesId}`;
const made: ParticipantEvent = { kind: "key-dealt", signed: word };
const opened: ParticipantEvent = { kind: "key-opened", key: openKey, signed: word };
const refused: ParticipantEvent = { kind: "encryption-refused", key: openKey };
const trained: ParticipantEvent = { kind: "trained-unencrypted", start: hashOf(70) };
const update = { round: 1, baseModelRoot: base, updateRoot: hashOf(16), contentId: hashOf(32), weight: 10, sharesId };
const encrypted: ParticipantEvent = { kind: "trained", update };
const closed = closedEncrypted();
const sum = { sumId: hashOf(52), modelRoot: hashOf(50), contentId: hashOf(51) };
const sumOpened: ParticipantEvent = { kind: "sum-opened", about: closedKey(closed), opened: sum };
type Events = readonly (ParticipantEvent | RoundEvent)[];

function reached(
  view: TaskView,
  events: Events,
  timestampS: number,
  known: readonly Member[] = members,
): ParticipantState {
  const look = lookAt(view, timestampS, known);
  return stateAfter(machine, [emptyPurse, { kind: "recalled", checked: [] }, ...events, look]);
}

function dueAfter(...given: Parameters<typeof reached>): string[] {
  const due = machine.due(reached(...given));
  return due
    .filter(({ kind }) => kind !== "gather")
    .map(({ key, kind }) => (kind === "send" || kind === "push" ? key.split(":")[0]! : kind));
}

const open = (keyed: readonly number[], committed: readonly number[] = []) =>
  encryptedView(encryptedRound(keyed, committed));
const withoutKeys = members.map(({ contact, ...member }) =>
  member.account === accounts.c ? member : { ...member, contact: contact! },
);
const all = [0, 1, 2, 3];

describe("the participant's machine in an encrypted task", () => {
  // keys from second 70 to second 100; slot 0 is the last to deal in round 1, after three patiences of 3 seconds
  const rows: [string, string[], string[]][] = [
    ["opened, another one's turn to deal", dueAfter(open([]), [], 78), ["train"]],
    ["opened, this one's turn to deal", dueAfter(open([]), [], 79), ["deal-key", "train"]],
    ["a member has no key yet", dueAfter(open([]), [], 79, withoutKeys), ["train"]],
    ["it has none at half of the time", dueAfter(open([]), [], 85, withoutKeys), ["deal-key", "train"]],
    ["its key is made", dueAfter(open([]), [made, trained], 79), ["advertise"]],
    ["nobody dealt in time", dueAfter(open([]), [made, trained], 101), []],
    ["a key was dealt", dueAfter(open([1]), [trained], 76), ["open-key"]],
    ["the same, while it trains", dueAfter(open([1]), [], 76), ["open-key", "train"]],
    ["its copy is right", dueAfter(open([1]), [opened], 76), ["advertise", "train"]],
    ["its copy is wrong", dueAfter(open([1]), [refused, trained], 76), []],
    ["right and trained", dueAfter(open([1]), [opened, trained], 76), ["advertise", "encrypt"]],
    ["it has said so", dueAfter(open([1, 0]), [opened, trained], 76), ["encrypt"]],
    ["encrypted, others have not said so", dueAfter(open([1, 0]), [opened, encrypted], 76), []],
    ["all have said so", dueAfter(open(all), [opened, encrypted], 76), ["commit"]],
    ["the time for keys is over", dueAfter(open([1]), [opened, encrypted], 101), ["commit"]],
    [
      "encrypted under another key",
      dueAfter(open(all), [opened, { kind: "trained", update: { ...update, sharesId: hashOf(67) } }, trained], 76),
      ["encrypt"],
    ],
    ["committed", dueAfter(open(all, [0]), [opened, encrypted], 76), []],
    ["too late", dueAfter(open(all), [opened, encrypted], 161), []],
    ["closed", dueAfter(encryptedView(closed), [opened], 201), ["open-sum"]],
    ["closed, after a restart", dueAfter(encryptedView(closed), [], 201), ["open-key"]],
    ["closed, with a wrong key", dueAfter(encryptedView(closed), [refused], 201), []],
    ["the sum is open", dueAfter(encryptedView(closed), [opened, sumOpened], 201), []],
    [
      "the sum is refused",
      dueAfter(
        encryptedView(closed),
        [opened, { kind: "encryption-refused", key: `open-sum:${closedKey(closed)}` }],
        201,
      ),
      [],
    ],
    ["proposed", dueAfter(encryptedView(proposedEncrypted()), [opened, sumOpened], 251), ["judge"]],
  ];
  for (const [name, due, expected] of rows) {
    it(`${name}: ${expected.join(", ") || "nothing"}`, () => {
      expect(due).to.deep.equal(expected);
    });
  }
});

describe("a participant that is asked what a sum opens to", () => {
  const aggregator = contactOf(x).peerId;
  const request = { taskId: 1, round: 1, accumulator: closed.accumulator };
  const answerTo = (
    about: typeof request,
    from = aggregator,
    events: Events = [opened, sumOpened],
    view = encryptedView(closed),
    known = members,
  ) => decodeOpenSumAnswer(answerOpenSum(encodeOpenSum(about), from, reached(view, events, 201, known)));

  it("tells an aggregator of what it opened by itself, and nobody of anything else", async () => {
    expect(answerTo(request)).to.deep.equal({ opened: true, ...sum });
    expect(answerTo({ ...request, taskId: 2 })).to.deep.equal({ opened: false, reason: "unknown-task" });
    expect(answerTo(request, contactOf(accounts.b).peerId)).to.deep.equal({ opened: false, reason: "not-aggregator" });
    expect(answerTo(request, "stranger")).to.deep.equal({ opened: false, reason: "not-aggregator" });
    const other = { ...request, accumulator: hashOf(1) };
    expect(answerTo(other), "another set of updates").to.deep.equal({ opened: false, reason: "wrong-round" });
    expect(answerTo({ ...request, round: 2 })).to.deep.equal({ opened: false, reason: "wrong-round" });
    expect(answerTo(request, aggregator, [opened])).to.deep.equal({ opened: false, reason: "not-opened" });
    const refusal: ParticipantEvent = { kind: "encryption-refused", key: `open-sum:${closedKey(closed)}` };
    expect(answerTo(request, aggregator, [refusal])).to.deep.equal({ opened: false, reason: "refused" });
    const running = encryptedRound(all, all);
    const early = { ...request, accumulator: running.accumulator };
    expect(answerTo(early, aggregator, [opened], encryptedView(running)), "not closed").to.deep.equal({
      opened: false,
      reason: "wrong-round",
    });
    const { contact } = members.find(({ account }) => account === x)!;
    const claiming = members.map((member) => (member.account === accounts.b ? { ...member, contact } : member));
    const asked = answerTo(request, aggregator, undefined, undefined, claiming as typeof members);
    expect(asked, "though another claims its PeerId").to.include({ opened: true });
    const leaving = encryptedView(closed);
    const joined = leaving.joined.map((place) => ({ ...place, leaving: place.account === x }));
    expect(answerTo(request, aggregator, undefined, { ...leaving, joined }), "it leaves").to.deep.equal({
      opened: false,
      reason: "not-aggregator",
    });
    await expectCode("PEER_PROTOCOL", () =>
      answerOpenSum(new TextEncoder().encode("{}"), aggregator, reached(encryptedView(closed), [], 201)),
    );
  });
});

describe("a participant that judges an encrypted round", () => {
  it("attests to exactly what it opened", () => {
    const round = proposedEncrypted();
    const told: Progress[] = [];
    const judge = (changes: Partial<typeof round.proposal>) =>
      judgeEncrypted(
        { log: silentLog, onProgress: (step) => told.push(step) },
        { ...round, proposal: { ...round.proposal, ...changes } },
        sum,
      ).isRight;
    expect(judge({})).to.equal(true);
    expect(told).to.deep.equal([]);
    expect(judge({ openings: hashOf(1) })).to.equal(false);
    expect(judge({ modelRoot: hashOf(1) })).to.equal(false);
    expect(judge({ contentId: hashOf(1) })).to.equal(false);
    expect(judge({ totalWeight: 41n })).to.equal(false);
    expect(judge({ excluded: 1n })).to.equal(false);
    expect(told.map((step) => step.kind === "disputed" && step.findings)).to.deep.equal([
      ["SUM_WRONG"],
      ["AGGREGATE_WRONG"],
      ["MODEL_BYTES_DIFFER"],
      ["TOTAL_WEIGHT_WRONG"],
      ["TOTAL_WEIGHT_WRONG"],
    ]);
  });
});

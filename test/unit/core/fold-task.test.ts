import { expect } from "chai";
import fc from "fast-check";
import { proposalHash, zeroBytes32 } from "../../../node/core/commitment.ts";
import { foldTask } from "../../../node/core/fold-task.ts";
import { toHex, word } from "../../../node/core/hex.ts";
import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import type { Proposal, TaskRules } from "../../../node/core/records.ts";
import type { TaskEvent } from "../../../node/core/task-events.ts";
import type { TaskView } from "../../../node/core/task-view.ts";
import { expectCode } from "../../support/expect-code.ts";

type Plain<Event> = Event extends TaskEvent
  ? Omit<Event, "blockNumber" | "blockHash" | "logIndex" | "transactionHash">
  : never;
type Step = Plain<TaskEvent>;

const bytes32 = (n: number): Bytes32 => toHex(word(n));
const account = (n: number): Address => toHex(word(n).subarray(12));
const rules = { mode: "transparent", keyWindowS: 0, rounds: 3, maxUpdates: 64 } as TaskRules;
const taskId = 9;
const proposal = (attempt: number): Proposal => ({
  attempt,
  aggregator: account(100 + attempt),
  modelRoot: bytes32(500 + attempt),
  contentId: bytes32(600 + attempt),
  totalWeight: 30n,
  excluded: 0n,
});

const created: Step = { name: "TaskCreated", taskId, creator: account(1), rules, modelRoot: bytes32(1), spec: "{}" };
const enrolled = (participant: number, index: number): Step => ({
  name: "Enrolled",
  taskId,
  participant: account(participant),
  index,
});
const leaving = (participant: number): Step => ({ name: "Leaving", taskId, participant: account(participant) });
const left = (participant: number): Step => ({ name: "Left", taskId, participant: account(participant) });
const opened = (round: number, places: number, drawn = places): Step => ({
  name: "RoundOpened",
  taskId,
  round,
  baseModelRoot: bytes32(1),
  seed: 77n,
  enrolled: places,
  drawn,
  commitDeadlineS: 1000,
  accumulator: bytes32(2),
});
const committed = (round: number, participant: number, slot: number, weight = 10): Step => ({
  name: "Committed",
  taskId,
  round,
  participant: account(participant),
  slot,
  weight,
  updateRoot: bytes32(30 + participant),
  contentId: bytes32(40 + participant),
});
const closed = (round: number): Step => ({
  name: "RoundClosed",
  taskId,
  round,
  committed: 7n,
  totalWeight: 30n,
  accumulator: bytes32(3),
});
const assigned = (round: number, attempt: number): Step => ({
  name: "AggregatorAssigned",
  taskId,
  round,
  attempt,
  aggregator: account(100 + attempt),
  deadlineS: 2000 + attempt,
});
const proposed = (round: number, attempt: number): Step => ({
  name: "Proposed",
  taskId,
  round,
  proposal: proposal(attempt),
  challengeDeadlineS: 3000,
});
const challenged = (round: number, attempt: number): Step => ({
  name: "Challenged",
  taskId,
  round,
  challenger: account(12),
  aggregator: account(100 + attempt),
  kind: "wrong-chunk",
  chunkIndex: 3,
});
const finalized = (round: number, attempt: number): Step => ({
  name: "RoundFinalized",
  taskId,
  round,
  modelRoot: bytes32(500 + attempt),
  attesters: [account(11)],
  evaluations: [{ samples: 4, metricQ24: 5n, lossQ24: 6n }],
  historyHead: bytes32(900 + round),
});
const invalidated = (round: number): Step => ({
  name: "RoundInvalidated",
  taskId,
  round,
  reason: "too-few-updates",
  historyHead: bytes32(900 + round),
});

const events = (steps: readonly Step[]): TaskEvent[] =>
  steps.map((step, i) => {
    const position = { blockNumber: 10 + i, blockHash: bytes32(10 + i), logIndex: 0, transactionHash: bytes32(i) };
    return { ...step, ...position } as TaskEvent;
  });
const fold = (...steps: Step[]): TaskView => foldTask(events(steps));
const three = [created, enrolled(11, 0), enrolled(12, 1), enrolled(13, 2)];
const proposedRound = [
  opened(1, 3),
  committed(1, 12, 0),
  committed(1, 11, 1),
  closed(1),
  assigned(1, 0),
  proposed(1, 0),
];
const places = (view: TaskView): string =>
  view.enrolled.map((p) => `${BigInt(p.participant)}${p.leaving ? "-" : ""}`).join(" ");

/** A history with everything in it: a reassignment, a participant that leaves, an invalid round, all rounds. */
const wholeHistory = [
  ...three,
  ...proposedRound,
  assigned(1, 1),
  leaving(11),
  proposed(1, 1),
  finalized(1, 1),
  left(11),
  enrolled(13, 0),
  opened(2, 2, 1),
  invalidated(2),
  enrolled(14, 2),
  opened(3, 3, 2),
  committed(3, 14, 1, 5),
  closed(3),
  assigned(3, 0),
  proposed(3, 0),
  finalized(3, 0),
];

describe("foldTask", () => {
  it("begins with the task as it was created", () => {
    const view = fold(created);
    expect(view).to.deep.include({ taskId, creator: account(1), rules, spec: "{}", rounds: [], enrolled: [] });
    expect(view).to.deep.include({ initialModelRoot: bytes32(1), modelRoot: bytes32(1), historyHead: zeroBytes32 });
    expect(view.complete).to.equal(false);
    expect(view).not.to.have.property("modelContentId");
  });

  it("follows a round to its end", () => {
    const steps = [...three, ...proposedRound, finalized(1, 0)];
    const at = (count: number) => fold(...steps.slice(0, count)).rounds[0]!;
    expect(at(5)).to.deep.include({
      round: 1,
      phase: "open",
      enrolled: 3,
      drawn: 3,
      openedAtBlock: 14,
      totalWeight: 0n,
    });
    expect(at(7)).to.deep.include({ phase: "open", totalWeight: 20n });
    expect(at(7).commitments.map(({ participant, slot }) => [BigInt(participant), slot])).to.deep.equal([
      [12n, 0],
      [11n, 1],
    ]);
    expect(at(8)).to.include({ phase: "aggregating" }).and.not.have.property("assignment");
    expect(at(9).assignment).to.deep.equal({ attempt: 0, aggregator: account(100), deadlineS: 2000 });
    expect(at(10).phase).to.equal("proposed");
    expect(at(10).proposal!.hash).to.equal(proposalHash(taskId, 1, proposal(0)));
    expect(at(10).proposal).to.deep.include({ ...proposal(0), challengeDeadlineS: 3000 });
    const end = fold(...steps);
    expect(end.rounds[0]!.result!.attesters).to.deep.equal([account(11)]);
    expect(end.rounds[0]!.phase).to.equal("finalized");
    expect(end).to.include({ modelRoot: bytes32(500), modelContentId: bytes32(600), historyHead: bytes32(901) });
  });

  it("a won challenge strikes the proposal and is remembered", () => {
    const struck = fold(...three, ...proposedRound, challenged(1, 0)).rounds[0]!;
    const loser = { attempt: 0, aggregator: account(100), challenger: account(12), kind: "wrong-chunk" };
    expect(struck.refuted).to.deep.equal([loser]);
    expect(struck).to.include({ phase: "aggregating" }).and.not.have.property("proposal");
    const next = [assigned(1, 1), proposed(1, 1), challenged(1, 1)];
    const end = fold(...three, ...proposedRound, challenged(1, 0), ...next, invalidated(1)).rounds[0]!;
    expect(end.phase).to.equal("invalidated");
    expect(end.refuted!.map(({ attempt }) => attempt)).to.deep.equal([0, 1]);
  });

  it("the coming and going of bonds changes no round", () => {
    const about = { taskId, round: 1, account: account(100), amountWei: 5n };
    const events: Step[] = [
      { name: "BondLocked", ...about },
      { name: "BondReleased", ...about },
      { name: "Slashed", ...about, challenger: account(12), rewardWei: 2n },
    ];
    expect(fold(...three, ...proposedRound, ...events)).to.deep.equal(fold(...three, ...proposedRound));
  });

  it("a reassignment takes the proposal back", () => {
    const round = fold(...three, ...proposedRound, assigned(1, 1)).rounds[0]!;
    expect(round).to.include({ phase: "aggregating" }).and.not.have.property("proposal");
    expect(round.assignment!.attempt).to.equal(1);
    const end = fold(...three, ...proposedRound, assigned(1, 1), proposed(1, 1), finalized(1, 1));
    expect(end.modelContentId).to.equal(bytes32(601));
  });

  it("an invalid round leaves the model as it was", () => {
    const view = fold(...three, opened(1, 3), invalidated(1));
    expect(view.rounds[0]).to.include({ phase: "invalidated", invalidReason: "too-few-updates" });
    expect(view).to.include({ modelRoot: bytes32(1), historyHead: bytes32(901), complete: false });
    expect(fold(...three, ...proposedRound, invalidated(1)).modelRoot).to.equal(bytes32(1));
  });

  it("places: the last participant moves into a freed place", () => {
    expect(places(fold(...three))).to.equal("11 12 13");
    expect(places(fold(...three, leaving(12)))).to.equal("11 12- 13");
    expect(places(fold(...three, leaving(11), left(11), enrolled(13, 0)))).to.equal("13 12");
    expect(places(fold(...three, leaving(13), left(13)))).to.equal("11 12");
    expect(
      places(fold(...three, leaving(13), leaving(11), left(11), enrolled(13, 0), left(13), enrolled(12, 0))),
    ).to.equal("12");
    expect(places(fold(...three, leaving(12), left(12), enrolled(13, 1), enrolled(12, 2)))).to.equal("11 13 12");
  });

  it("is complete when the last round has ended, final or not", () => {
    expect(fold(...wholeHistory).complete).to.equal(true);
    expect(fold(...wholeHistory.slice(0, -1)).complete).to.equal(false);
    const empty = [1, 2, 3].flatMap((round) => [opened(round, 3), invalidated(round)]);
    expect(fold(...three, ...empty).complete).to.equal(true);
  });

  it("in pieces gives the same as at once, and never changes a view it was given", () => {
    const all = events(wholeHistory);
    const whole = foldTask(all);
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: all.length - 1 }), { maxLength: 6 }), (cuts) => {
        const borders = [0, ...cuts.sort((a, b) => a - b), all.length];
        let view: TaskView | undefined;
        for (let i = 1; i < borders.length; i++) {
          const before = structuredClone(view);
          const next = foldTask(all.slice(borders[i - 1], borders[i]), view);
          expect(view).to.deep.equal(before);
          view = next;
        }
        expect(view).to.deep.equal(whole);
      }),
    );
    expect(foldTask([], whole)).to.deep.equal(whole);
  });

  it("refuses an event left out of a whole history wherever the rest cannot do without it", async () => {
    const needed = ["TaskCreated", "RoundOpened", "RoundClosed", "AggregatorAssigned", "Left"];
    for (const [i, step] of wholeHistory.entries()) {
      if (!needed.includes(step.name)) continue;
      const rest = wholeHistory.filter((_, j) => j !== i);
      await expectCode("INVALID_HISTORY", () => fold(...rest));
    }
  });

  const refused: Record<string, Step[]> = {
    "no events": [],
    "an event before the creation": [enrolled(11, 0), created],
    "a second creation": [created, created],
    "another task's event": [created, { ...enrolled(11, 0), taskId: 8 } as Step],
    "a place that is not the next": [created, enrolled(11, 1)],
    "a move beyond the places": [...three, enrolled(11, 3)],
    "a stranger leaving": [...three, leaving(14)],
    "a stranger having left": [...three, left(14)],
    "a skipped round": [...three, opened(2, 3)],
    "another number of places": [...three, opened(1, 2)],
    "more drawn than enrolled": [...three, opened(1, 3, 4)],
    "a round beside a running one": [...three, opened(1, 3), opened(2, 3)],
    "a round beyond the last": [...three, ...[1, 2, 3].flatMap((r) => [opened(r, 3), invalidated(r)]), opened(4, 3)],
    "a commitment without a round": [...three, committed(1, 11, 0)],
    "a commitment to a past round": [...three, opened(1, 3), invalidated(1), opened(2, 3), committed(1, 11, 0)],
    "a commitment to a future round": [...three, opened(1, 3), committed(2, 11, 0)],
    "a second commitment": [...three, opened(1, 3), committed(1, 11, 0), committed(1, 11, 1)],
    "a slot taken twice": [...three, opened(1, 3), committed(1, 11, 0), committed(1, 12, 0)],
    "a slot that was not drawn": [...three, opened(1, 3, 2), committed(1, 11, 2)],
    "a stranger's commitment": [...three, opened(1, 3), committed(1, 14, 0)],
    "a late commitment": [...three, ...proposedRound, committed(1, 13, 2)],
    "a second closing": [...three, opened(1, 3), closed(1), closed(1)],
    "an assignment before the closing": [...three, opened(1, 3), assigned(1, 0)],
    "a challenge without a proposal": [...three, ...proposedRound.slice(0, -1), challenged(1, 0)],
    "a challenge after the end": [...three, ...proposedRound, finalized(1, 0), challenged(1, 0)],
    "an attempt again": [...three, ...proposedRound, assigned(1, 0)],
    "an attempt left out": [...three, ...proposedRound, assigned(1, 2)],
    "a proposal before the closing": [...three, opened(1, 3), proposed(1, 0)],
    "a second proposal": [...three, ...proposedRound, proposed(1, 0)],
    "an end without a proposal": [...three, ...proposedRound.slice(0, -1), finalized(1, 0)],
    "a second end": [...three, ...proposedRound, finalized(1, 0), finalized(1, 0)],
    "an end taken back": [...three, ...proposedRound, finalized(1, 0), invalidated(1)],
  };
  for (const [name, steps] of Object.entries(refused)) {
    it(`refuses ${name}`, () => expectCode("INVALID_HISTORY", () => fold(...steps)));
  }
});

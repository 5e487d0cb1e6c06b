import { expect } from "chai";
import { extendAccumulator } from "../../../node/core/commitment.ts";
import { foldTask } from "../../../node/core/fold-task.ts";
import { toHex, word } from "../../../node/core/hex.ts";
import type { Address, Bytes32, Hex } from "../../../node/core/ids.ts";
import type { Mode, TaskRules } from "../../../node/core/records.ts";
import type { EventPosition, TaskEvent } from "../../../node/core/task-events.ts";
import { expectCode } from "../../support/expect-code.ts";

type Step = TaskEvent extends infer E ? (E extends TaskEvent ? Omit<E, keyof EventPosition> : never) : never;

const bytes32 = (n: number): Bytes32 => toHex(word(n));
const account = (n: number): Address => toHex(word(n).subarray(12));
const words = (count: number): Hex => `0x${"ab".repeat(32 * count)}`;
const taskId = 9;
const about = { taskId, round: 1 };
const access = { organisations: ["Klinik A"], regions: [], clearance: 2 };
const restricted: Step = { name: "AccessRestricted", taskId, access };
const created = (mode: Mode): Step => {
  const rules = { mode, keyWindowS: mode === "transparent" ? 0 : 20, rounds: 3, maxUpdates: 64 } as TaskRules;
  return { name: "TaskCreated", taskId, creator: account(1), rules, modelRoot: bytes32(1), spec: "{}" };
};
const enrolled = [11, 12, 13, 14].map(
  (participant, index): Step => ({ name: "Enrolled", taskId, participant: account(participant), index }),
);
const draw = { baseModelRoot: bytes32(1), seed: 77n, enrolled: 4, drawn: 3, commitDeadlineS: 1080 };
const opened: Step = { name: "RoundOpened", ...about, ...draw, accumulator: bytes32(2) };
const keys = (participant: number) => ({
  maskKey: bytes32(50 + participant),
  seedHash: bytes32(60 + participant),
  sharesId: bytes32(70 + participant),
});
const advertised = (participant: number, slot: number): Step => ({
  name: "Advertised",
  ...about,
  participant: account(participant),
  slot,
  ...keys(participant),
});
const committed = (participant: number, slot: number): Step => ({
  name: "Committed",
  ...about,
  participant: account(participant),
  slot,
  weight: 10,
  updateRoot: bytes32(30 + participant),
  contentId: bytes32(40 + participant),
});
const closed: Step = { name: "RoundClosed", ...about, committed: 3n, totalWeight: 20n, accumulator: bytes32(3) };
const assigned = (attempt: number): Step => ({
  name: "AggregatorAssigned",
  ...about,
  attempt,
  aggregator: account(100 + attempt),
  deadlineS: 2000,
});
const shown = (openings: Hex, attempt = 0): Step => ({ name: "Opened", ...about, attempt, openings });
const proposed = (attempt = 0): Step => {
  const { modelRoot, contentId } = { modelRoot: bytes32(5), contentId: bytes32(6) };
  const proposal = {
    attempt,
    aggregator: account(100 + attempt),
    modelRoot,
    contentId,
    totalWeight: 20n,
    excluded: 0n,
  };
  return { name: "Proposed", ...about, proposal, challengeDeadlineS: 3000 };
};

const fold = (...steps: Step[]) =>
  foldTask(
    steps.map((step, i) => {
      const position = { blockNumber: 10 + i, blockHash: bytes32(10 + i), logIndex: 0, transactionHash: bytes32(i) };
      return { ...step, ...position } as TaskEvent;
    }),
  );
const open = (mode: Mode) => [created(mode), ...enrolled, opened];
const keyed = [...open("masked"), advertised(12, 0), advertised(11, 1), advertised(13, 2)];
const assignedRound = [...keyed, committed(11, 1), committed(12, 0), closed, assigned(0)];

describe("foldTask of masked and encrypted tasks", () => {
  it("keeps the keys in the order of the chain, and extends the accumulator by them", () => {
    const round = fold(...keyed, committed(11, 1)).rounds[0]!;
    expect(round.advertisements!.map(({ participant, slot }) => [BigInt(participant), slot])).to.deep.equal([
      [12n, 0],
      [11n, 1],
      [13n, 2],
    ]);
    expect(round.advertisements![0]).to.deep.equal({ ...about, participant: account(12), slot: 0, ...keys(12) });
    const entries = [...round.advertisements!, ...round.commitments];
    expect(round.accumulator).to.equal(entries.reduce(extendAccumulator, bytes32(2)));
    expect(fold(...open("masked")).rounds[0]).not.to.have.property("advertisements");
  });

  it("gives a proposal what it opens", () => {
    const pending = fold(...assignedRound, shown(words(3))).rounds[0]!;
    expect(pending.opened).to.deep.equal({ attempt: 0, openings: words(3) });
    const round = fold(...assignedRound, shown(words(3)), proposed()).rounds[0]!;
    expect(round.proposal!.openings).to.equal(words(3));
    expect(round).not.to.have.property("opened");
    const again = fold(...assignedRound, shown(words(3)), proposed(), assigned(1), shown(words(3), 1), proposed(1));
    expect(again.rounds[0]!.proposal!.attempt).to.equal(1);
  });

  it("in an encrypted task commitments need no keys of their own, and one word is opened", () => {
    const dealt = [...open("encrypted"), advertised(12, 0), committed(11, 1), closed, assigned(0)];
    const round = fold(...dealt, shown(words(1)), proposed()).rounds[0]!;
    expect(round.proposal!.openings).to.equal(words(1));
  });

  it("knows who may enrol", () => {
    expect(fold(created("masked"), restricted, ...enrolled).access).to.deep.equal(access);
    expect(fold(created("masked"))).not.to.have.property("access");
  });

  const refused: Record<string, Step[]> = {
    "keys in a transparent task": [...open("transparent"), advertised(12, 0)],
    "keys after a commitment": [...keyed.slice(0, -1), committed(11, 1), advertised(13, 2)],
    "keys after the closing": [...keyed.slice(0, -1), closed, advertised(13, 2)],
    "keys of a slot that is not drawn": [...open("masked"), advertised(12, 3)],
    "keys of a stranger": [...open("masked"), advertised(15, 0)],
    "keys twice": [...keyed, advertised(12, 2)],
    "a slot's keys twice": [...keyed, advertised(14, 2)],
    "a commitment without keys": [...keyed.slice(0, -1), committed(13, 2)],
    "a commitment in another's slot": [...keyed, committed(13, 0)],
    "openings in a transparent task": [...open("transparent"), committed(11, 1), closed, assigned(0), shown("0x")],
    "openings before the closing": [...keyed, committed(11, 1), shown(words(3))],
    "openings before an assignment": [...assignedRound.slice(0, -1), shown(words(3))],
    "openings of another attempt": [...assignedRound, shown(words(3), 1)],
    "openings of another length": [...assignedRound, shown(words(2))],
    "openings twice": [...assignedRound, shown(words(3)), shown(words(3))],
    "a proposal without openings": [...assignedRound, proposed()],
    "a proposal with those of one before": [...assignedRound, shown(words(3)), proposed(), assigned(1), proposed(1)],
    "a restriction behind an enrolment": [created("masked"), ...enrolled, restricted],
    "a restriction twice": [created("masked"), restricted, restricted],
  };
  for (const [name, steps] of Object.entries(refused)) {
    it(`refuses ${name}`, () => expectCode("INVALID_HISTORY", () => fold(...steps)));
  }
});

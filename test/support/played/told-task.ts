import { toHex, word } from "../../../node/core/bytes/hex.ts";
import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import { inputsOf } from "../../../node/core/record/evidence.ts";
import { foldTask } from "../../../node/core/record/fold-task.ts";
import { extendHistory } from "../../../node/core/record/history-head.ts";
import type { TaskEvent } from "../../../node/core/record/task-events.ts";
import type { TaskView } from "../../../node/core/record/task-view.ts";
import type { ProofKind, Proposal, Reason, TaskRules } from "../../../node/core/records.ts";
import { proposalHash, wordHash, zeroBytes32 } from "../../../node/core/words/commitment.ts";

type Plain<Event> = Event extends TaskEvent
  ? Omit<Event, "blockNumber" | "blockHash" | "logIndex" | "transactionHash">
  : never;
/** An event without its place in the chain. */
export type Step = Plain<TaskEvent>;

export const bytes32 = (n: number): Bytes32 => toHex(word(n));
export const account = (n: number): Address => toHex(word(n).subarray(12));
export const nobody = account(0);
export const taskId = 9;
export const rules = {
  mode: "transparent",
  keyWindowS: 0,
  rounds: 3,
  attempts: 3,
  minUpdates: 2,
  maxUpdates: 64,
  drawDelayBlocks: 0,
  challengeWindowS: 1000,
} as TaskRules;

/** Steps as events, one a block. */
export const events = (steps: readonly Step[]): TaskEvent[] =>
  steps.map((step, i) => {
    const position = { blockNumber: 10 + i, blockHash: bytes32(10 + i), logIndex: 0, transactionHash: bytes32(i) };
    return { ...step, ...position } as TaskEvent;
  });

export const fold = (...steps: Step[]): TaskView => foldTask(events(steps));

export const created = (changed: Partial<TaskRules> = {}): Step => ({
  name: "TaskCreated",
  taskId,
  creator: account(1),
  rules: { ...rules, ...changed },
  access: { organisations: [], regions: [], clearance: 0 },
  modelRoot: bytes32(1),
  spec: "{}",
  historyHead: bytes32(2),
});
export const enrolled = (participant: number, index: number): Step => ({
  name: "Enrolled",
  taskId,
  participant: account(participant),
  index,
  statement: zeroBytes32,
  attributesHash: bytes32(70),
});
export const joined = (aggregator: number, index: number): Step => ({
  name: "Joined",
  taskId,
  aggregator: account(aggregator),
  index,
  attributesHash: bytes32(71),
});
export const leaving = (who: number): Step => ({ name: "Leaving", taskId, account: account(who) });
export const left = (who: number): Step => ({ name: "Left", taskId, account: account(who) });
export const opened = (round: number, enrolled: number, aggregators: number, changed: object = {}): Step =>
  ({
    name: "RoundOpened",
    taskId,
    round,
    baseModelRoot: bytes32(1),
    enrolled,
    drawn: enrolled,
    aggregators,
    drawBlock: 0,
    commitDeadlineS: 1000,
    start: bytes32(300 + round),
    ...changed,
  }) as Step;
export const advertised = (round: number, participant: number, slot: number): Step => ({
  name: "Advertised",
  taskId,
  round,
  participant: account(participant),
  slot,
  maskKey: bytes32(80 + participant),
  seedHash: bytes32(81),
  sharesId: bytes32(82),
  shareKey: bytes32(83),
  signature: "0x01",
});
export const committed = (round: number, participant: number, slot: number, weight = 10): Step => ({
  name: "Committed",
  taskId,
  round,
  participant: account(participant),
  slot,
  weight,
  updateRoot: bytes32(30 + participant),
  contentId: bytes32(40 + participant),
});
export const assigned = (round: number, attempt: number, aggregator: number, place: number, count = 2): Step => ({
  name: "AggregatorAssigned",
  taskId,
  round,
  attempt,
  aggregator: account(aggregator),
  place,
  count,
  deadlineS: 2000 + attempt,
});
export const expelled = (round: number, who: number, kind: ProofKind = "wrong-chunk"): Step => ({
  name: "MemberExpelled",
  taskId,
  round,
  account: account(who),
  kind,
  amountWei: 5n,
});
export const rewarded = (prover = 99): Step => ({
  name: "Rewarded",
  taskId,
  prover: account(prover),
  rewardWei: 2n,
  burntWei: 3n,
});
export const struck = (round: number, aggregator: number, kind: ProofKind = "wrong-chunk"): Step => ({
  name: "Struck",
  taskId,
  round,
  prover: account(99),
  aggregator: account(aggregator),
  offender: nobody,
  kind,
  index: 4,
});
export const rolledBack = (firstRound: number, lastRound: number, modelRoot = bytes32(1)): Step => ({
  name: "RolledBack",
  taskId,
  firstRound,
  lastRound,
  modelRoot,
});

const newestOf = (steps: readonly Step[]) => {
  const view = fold(...steps);
  return { view, round: view.rounds.at(-1)! };
};

/** The closing of the newest round, as the steps before make it. */
export function closed(steps: readonly Step[]): Step {
  const { round } = newestOf(steps);
  const committed = round.commitments.reduce((bits, { slot }) => bits | (1n << BigInt(slot)), 0n);
  const { totalWeight, accumulator } = round;
  return { name: "RoundClosed", taskId, round: round.round, committed, totalWeight, accumulator };
}

/** The proposal of who is assigned. */
export function proposed(steps: readonly Step[]): Step {
  const { round } = newestOf(steps);
  const { attempt, aggregator } = round.assignment!;
  const proposal: Proposal = {
    attempt,
    aggregator,
    modelRoot: bytes32(500 + 10 * round.round + attempt),
    contentId: bytes32(600 + 10 * round.round + attempt),
    totalWeight: round.totalWeight,
    excluded: 0n,
  };
  const { accumulator } = round;
  return { name: "Proposed", taskId, round: round.round, accumulator, proposal, openings: "0x", attestDeadlineS: 3000 };
}

/** The acceptance of the proposal that stands, with the head that it makes. */
export function accepted(steps: readonly Step[], ...attesters: number[]): Step {
  const { view, round } = newestOf(steps);
  const proposal = round.proposal!;
  const hash = proposalHash(taskId, round.round, round.accumulator, "0x", proposal);
  const attested = attesters.map(account);
  const entry = {
    kind: "accepted",
    round: round.round,
    wordHash: wordHash(inputsOf(taskId, round), hash, attested),
  } as const;
  const historyHead = extendHistory(view.historyHead, entry);
  const { modelRoot } = proposal;
  return {
    name: "RoundAccepted",
    taskId,
    round: round.round,
    modelRoot,
    attesters: attested,
    provableUntilS: 5000,
    historyHead,
  };
}

/** The end of the newest round without a model, with the head that it makes. */
export function invalid(steps: readonly Step[], reason: Reason): Step {
  const { view, round } = newestOf(steps);
  const { anchor, accumulator, proposal } = round;
  const standing = proposal?.hash ?? round.struck?.at(-1)?.hash ?? zeroBytes32;
  const entry = { kind: "invalid", round: round.round, reason, anchor, accumulator, standing } as const;
  const historyHead = extendHistory(view.historyHead, entry);
  return { name: "RoundInvalid", taskId, round: round.round, reason, historyHead };
}

/** Steps, the later ones made from those before. */
export function story(...parts: readonly (Step | ((before: readonly Step[]) => Step))[]): Step[] {
  const steps: Step[] = [];
  for (const part of parts) steps.push(typeof part === "function" ? part(steps) : part);
  return steps;
}

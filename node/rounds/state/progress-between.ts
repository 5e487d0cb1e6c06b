import { finalFromS, type RoundView, type TaskView } from "../../core/record/task-view.ts";
import type { Member } from "../../core/records.ts";
import type { Head } from "../../ports/chain.ts";
import type { RecordProgress, RecordStep } from "../progress/record-progress.ts";
import { isFinal } from "./round-state.ts";

/** A look at the record. */
export interface Look {
  readonly view: TaskView;
  readonly head: Head;
}

/**
 * The record's steps from one look to the next, in their order. Without a `before` only where the task stands, marked
 * as the past.
 */
export function progressBetween(before: Look | undefined, after: Look): readonly RecordProgress[] {
  if (before === undefined) return standing(after).map((step) => ({ ...step, past: true }));
  const { view } = after;
  const steps: RecordStep[] = [];
  // a roll-back and a strike may concern older rounds than the newest
  for (const [at, round] of view.rounds.entries()) {
    const old = before.view.rounds[at];
    if (old !== round) steps.push(...roundSteps(old, round));
  }
  steps.push(...rolledBack(before.view, view));
  steps.push(...expulsions(view, before.view));
  if (view.complete && !before.view.complete) steps.push(completeStep(view));
  if (isFinal(view, after.head) && !isFinal(before.view, before.head)) {
    steps.push({ kind: "final", rounds: view.accepted });
  }
  return steps;
}

/** Where the task stands: its newest round, and whether there will be another. */
function standing({ view, head }: Look): readonly RecordStep[] {
  const steps = [...view.rounds.slice(-1).flatMap((round) => roundSteps(undefined, round)), ...expulsions(view)];
  if (view.complete) steps.push(completeStep(view));
  if (isFinal(view, head)) steps.push({ kind: "final", rounds: view.accepted });
  return steps;
}

/** Those who were expelled since; a reorganisation may have put them in the place of others. */
function expulsions(view: TaskView, before?: TaskView): readonly RecordStep[] {
  const known = new Set(before?.expelled?.map(({ round, account }) => `${round}:${account}`));
  return (view.expelled ?? [])
    .filter(({ round, account }) => !known.has(`${round}:${account}`))
    .map(({ round, account, kind: proofKind }) => ({ kind: "expelled", round, account, proofKind }));
}

function completeStep(view: TaskView): RecordStep {
  return { kind: "complete", rounds: view.accepted, finalFromS: finalFromS(view) };
}

function rolledBack(before: TaskView, after: TaskView): readonly RecordStep[] {
  const isNew = (round: RoundView, at: number): boolean => round.void === true && before.rounds[at]?.void !== true;
  const rounds = after.rounds.filter(isNew).map(({ round }) => round);
  const [firstRound, lastRound] = [rounds[0], rounds.at(-1)];
  return firstRound === undefined || lastRound === undefined ? [] : [{ kind: "rolled-back", firstRound, lastRound }];
}

function roundSteps(before: RoundView | undefined, after: RoundView): RecordStep[] {
  const { round, drawn, enrolled } = after;
  const steps: RecordStep[] = [];
  if (after.phase === "drawing" && before === undefined) {
    return [{ kind: "round-drawing", round, enrolled, drawn, drawBlock: after.drawBlock }];
  }
  if (before === undefined || before.phase === "drawing") steps.push({ kind: "round-opened", round, enrolled, drawn });
  steps.push(...updateSteps(before, after));
  for (const { kind: proofKind, ...struck } of after.struck?.slice(before?.struck?.length ?? 0) ?? []) {
    const { aggregator, prover, index } = struck;
    steps.push({ kind: "struck", round, aggregator, prover, proofKind, index });
  }
  steps.push(...proposalSteps(before, after));
  if (after.phase === "invalid" && before?.phase !== "invalid") {
    steps.push({ kind: "invalid", round, reason: after.invalidReason ?? "none" });
  }
  return steps;
}

function updateSteps(before: RoundView | undefined, after: RoundView): readonly RecordStep[] {
  const { round, drawn, assignment } = after;
  const steps: RecordStep[] = [];
  const updates = after.commitments.length;
  const keys = after.advertisements?.length ?? 0;
  if (keys > (before?.advertisements?.length ?? 0)) steps.push({ kind: "keys-recorded", round, keys, drawn });
  if (updates > (before?.commitments.length ?? 0)) steps.push({ kind: "update-recorded", round, updates, drawn });
  if (assignment && !before?.assignment) {
    steps.push({ kind: "round-closed", round, updates, ...(keys > updates && { dropped: keys - updates }) });
  }
  return steps;
}

function proposalSteps(before: RoundView | undefined, after: RoundView): readonly RecordStep[] {
  const { round, assignment, proposal, result } = after;
  const steps: RecordStep[] = [];
  if (assignment && assignment.attempt !== before?.assignment?.attempt) {
    steps.push({ kind: "assigned", round, attempt: assignment.attempt, aggregator: assignment.aggregator });
  }
  if (proposal && proposal.hash !== before?.proposal?.hash) {
    steps.push({ kind: "proposal-recorded", round, excluded: proposal.excluded });
  }
  if (result && !before?.result) {
    const { modelRoot, attesters, provableUntilS } = result;
    steps.push({ kind: "accepted", round, modelRoot, attesters: attesters.length, provableUntilS });
  }
  return steps;
}

/** Whether two lists of members are the same. */
export function sameMembers(a: readonly Member[], b: readonly Member[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

import { hexEquals } from "../../core/bytes/hex.ts";
import { expulsionWrong } from "../members/check-expelled.ts";
import {
  type HashedProposal,
  type RoundRecord,
  type StrikeRecord,
  slotBit,
  type TaskRecord,
} from "../record/task-record.ts";
import type { RoundCheck, UpdateStatus } from "../replay/check-round.ts";
import { createFindingLog, type Finding } from "../replay/findings.ts";

/**
 * Whether a round's bytes say anything: it has a result or a standing proposal, or something was proven of it by its
 * bytes.
 */
export function needsLook({ expelled }: TaskRecord, round: RoundRecord): boolean {
  const isProven = round.superseded.some(({ strike }) => strike !== undefined);
  return round.proposal !== undefined || isProven || expelled.some(({ event }) => event.round === round.round);
}

/**
 * Proofs of a round's former proposals and of its updates that the bytes say are none: the contract would not have let
 * them.
 */
export function proofFindings(
  { expelled, taskId }: TaskRecord,
  round: RoundRecord,
  seen: { readonly updates?: readonly UpdateStatus[]; readonly formerRight?: ReadonlyMap<number, boolean> },
): readonly Finding[] {
  const log = createFindingLog(taskId, round.round);
  for (const [at, former] of round.superseded.entries()) {
    if (former.strike) judgeStrike(log, former.strike, former, { right: seen.formerRight?.get(at), ...seen });
  }
  for (const { event, strike } of expelled) {
    if (event.round !== round.round || event.kind !== "invalid-update" || strike) continue;
    const update = seen.updates?.find(({ commitment }) => hexEquals(commitment.participant, event.account));
    if (update?.status === "valid") {
      expulsionWrong(log, event, "it had committed to a valid update");
    }
  }
  return log.findings;
}

/** The same of the accepted result. */
export function falseProofs({ strike, proposal, opened }: RoundRecord, check: RoundCheck, right: boolean) {
  const log = createFindingLog(opened.taskId, opened.round);
  if (strike && proposal) judgeStrike(log, strike, proposal, { right, updates: check.updates });
  return log.findings;
}

function judgeStrike(
  log: ReturnType<typeof createFindingLog>,
  { event }: StrikeRecord,
  { aggregator, modelRoot, excluded }: HashedProposal,
  seen: { readonly right?: boolean | undefined; readonly updates?: readonly UpdateStatus[] },
): void {
  const counted = seen.updates?.filter(({ commitment }) => (excluded & slotBit(commitment)) === 0n);
  const isFalse =
    (event.kind === "wrong-chunk" && seen.right === true) ||
    (event.kind === "invalid-update" && counted?.every(({ status }) => status === "valid"));
  if (!isFalse) return;
  const what = event.kind === "wrong-chunk" ? "is exactly what the updates give" : "counts valid updates only";
  log.add({
    code: "STRIKE_WRONG",
    party: event.prover,
    chunk: event.index,
    message: `${event.prover} struck the model of ${aggregator}, which ${what}.`,
    data: { aggregator, modelRoot },
  });
}

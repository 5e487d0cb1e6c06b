import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address } from "../../core/ids.ts";
import { evidenceOf, inputsEvidence } from "../../core/record/evidence.ts";
import { hasEnded, isProvable, type RoundView } from "../../core/record/task-view.ts";
import type { ProofCall } from "../../ports/proof-calls.ts";
import { hasProposal, isStruck, type ProposedRound, subjectOf } from "../blobs/proposed-round.ts";
import { commitmentOf, isExpelled } from "../steps/round-queries.ts";
import type { Surveyed } from "../steps/survey.ts";
import type { Turn } from "../steps/turns.ts";
import { sameUpdate, type WordPool } from "../words/word-pool.ts";
import type { CourtState } from "./court-state.ts";

/** Something that the contract would take as proven now. */
export interface DueProof extends Omit<Turn, "sinceS"> {
  /** The same for as long as the same proof is due. */
  readonly key: string;
  readonly call: ProofCall;
}

/** A proof, and the second of the chain's time at which it was first seen due. */
export type NotedProof = DueProof & Turn;

/**
 * What can be proven now of the earliest round that something can be proven of: a wrong proposal, standing or accepted,
 * as long as its window lasts, void or not; an update that breaks the rules; two commitments signed over one anchor;
 * one signed and another made. What the contract had no use for before is tried again after a rest, and holds nothing
 * else back: only the record takes a proof away. Nobody accuses itself.
 */
export function dueProofs(
  seen: Surveyed,
  { me, words, court }: { readonly me: Address; readonly words: WordPool; readonly court: CourtState },
): readonly DueProof[] {
  const all = [
    ...seen.survey.live.filter(hasProposal).flatMap((round) => againstProposal(seen, round, court)),
    ...court.faults.flatMap((fault) => againstUpdate(seen, fault)),
    ...equivocations(seen, words),
    ...doubleCommitments(seen, words),
  ].filter(({ call }) => !hexEquals(accusedOf(call) ?? "0x", me));
  const { resting } = court;
  const earliest = Math.min(...all.filter(({ key }) => !resting.has(key)).map(({ round }) => round));
  return all.filter(({ key, round }) => {
    const untilS = resting.get(key);
    return untilS === undefined ? round === earliest : seen.head.timestampS >= untilS;
  });
}

/**
 * The proof that the round's proposal is wrong, with the evidence as it is now: who attested is added by the
 * acceptance.
 */
function againstProposal(
  { view: { taskId }, head: { timestampS } }: Surveyed,
  round: ProposedRound,
  { judgements }: CourtState,
): readonly DueProof[] {
  const { proof } = judgements.get(subjectOf(round)) ?? {};
  if (proof === undefined || !("evidence" in proof) || isStruck(round)) return [];
  if (round.phase === "accepted" && !isProvable(round, timestampS)) return [];
  const evidence = evidenceOf(taskId, round);
  if (evidence === undefined) return [];
  const call = { ...proof, evidence };
  const key = `prove:${round.round}:${round.proposal.hash}:${round.phase}`;
  return [{ key, round: round.round, call, untilS: round.result?.provableUntilS ?? round.proposal.attestDeadlineS }];
}

/** The proof that an update of a closed round breaks the rules, where its owner is in the task still. */
function againstUpdate(seen: Surveyed, fault: Extract<ProofCall, { kind: "proveUpdate" }>): readonly DueProof[] {
  const { round: number, accumulator } = fault.evidence.inputs;
  const accused = accusedOf(fault);
  const round = seen.survey.live.find((one) => one.round === number && hexEquals(one.accumulator, accumulator));
  const evidence = round && closedEvidence(seen, round);
  if (round === undefined || evidence === undefined) return [];
  if (accused === undefined || isExpelled(seen.view, accused)) return [];
  const key = `prove:${number}:${accused}:invalid-update:${round.proposal?.hash ?? round.phase}`;
  return [{ key, round: number, call: { ...fault, evidence } }];
}

function equivocations({ view }: Surveyed, words: WordPool): readonly DueProof[] {
  return [...words.values()].flatMap(({ signed: one, other }) => {
    if (other === undefined || isExpelled(view, one.participant)) return [];
    const { taskId, round, anchor, participant } = one;
    const key = `prove:${round}:${participant}:equivocation`;
    return [{ key, round, call: { kind: "proveEquivocation", taskId, round, anchor, one, other } as const }];
  });
}

function doubleCommitments(seen: Surveyed, words: WordPool): readonly DueProof[] {
  return [...words.values()].flatMap(({ signed }) => {
    const { round: number, participant, anchor } = signed;
    const round = seen.survey.live.find((one) => one.round === number && hexEquals(one.anchor, anchor));
    const made = round && commitmentOf(round, participant);
    if (round === undefined || made === undefined || sameUpdate(made, signed)) return [];
    if (isExpelled(seen.view, participant)) return [];
    const evidence = closedEvidence(seen, round);
    if (evidence === undefined) return [];
    const { commitments } = round;
    const position = commitments.indexOf(made);
    const call = { kind: "proveDoubleCommitment", evidence, commitments, position, signed } as const;
    return [{ key: `prove:${number}:${made.participant}:double`, round: number, call }];
  });
}

/**
 * What shows the round's commitments to the contract: its proposal where it has one, else the record of the newest
 * round, once that is closed.
 */
function closedEvidence({ view, head: { timestampS } }: Surveyed, round: RoundView) {
  if (hasProposal(round)) {
    return round.phase === "accepted" && !isProvable(round, timestampS) ? undefined : evidenceOf(view.taskId, round);
  }
  const isClosed = round.phase === "aggregating" || (hasEnded(round) && round.commitments.length > 0);
  return isClosed && view.rounds.at(-1) === round ? inputsEvidence(view, round) : undefined;
}

/** Whom a proof would cost its place; undefined where it is whoever signed a proposal. */
export function accusedOf(call: ProofCall): Address | undefined {
  switch (call.kind) {
    case "proveUpdate":
      return call.commitments[call.invalid.position]?.participant;
    case "proveEquivocation":
      return call.one.participant;
    case "proveDoubleCommitment":
      return call.signed.participant;
    default:
      return undefined;
  }
}

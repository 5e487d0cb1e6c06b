import { hexEquals } from "../../core/bytes/hex.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { Commitment } from "../../core/records.ts";
import type { ProofCall } from "../../ports/proof-calls.ts";

/** What recomputing a proposal came to. */
export interface Judgement {
  /** Root, weight and content id are exactly what the counted updates give. */
  readonly isRight: boolean;
  /** Bitmap of the slots that it leaves out though their update is here and keeps the rules; 0 where there is none. */
  readonly unexplained?: bigint;
  /** Of an encrypted round: only the sum of its ciphertexts was compared, which is not enough to attest to it. */
  readonly isSumOnly?: true;
  /** The proof that it is wrong, where there is one; it was checked as the contract checks it. */
  readonly proof?: ProofCall;
  /** The model is wrong, but its bytes are not to be had: to be judged again when they appear. */
  readonly withheld?: true;
  /**
   * Updates that the proposal counts and whose bytes are not to be had: nothing can be said of it without them. To be
   * judged again.
   */
  readonly missing?: readonly Commitment[];
}

/** A proof that an update breaks the rules. */
export type UpdateFault = Extract<ProofCall, { kind: "proveUpdate" }>;

/** Whether a proof is one against an update. */
export function isUpdateFault(call: ProofCall | undefined): call is UpdateFault {
  return call?.kind === "proveUpdate";
}

/** What an account has in a task, and what is owed to it. */
export interface Purse {
  /** Names the facts of the record after which it was looked at. */
  readonly of: string;
  readonly bondWei: bigint;
  /** Of a bond without a place: second from which it may be released; 0 where there is none. */
  readonly freeFromS: number;
  readonly creditWei: bigint;
  /** The account has not the ether for taking out what is free. */
  readonly isUnpayable?: true;
}

/** What everybody who recomputes knows beside the record. Immutable. */
export interface CourtState {
  /** By subjectOf: a proposal's hash. */
  readonly judgements: ReadonlyMap<string, Judgement>;
  /** Updates that were seen to break the rules. */
  readonly faults: readonly UpdateFault[];
  /** By a proof's key: the second of the chain's time until which it rests, as the contract had no use for it. */
  readonly resting: ReadonlyMap<string, number>;
  /** Hashes of the proposals whose model was measured on the task's public test set, or cannot be. */
  readonly measured: ReadonlySet<string>;
  /** Absent until it was looked at. */
  readonly purse?: Purse;
  /** Blocks with this account's proofs. */
  readonly earnedInBlocks: readonly number[];
}

/** What happens in court. */
export type CourtEvent =
  | { readonly kind: "judged"; readonly subject: string; readonly judgement: Judgement }
  /** An update was seen to break the rules. */
  | { readonly kind: "fault"; readonly fault: UpdateFault }
  /** The contract had no use for a proof: it says so of blocks to come, too, that may come otherwise. */
  | { readonly kind: "refused"; readonly key: string; readonly untilS: number }
  | { readonly kind: "measured"; readonly subject: string }
  | { readonly kind: "purse"; readonly purse: Purse }
  | { readonly kind: "earned"; readonly block: number };

/** The court of a node that has seen nothing. */
export const emptyCourt: CourtState = {
  judgements: new Map(),
  faults: [],
  resting: new Map(),
  measured: new Set(),
  earnedInBlocks: [],
};

/** The court after an event. */
export function reduceCourt(court: CourtState, event: CourtEvent): CourtState {
  switch (event.kind) {
    case "judged":
      return { ...court, judgements: new Map(court.judgements).set(event.subject, event.judgement) };
    case "fault": {
      const isKnown = court.faults.some((known) => isSameFault(known, event.fault));
      return isKnown ? court : { ...court, faults: [...court.faults, event.fault] };
    }
    case "refused":
      return { ...court, resting: new Map(court.resting).set(event.key, event.untilS) };
    case "measured":
      return court.measured.has(event.subject)
        ? court
        : { ...court, measured: new Set([...court.measured, event.subject]) };
    case "purse":
      return { ...court, purse: event.purse };
    case "earned":
      return { ...court, earnedInBlocks: [...court.earnedInBlocks, event.block] };
  }
}

/** Whether a proposal is to be judged (again). */
export function isOpenQuestion(judgement: Judgement | undefined): boolean {
  return judgement === undefined || judgement.withheld === true || judgement.missing !== undefined;
}

/** Whether a proposal was found to be other than its inputs give. */
export function isFoundWrong(judgement: Judgement | undefined): boolean {
  return judgement !== undefined && !judgement.isRight && judgement.missing === undefined;
}

/**
 * Whether whoever judged may sign for it: it is right, and what it leaves out is of nobody but those expelled since.
 */
export function isAttestable(
  judgement: Judgement | undefined,
  { expelled = 0n }: Pick<RoundView, "expelled">,
): boolean {
  return judgement?.isRight === true && !judgement.isSumOnly && ((judgement.unexplained ?? 0n) & ~expelled) === 0n;
}

/** Whether an event is one of the court's. */
export function isCourtEvent(event: { readonly kind: string }): event is CourtEvent {
  return ["judged", "fault", "refused", "measured", "purse", "earned"].includes(event.kind);
}

/** The same bytes may be committed again: in another round, or in the same one after a reorganisation. */
function isSameFault(one: UpdateFault, other: UpdateFault): boolean {
  const [inputs, others] = [one.evidence.inputs, other.evidence.inputs];
  if (inputs.round !== others.round || !hexEquals(inputs.accumulator, others.accumulator)) return false;
  return hexEquals(accusedRoot(one), accusedRoot(other));
}

function accusedRoot({ commitments, invalid }: UpdateFault): string {
  return commitments[invalid.position]?.updateRoot ?? "";
}

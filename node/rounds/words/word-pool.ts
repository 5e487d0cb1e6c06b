import { hexEquals } from "../../core/bytes/hex.ts";
import type { RoundNumber } from "../../core/ids.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { SignedCommitment } from "../../core/records.ts";

/** What a participant signed over one anchor of a round. */
export interface HeardCommitment {
  /** The first heard. */
  readonly signed: SignedCommitment;
  /** The first that contradicts it, which is misconduct; absent while there is none. */
  readonly other?: SignedCommitment;
  /** Time of the head at which the first was heard, seconds. */
  readonly heardAtS: number;
}

/** Valid signed commitments of the rounds that still matter, one entry a signer and anchor. Immutable. */
export type WordPool = ReadonlyMap<string, HeardCommitment>;

/** The pool of a node that has heard nothing. */
export const noWords: WordPool = new Map();

/** Whether two words of one participant commit it to the same update. */
export function sameUpdate(
  a: Pick<SignedCommitment, "updateRoot" | "contentId" | "weight">,
  b: Pick<SignedCommitment, "updateRoot" | "contentId" | "weight">,
): boolean {
  return hexEquals(a.updateRoot, b.updateRoot) && hexEquals(a.contentId, b.contentId) && a.weight === b.weight;
}

/**
 * The pool with the commitment in it; the same pool when it adds nothing. The caller has checked signature and draw.
 */
export function addCommitment(pool: WordPool, signed: SignedCommitment, heardAtS: number): WordPool {
  if (!addsCommitment(pool, signed)) return pool;
  const key = keyOf(signed);
  const known = pool.get(key);
  return new Map(pool).set(key, known === undefined ? { signed, heardAtS } : { ...known, other: signed });
}

/** Whether a commitment is the first of its participant over its anchor, or the first that contradicts that. */
export function addsCommitment(pool: WordPool, signed: SignedCommitment): boolean {
  const known = pool.get(keyOf(signed));
  return known === undefined || (known.other === undefined && !sameUpdate(known.signed, signed));
}

function keyOf({ round, anchor, participant }: SignedCommitment): string {
  return `${round}:${anchor}:${participant}`.toLowerCase();
}

/** What was heard of signed commitments over a round's anchor. */
export function commitmentsTo(
  pool: WordPool,
  { round, anchor }: Pick<RoundView, "round" | "anchor">,
): readonly HeardCommitment[] {
  return [...pool.values()].filter(({ signed }) => signed.round === round && hexEquals(signed.anchor, anchor));
}

/**
 * The pool without what concerns other rounds than these; the same pool when there is nothing of that. Contradictions
 * stay: they are misconduct in whatever round.
 */
export function onlyWordsOf(pool: WordPool, rounds: readonly RoundNumber[]): WordPool {
  const kept = [...pool].filter(([, { signed, other }]) => other !== undefined || rounds.includes(signed.round));
  return kept.length === pool.size ? pool : new Map(kept);
}

import { hexEquals } from "../core/hex.ts";
import type { Address, RoundNumber } from "../core/ids.ts";
import type { Availability, SignedCommitment } from "../core/records.ts";
import type { RoundView } from "../core/task-view.ts";
import { compareAddresses } from "./attestation-pool.ts";

/** What a participant signed for one round and base model. */
export interface HeardCommitment {
  /** The first heard. */
  readonly signed: SignedCommitment;
  /** The first that contradicts it, which is misconduct; absent while there is none. */
  readonly other?: SignedCommitment;
  /** Time of the head at which the first was heard, seconds. */
  readonly heardAtS: number;
}

/** Valid signed words of the rounds that still matter, one entry a signer and subject. Immutable. */
export interface WordPool {
  readonly commitments: ReadonlyMap<string, HeardCommitment>;
  readonly availability: ReadonlyMap<string, Availability>;
}

/** The pool of a node that has heard nothing. */
export const noWords: WordPool = { commitments: new Map(), availability: new Map() };

/** Whether two words of one participant commit it to the same update. */
export function sameUpdate(
  a: Pick<SignedCommitment, "updateRoot" | "contentId" | "weight">,
  b: Pick<SignedCommitment, "updateRoot" | "contentId" | "weight">,
): boolean {
  return hexEquals(a.updateRoot, b.updateRoot) && hexEquals(a.contentId, b.contentId) && a.weight === b.weight;
}

/** The pool with the commitment in it; the same pool when it adds nothing. The caller has checked signature and draw. */
export function addCommitment(pool: WordPool, signed: SignedCommitment, heardAtS: number): WordPool {
  const key = `${signed.round}:${signed.baseModelRoot}:${signed.participant}`.toLowerCase();
  const known = pool.commitments.get(key);
  if (known !== undefined && (known.other !== undefined || sameUpdate(known.signed, signed))) return pool;
  const heard = known === undefined ? { signed, heardAtS } : { ...known, other: signed };
  return { ...pool, commitments: new Map(pool.commitments).set(key, heard) };
}

/** The pool with the word in it, in the place of one that names a part of its slots; the same pool when it adds nothing. The caller has checked it. */
export function addAvailability(pool: WordPool, word: Availability): WordPool {
  const key = `${word.round}:${word.accumulator}:${word.holder}`.toLowerCase();
  const known = pool.availability.get(key);
  if (known !== undefined && ((known.slots & ~word.slots) !== 0n || known.slots === word.slots)) return pool;
  return { ...pool, availability: new Map(pool.availability).set(key, word) };
}

/** What was heard of signed commitments to a round and the model that it starts from. */
export function commitmentsTo(
  { commitments }: WordPool,
  { round, baseModelRoot }: Pick<RoundView, "round" | "baseModelRoot">,
): readonly HeardCommitment[] {
  return [...commitments.values()].filter(
    ({ signed }) => signed.round === round && hexEquals(signed.baseModelRoot, baseModelRoot),
  );
}

/** The words on which updates of a closed round are held, ascending by holder as the contract wants them. */
export function availabilityOf(
  { availability }: WordPool,
  { round, accumulator }: Pick<RoundView, "round" | "accumulator">,
): readonly Availability[] {
  return [...availability.values()]
    .filter((word) => word.round === round && hexEquals(word.accumulator, accumulator))
    .sort((a, b) => compareAddresses(a.holder, b.holder));
}

/** The word of one holder among those given. */
export function wordOf(words: readonly Availability[], account: Address): Availability | undefined {
  return words.find(({ holder }) => hexEquals(holder, account));
}

/**
 * The pool without what concerns other rounds than these; the same pool when there is nothing of that. Contradictions stay: they are
 * misconduct in whatever round.
 */
export function onlyWordsOf(pool: WordPool, rounds: readonly RoundNumber[]): WordPool {
  const numbers = new Set(rounds);
  const commitments = [...pool.commitments].filter(
    ([, { signed, other }]) => other !== undefined || numbers.has(signed.round),
  );
  const availability = [...pool.availability].filter(([, { round }]) => numbers.has(round));
  const same = commitments.length === pool.commitments.size && availability.length === pool.availability.size;
  return same ? pool : { commitments: new Map(commitments), availability: new Map(availability) };
}

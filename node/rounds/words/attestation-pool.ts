import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address, Bytes32 } from "../../core/ids.ts";
import type { Attestation } from "../../core/records.ts";

/**
 * Valid attestations of the newest rounds by proposal hash; each list ascending by attester, one an attester.
 * Immutable.
 */
export type AttestationPool = ReadonlyMap<Bytes32, readonly Attestation[]>;

/** Proposals of one round that one attester may have attested to before more of its attestations are dropped. */
const maxProposalsPerAttester = 16;

/**
 * The pool with the attestation in it; the same pool when it adds nothing. The caller has checked signature and
 * enrolment.
 */
export function addAttestation(pool: AttestationPool, attestation: Attestation): AttestationPool {
  if (!addsAttestation(pool, attestation)) return pool;
  const hash = attestation.proposalHash.toLowerCase() as Bytes32;
  const list = [...(pool.get(hash) ?? []), attestation].sort((a, b) => compareAddresses(a.attester, b.attester));
  return new Map(pool).set(hash, list);
}

/** Whether an attestation has a place: none of its attester to its proposal is here, nor too many to others. */
export function addsAttestation(pool: AttestationPool, attestation: Attestation): boolean {
  const isHers = (other: Attestation): boolean => hexEquals(other.attester, attestation.attester);
  if ((pool.get(attestation.proposalHash.toLowerCase() as Bytes32) ?? []).some(isHers)) return false;
  const isOfRound = ([first]: readonly Attestation[]): boolean => first?.round === attestation.round;
  const elsewhere = [...pool.values()].filter((list) => isOfRound(list) && list.some(isHers)).length;
  return elsewhere < maxProposalsPerAttester;
}

/**
 * The attestations to a proposal by accounts that `counts` accepts, ascending by address as the contract wants them.
 */
export function attestationsTo(
  pool: AttestationPool,
  proposalHash: Bytes32,
  counts: (attester: Address) => boolean,
): readonly Attestation[] {
  return (pool.get(proposalHash.toLowerCase() as Bytes32) ?? []).filter(({ attester }) => counts(attester));
}

/** The pool without attestations of other rounds; the same pool when there are none. */
export function onlyRounds(pool: AttestationPool, rounds: readonly number[]): AttestationPool {
  const kept = [...pool].filter(([, [first]]) => first !== undefined && rounds.includes(first.round));
  return kept.length === pool.size ? pool : new Map(kept);
}

/** Order of addresses as numbers: negative, zero or positive. */
function compareAddresses(a: Address, b: Address): number {
  const x = a.toLowerCase();
  const y = b.toLowerCase();
  return x < y ? -1 : x > y ? 1 : 0;
}

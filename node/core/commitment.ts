import { modeCodes, phaseCodes, reasonCodes, ruleCodes } from "./enum-codes.ts";
import { abiWords, toHex } from "./hex.ts";
import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "./ids.ts";
import { keccak256 } from "./keccak.ts";
import type { Commitment, InvalidReason, Proposal, TaskRules } from "./records.ts";

/** 32 zero bytes: what stands where there is no hash. */
export const zeroBytes32: Bytes32 = toHex(new Uint8Array(32));

/** The federation and chain that a hash belongs to: a record of one is worth nothing in another. */
export interface Deployment {
  readonly chainId: number | bigint;
  readonly federation: Address;
}

const hashWords = (...values: readonly (bigint | number | Hex)[]): Bytes32 => toHex(keccak256(abiWords(...values)));

/** Start of a round's commitment accumulator (docs/protocol.md section 5). */
export function startAccumulator(
  opening: Deployment & {
    readonly taskId: TaskId;
    readonly round: RoundNumber;
    readonly baseModelRoot: Bytes32;
    readonly seed: bigint;
    readonly enrolled: number;
    readonly drawn: number;
  },
): Bytes32 {
  const { chainId, federation, taskId, round, baseModelRoot, seed, enrolled, drawn } = opening;
  return hashWords(BigInt(chainId), federation, taskId, round, baseModelRoot, seed, enrolled, drawn);
}

/** The accumulator after one more commitment (section 5). */
export function extendAccumulator(
  accumulator: Bytes32,
  commitment: Pick<Commitment, "participant" | "slot" | "weight" | "updateRoot" | "contentId">,
): Bytes32 {
  const { participant, slot, weight, updateRoot, contentId } = commitment;
  return hashWords(accumulator, participant, slot, weight, updateRoot, contentId);
}

/** Hash of a proposal, what attesters sign (section 5). */
export function proposalHash(taskId: TaskId, round: RoundNumber, proposal: Proposal): Bytes32 {
  const { attempt, aggregator, modelRoot, contentId, totalWeight, excluded } = proposal;
  return hashWords(taskId, round, attempt, aggregator, modelRoot, contentId, totalWeight, excluded);
}

/** Hash of a task's rules: the 17 fields of TaskTypes.TaskRules in order, a word each (section 5). */
export function rulesHash(rules: TaskRules): Bytes32 {
  return hashWords(
    modeCodes.codeOf(rules.mode),
    ruleCodes.codeOf(rules.rule),
    rules.fractionBits,
    rules.attempts,
    rules.parameterCount,
    rules.clipLanes,
    rules.maxWeight,
    rules.serverRateQ16,
    rules.rounds,
    rules.minUpdates,
    rules.maxUpdates,
    rules.participationBps,
    rules.attestationQuorum,
    rules.roundsPerParticipant,
    rules.commitWindowS,
    rules.aggregateWindowS,
    rules.challengeWindowS,
  );
}

/**
 * Head of a task's history before its first round (section 5).
 *
 * @param task.modelRoot root of the initial model
 * @param task.spec the specification's canonical JSON
 * @param task.bondWei what each assigned aggregator answers with; absent or 0 in a task without a bond
 */
export function initialHistoryHead(
  task: Deployment & {
    readonly taskId: TaskId;
    readonly rules: TaskRules;
    readonly modelRoot: Bytes32;
    readonly spec: string;
    readonly bondWei?: bigint | undefined;
  },
): Bytes32 {
  const { chainId, federation, taskId, rules, modelRoot, bondWei = 0n } = task;
  const specHash = toHex(keccak256(new TextEncoder().encode(task.spec)));
  const head = hashWords(BigInt(chainId), federation, taskId, rulesHash(rules), modelRoot, specHash);
  return bondWei === 0n ? head : hashWords(head, bondWei);
}

/** How a round ended, as the history chain holds it. */
export interface RoundEnd {
  readonly round: RoundNumber;
  readonly phase: "finalized" | "invalidated";
  /** Root of the model the round started from. */
  readonly baseModelRoot: Bytes32;
  /** The accumulator after the last commitment. */
  readonly accumulator: Bytes32;
  /** Hash of the final proposal; zero in an invalidated round whatever was proposed. */
  readonly proposalHash: Bytes32;
  readonly reason: InvalidReason;
}

/** Head of the history after one more round (section 5). */
export function extendHistory(head: Bytes32, end: RoundEnd): Bytes32 {
  return hashWords(
    head,
    end.round,
    phaseCodes.codeOf(end.phase),
    end.baseModelRoot,
    end.accumulator,
    end.proposalHash,
    reasonCodes.codeOf(end.reason),
  );
}

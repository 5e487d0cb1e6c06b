import { hexEquals } from "../core/hex.ts";
import type { Address, Bytes32, RoundNumber } from "../core/ids.ts";
import type { ChallengeKind, Evaluation, Phase } from "../core/records.ts";
import type { TaskEvent } from "../core/task-events.ts";
import type { UpdateStatus } from "./check-round.ts";
import { createFindingLog, type Finding, verdictOf } from "./findings.ts";
import { type RoundRecord, slotBit } from "./task-record.ts";

/** What the members measured of a round's model, weighted by their numbers of held-out examples. */
export interface RoundEvaluation {
  /** Held-out examples of all attesters together; at least 1. */
  readonly samples: number;
  /** The task's metric: accuracy in [0, 1], or R². */
  readonly metric: number;
  readonly loss: number;
}

/** Gas of a round's transactions, each counted once, by what they did. */
export interface RoundGas {
  readonly open: number;
  /** Advertisements and commitments. */
  readonly commit: number;
  /** Closing, assigning again, challenges, reports, demands and their answers. */
  readonly close: number;
  readonly propose: number;
  /** The end: finalization or invalidation. */
  readonly end: number;
  readonly total: number;
}

/** One committed update as the audit saw it. */
export interface UpdateVerdict {
  readonly participant: Address;
  readonly slot: number;
  readonly weight: number;
  readonly updateRoot: Bytes32;
  readonly contentId: Bytes32;
  readonly excluded: boolean;
  /** `not-asked`: its bytes were not needed for this round's verdict. */
  readonly status: UpdateStatus["status"] | "not-asked";
}

/** A proposal that did not become the result. */
export interface SupersededProposal {
  readonly attempt: number;
  readonly aggregator: Address;
  readonly modelRoot: Bytes32;
  /** Whether it is what was recomputed; absent where that says nothing (another set of updates, or nothing recomputed). */
  readonly right?: boolean;
  /** How it was proven wrong on the chain; absent where it was only set aside. */
  readonly challenge?: { readonly challenger: Address; readonly kind: ChallengeKind; readonly chunkIndex: number };
}

/** What the audit came to about one round. */
export interface RoundVerdict {
  readonly round: RoundNumber;
  readonly phase: Phase;
  /**
   * `verified`: the result was recomputed and equal, and nothing in the record is wrong. `invalidated`: no result, and
   * nothing wrong. `pending`: not ended, nothing wrong so far. `unsampled`: the record is right, the bytes were not drawn.
   */
  readonly verdict: "verified" | "violation" | "unchecked" | "invalidated" | "pending" | "unsampled";
  readonly findings: readonly Finding[];
  readonly baseModelRoot: Bytes32;
  /** Root of the result, or of the standing proposal. */
  readonly modelRoot?: Bytes32;
  readonly modelContentId?: Bytes32;
  readonly aggregator?: Address;
  readonly totalWeight?: bigint;
  /** The bytes under the result's content id: as recorded, not to be had or not to be opened here, or other ones. `not-asked` where there is no result to look for. */
  readonly modelBlob: "right" | "missing" | "sealed" | "differs" | "not-asked";
  /** The sum of the ciphertexts was recomputed and is the one on record; that the model is what it decrypts to rests on the quorum. */
  readonly isDecryptionAttested?: true;
  readonly evaluation?: RoundEvaluation;
  readonly updates: readonly UpdateVerdict[];
  readonly drawn: readonly Address[];
  /** In a task with keys: how many of the drawn advertised theirs. */
  readonly keys?: number;
  /** Of a masked round with a result: how many seeds of survivors and keys of dropped ones opened the sum. */
  readonly opened?: { readonly seeds: number; readonly keys: number };
  readonly attesters: readonly Address[];
  readonly superseded: readonly SupersededProposal[];
  /** Bytes of blobs fetched and checked. */
  readonly bytesChecked: number;
  /** Present where the events carry gas. */
  readonly gas?: RoundGas;
  /** From the opening to the end or the last event; present where the events carry their time. */
  readonly durationS?: number;
  readonly openedAtBlock: number;
}

/** What the audit did with a round's bytes. */
export interface RoundWork {
  readonly findings: readonly Finding[];
  readonly updates?: readonly UpdateStatus[];
  readonly modelRoot?: Bytes32;
  readonly modelBlob: RoundVerdict["modelBlob"];
  /** Of an encrypted round: whether the recomputed sum is the one on record. */
  readonly isSumRight?: boolean;
  readonly bytesChecked: number;
  /** Whether the round was left out by sampling. */
  readonly unsampled: boolean;
}

/** Puts a round's record and the work on its bytes together. Findings that both made are told once. */
export function judgeRound(record: RoundRecord, work: RoundWork): RoundVerdict {
  const superseded = supersededOf(record, work);
  const findings = withoutTwins([...record.findings, ...work.findings, ...falseChallenges(record, superseded, work)]);
  const { proposal, ended, opened } = record;
  const finalized = ended?.name === "RoundFinalized" ? ended : undefined;
  const evaluation = finalized && weightedEvaluation(finalized.evaluations);
  const modelRoot = finalized?.modelRoot ?? proposal?.modelRoot;
  const gas = gasOf(record.events);
  const durationS = durationOf(record.events);
  return {
    round: record.round,
    phase: record.phase,
    verdict: verdictOfRound(record, work, findings),
    findings,
    baseModelRoot: opened.baseModelRoot,
    ...(modelRoot && { modelRoot }),
    ...(proposal && {
      modelContentId: proposal.contentId,
      aggregator: proposal.aggregator,
      totalWeight: proposal.totalWeight,
    }),
    modelBlob: work.modelBlob,
    ...(isAttested(work) && { isDecryptionAttested: true as const }),
    ...(evaluation && { evaluation }),
    updates: updatesOf(record, work),
    drawn: record.drawn,
    ...keysOf(record),
    attesters: finalized?.attesters ?? [],
    superseded,
    bytesChecked: work.bytesChecked,
    ...(gas && { gas }),
    ...(durationS !== undefined && { durationS }),
    openedAtBlock: opened.blockNumber,
  };
}

function keysOf({ advertisements, commitments, proposal }: RoundRecord): Pick<RoundVerdict, "keys" | "opened"> {
  const keys = advertisements.length;
  if (keys === 0) return {};
  const isMasked = proposal?.openings !== undefined && proposal.openings.length === 2 + 64 * keys && keys > 1;
  const seeds = commitments.length;
  return { keys, ...(isMasked && { opened: { seeds, keys: keys - seeds } }) };
}

function verdictOfRound(record: RoundRecord, work: RoundWork, findings: readonly Finding[]): RoundVerdict["verdict"] {
  const verdict = verdictOf(findings);
  if (verdict !== "verified") return verdict;
  if (record.phase === "invalidated") return "invalidated";
  if (record.phase !== "finalized") return "pending";
  if (work.unsampled) return "unsampled";
  return work.modelRoot || isAttested(work) ? "verified" : "unchecked";
}

/** Whether all of an encrypted round was checked that can be without the key; the decryption of its sum is its quorum's word. */
function isAttested({ isSumRight, modelRoot, modelBlob }: RoundWork): boolean {
  return isSumRight === true && modelRoot === undefined && modelBlob === "right";
}

function withoutTwins(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ code, party, message }) => {
    const key = `${code} ${party?.toLowerCase()} ${message}`;
    return !seen.has(key) && seen.add(key);
  });
}

function updatesOf({ commitments, proposal }: RoundRecord, { updates }: RoundWork): UpdateVerdict[] {
  return commitments.map(({ participant, slot, weight, updateRoot, contentId }, i) => ({
    participant,
    slot,
    weight,
    updateRoot,
    contentId,
    excluded: proposal !== undefined && ((proposal.excluded >> BigInt(slot)) & 1n) === 1n,
    status: updates?.[i]?.status ?? "not-asked",
  }));
}

function supersededOf({ superseded, proposal }: RoundRecord, { modelRoot }: RoundWork): SupersededProposal[] {
  return superseded.map((former) => ({
    attempt: former.attempt,
    aggregator: former.aggregator,
    modelRoot: former.modelRoot,
    ...(former.challenge && {
      challenge: {
        challenger: former.challenge.challenger,
        kind: former.challenge.kind,
        chunkIndex: former.challenge.chunkIndex,
      },
    }),
    ...(modelRoot && former.excluded === proposal?.excluded && { right: hexEquals(former.modelRoot, modelRoot) }),
  }));
}

/** A challenge that took a right model off the record, or one of valid updates only: the contract would not have let it. */
function falseChallenges(
  record: RoundRecord,
  superseded: readonly SupersededProposal[],
  work: RoundWork,
): readonly Finding[] {
  const log = createFindingLog(record.opened.taskId, record.round);
  for (const [i, { challenge, right, aggregator, modelRoot }] of superseded.entries()) {
    const counted = work.updates?.filter(
      ({ commitment }) => (record.superseded[i]!.excluded & slotBit(commitment)) === 0n,
    );
    const isFalse =
      (challenge?.kind === "wrong-chunk" && right === true) ||
      (challenge?.kind === "invalid-update" && counted?.every(({ status }) => status === "valid"));
    if (!challenge || !isFalse) continue;
    const what =
      challenge.kind === "wrong-chunk"
        ? "which is exactly what the updates give"
        : "of which all updates keep the rules";
    log.add({
      code: "CHALLENGE_WRONG",
      party: challenge.challenger,
      chunk: challenge.chunkIndex,
      message: `${challenge.challenger} won a challenge against the model of ${aggregator}, ${what}.`,
      data: { aggregator, modelRoot },
    });
  }
  return log.findings;
}

/** The evaluations together, weighted by samples; undefined when nobody evaluated. */
export function weightedEvaluation(evaluations: readonly Evaluation[]): RoundEvaluation | undefined {
  const samples = evaluations.reduce((sum, each) => sum + each.samples, 0);
  if (samples === 0) return undefined;
  const mean = (value: (each: Evaluation) => bigint): number =>
    evaluations.reduce((sum, each) => sum + (each.samples / samples) * (Number(value(each)) / 2 ** 24), 0);
  return { samples, metric: mean(({ metricQ24 }) => metricQ24), loss: mean(({ lossQ24 }) => lossQ24) };
}

const gasKinds: Readonly<Record<string, Exclude<keyof RoundGas, "total">>> = {
  RoundOpened: "open",
  Advertised: "commit",
  Committed: "commit",
  RoundClosed: "close",
  AggregatorAssigned: "close",
  Opened: "propose",
  Proposed: "propose",
  Challenged: "close",
  Misconduct: "close",
  Demanded: "close",
  ChunkShown: "close",
  NodesShown: "close",
  DemandReturned: "close",
  RoundFinalized: "end",
  RoundInvalidated: "end",
};

function gasOf(events: readonly TaskEvent[]): RoundGas | undefined {
  const gas = { open: 0, commit: 0, close: 0, propose: 0, end: 0, total: 0 };
  const counted = new Set<string>();
  for (const { name, gasUsed, transactionHash } of events) {
    const kind = gasKinds[name];
    if (!kind || gasUsed === undefined || counted.has(transactionHash)) continue;
    counted.add(transactionHash);
    gas[kind] += gasUsed;
    gas.total += gasUsed;
  }
  return counted.size > 0 ? gas : undefined;
}

function durationOf(events: readonly TaskEvent[]): number | undefined {
  const first = events[0]?.timestampS;
  const last = events.findLast(({ name }) => name in gasKinds)?.timestampS;
  return first === undefined || last === undefined ? undefined : last - first;
}

import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address, Bytes32, RoundNumber } from "../../core/ids.ts";
import type { Phase, ProofKind, Reason } from "../../core/records.ts";
import type { PublicMetric } from "../../ports/public-test.ts";
import type { RoundRecord } from "../record/task-record.ts";
import type { UpdateStatus } from "../replay/check-round.ts";
import { type Finding, verdictOf } from "../replay/findings.ts";
import { durationOf, gasOf, type RoundGas } from "./round-gas.ts";

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
  /**
   * Whether it is what was recomputed; absent where that says nothing (another set of updates, or nothing recomputed).
   */
  readonly right?: boolean;
  /** How it was proven wrong on the chain; absent where it was only set aside. */
  readonly strike?: Strike;
}

/** How a proposal was proven wrong. */
export interface Strike {
  readonly prover: Address;
  readonly kind: ProofKind;
  /** Chunk or slot; 0 where the kind has none. */
  readonly index: number;
}

/** What the audit came to about one round. */
export interface RoundVerdict {
  readonly round: RoundNumber;
  readonly phase: Phase;
  /**
   * `verified`: the result was recomputed and equal, and nothing in the record is wrong. `void`: a roll-back undid its
   * result, and nothing in the record is wrong. `invalid`: no result, and nothing wrong. `pending`: not ended, nothing
   * wrong so far. `unsampled`: the record is right, the bytes were not drawn.
   */
  readonly verdict: "verified" | "violation" | "unchecked" | "void" | "invalid" | "pending" | "unsampled";
  readonly findings: readonly Finding[];
  readonly baseModelRoot: Bytes32;
  /** Root of the result, or of the standing proposal. */
  readonly modelRoot?: Bytes32;
  readonly modelContentId?: Bytes32;
  readonly aggregator?: Address;
  readonly totalWeight?: bigint;
  /**
   * The bytes under the result's content id: as recorded, not to be had or not to be opened here, or other ones.
   * `not-asked` where there is no result to look for.
   */
  readonly modelBlob: "right" | "missing" | "sealed" | "differs" | "not-asked";
  /**
   * The sum of the ciphertexts was recomputed and is the one on record; that the model is what it decrypts to rests on
   * the quorum.
   */
  readonly isDecryptionAttested?: true;
  /** Whether a roll-back made its result void. */
  readonly isVoid: boolean;
  /**
   * On the task's public test set, of an accepted round's model; absent where there is none, or it was not measured.
   */
  readonly testMetric?: PublicMetric;
  /** Whether the result, or the standing proposal, is what was recomputed; absent where nothing was. */
  readonly right?: boolean;
  /** Last second at which its result can be proven wrong; absent where it has none. */
  readonly provableUntilS?: number;
  /** Why it ended without a result. */
  readonly reason?: Reason;
  /** How its accepted result was proven wrong. */
  readonly strike?: Strike;
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
  readonly testMetric?: PublicMetric | undefined;
  /** By the places of the record's superseded proposals: whether each is what was recomputed of it. */
  readonly formerRight?: ReadonlyMap<number, boolean>;
  readonly modelBlob: RoundVerdict["modelBlob"];
  /** Of an encrypted round: whether the recomputed sum is the one on record. */
  readonly isSumRight?: boolean;
  readonly bytesChecked: number;
  /** Whether the round was left out by sampling. */
  readonly unsampled: boolean;
}

/** Puts a round's record and the work on its bytes together. Findings that both made are told once. */
export function judgeRound(record: RoundRecord, work: RoundWork): RoundVerdict {
  const findings = withoutTwins([...record.findings, ...work.findings]);
  const { proposal, ended, opened } = record;
  const accepted = ended?.name === "RoundAccepted" ? ended : undefined;
  const modelRoot = accepted?.modelRoot ?? proposal?.modelRoot;
  const gas = gasOf(record.events);
  const durationS = durationOf(record.events);
  const { testMetric } = work;
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
    isVoid: record.isVoid,
    ...(isAttested(work) && { isDecryptionAttested: true as const }),
    ...(accepted && testMetric && { testMetric }),
    ...(work.modelRoot && modelRoot && { right: hexEquals(work.modelRoot, modelRoot) }),
    ...(accepted && { provableUntilS: accepted.provableUntilS }),
    ...(ended?.name === "RoundInvalid" && { reason: ended.reason }),
    ...(record.strike && { strike: strikeOf(record.strike.event) }),
    updates: updatesOf(record, work),
    drawn: record.members,
    ...keysOf(record),
    attesters: accepted?.attesters ?? [],
    superseded: supersededOf(record, work),
    bytesChecked: work.bytesChecked,
    ...(gas && { gas }),
    ...(durationS !== undefined && { durationS }),
    openedAtBlock: opened.blockNumber,
  };
}

function keysOf({ advertisements, commitments, proposal }: RoundRecord): Pick<RoundVerdict, "keys" | "opened"> {
  const keys = advertisements.length;
  if (keys === 0) return {};
  const isMasked = proposal?.openings.length === 2 + 64 * keys && keys > 1;
  const seeds = commitments.length;
  return { keys, ...(isMasked && { opened: { seeds, keys: keys - seeds } }) };
}

function verdictOfRound(record: RoundRecord, work: RoundWork, findings: readonly Finding[]): RoundVerdict["verdict"] {
  const verdict = verdictOf(findings);
  if (verdict !== "verified") return verdict;
  if (record.phase === "invalid") return "invalid";
  if (record.phase !== "accepted") return "pending";
  if (record.isVoid) return "void";
  if (work.unsampled) return "unsampled";
  return work.modelRoot || isAttested(work) ? "verified" : "unchecked";
}

/**
 * Whether all of an encrypted round was checked that can be without the key; the decryption of its sum is its quorum's
 * word.
 */
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

function supersededOf({ superseded }: RoundRecord, { formerRight }: RoundWork): SupersededProposal[] {
  return superseded.map(({ attempt, aggregator, modelRoot, strike }, at) => {
    const right = formerRight?.get(at);
    const told = { attempt, aggregator, modelRoot, ...(strike && { strike: strikeOf(strike.event) }) };
    return { ...told, ...(right !== undefined && { right }) };
  });
}

function strikeOf({ prover, kind, index }: Strike): Strike {
  return { prover, kind, index };
}

import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address, Bytes32, RoundNumber, TaskId } from "../../core/ids.ts";
import type { Access, ProofKind, TaskRules } from "../../core/records.ts";
import type { TaskSpec } from "../../core/task/task-spec.ts";
import { zeroBytes32 } from "../../core/words/commitment.ts";
import type { Evidence } from "../record/evidence.ts";
import type { EventOf, ExpelledRecord, TaskRecord } from "../record/task-record.ts";
import { exitCodeOf, type Finding, type Verdict, verdictOf } from "../replay/findings.ts";
import type { AuditInput } from "./audit-input.ts";
import type { TaskCheck } from "./check-task.ts";
import { type OpenedPair, openedPairs } from "./opened-pairs.ts";
import { type PrivacyReport, privacyOf } from "./privacy-spent.ts";
import type { RoundVerdict } from "./round-verdict.ts";
import type { RoundSample } from "./sample-rounds.ts";

/** What an audit came to. */
export interface AuditReport {
  readonly chainId: number;
  readonly federation: Address;
  readonly task: {
    readonly taskId: TaskId;
    readonly creator: Address;
    readonly rules: TaskRules;
    /** Who may take part; empty lists and 0 for everybody. */
    readonly access: Access;
    /** The specification's text as it is on the chain. */
    readonly specText: string;
    /** Absent when the text is not a valid specification. */
    readonly spec?: TaskSpec;
    readonly initialModelRoot: Bytes32;
    /** Accounts that had a place at any time. */
    readonly participants: readonly Address[];
    readonly aggregators: readonly Address[];
  };
  readonly rounds: readonly RoundVerdict[];
  /** What each participant has spent of its privacy budget; absent in a task without noise. */
  readonly privacy?: PrivacyReport;
  /**
   * Members proven to have broken the rules, in the order of the chain: what the record is there to show, no findings.
   */
  readonly expelled: readonly Expelled[];
  /** Hashes of what participants stated of their data when they enrolled, those that did. */
  readonly statements: readonly { readonly participant: Address; readonly statement: Bytes32 }[];
  /** What was put on the task's record, in the order of the chain. */
  readonly recorded: readonly RecordEntry[];
  /** Of a masked task: pairs of opened sums that together may tell one member's update; empty where there is none. */
  readonly openedPairs: readonly OpenedPair[];
  /** All findings: of the task as a whole first, then round by round. */
  readonly findings: readonly Finding[];
  /** `verified`: no finding. Under sampling this speaks of the record and of the rounds drawn. */
  readonly verdict: Verdict;
  /** 4, too, where a final result was asked for and is not there. */
  readonly exitCode: 0 | 3 | 4;
  /** Whether the task has its accepted rounds. */
  readonly complete: boolean;
  /** The second from which no result can be proven wrong any more; absent where there is none. */
  readonly finalFromS?: number;
  /** Whether the task is complete, and nothing of it can be proven wrong any more. */
  readonly final: boolean;
  /** Whether the times that this is reckoned from are the contract's stored ones, or the endpoint's word alone. */
  readonly timesCompared: boolean;
  /** Head of the history as the events hash to it. */
  readonly historyHead: Bytes32;
  /** Whether the contract's storage was compared with the events, and its head is theirs. */
  readonly storageCompared: boolean;
  /** Whether the events are those of the head; where not, whoever told them left out, added or changed something. */
  readonly isBound: boolean;
  /** What the contract's storage, as it was compared, rests on; absent where nobody said. */
  readonly evidence?: Evidence;
  /** Present when only some rounds' bytes were looked at. */
  readonly sample?: { readonly rounds: readonly number[]; readonly of: number; readonly missProbability: number };
  /** Of the last accepted round that is not void; the initial one where there is none. */
  readonly finalModelRoot: Bytes32;
  /** That model; present when it was recomputed or its recorded bytes were had. */
  readonly finalModelLanes?: Int32Array;
  readonly totals: {
    /** Void ones not counted. */
    readonly accepted: number;
    readonly void: number;
    readonly invalid: number;
    readonly updates: number;
    readonly bytesChecked: number;
    /** Present where the events carry gas. */
    readonly gas?: number;
    readonly durationS?: number;
  };
}

/** A member that was proven to have broken the rules. */
export interface Expelled {
  /** As the proof named it; of an equivocation it need not be on record. */
  readonly round: RoundNumber;
  readonly account: Address;
  readonly kind: ProofKind;
  /** Absent where the record does not say. */
  readonly prover?: Address;
  /** Whether it signed, or made, a proposal that was struck. */
  readonly struck: boolean;
  /** Where it was recorded. */
  readonly blockNumber: number;
  /** Seconds since 1970; present where the events carry their time. */
  readonly timestampS?: number;
  /** The bond it lost. */
  readonly amountWei: bigint;
  /** The prover's part of all that the proof took. */
  readonly rewardWei?: bigint;
}

/** A hash on the task's record. */
export interface RecordEntry {
  readonly author: Address;
  /** 1 approval, 2 incident; others are their authors'. */
  readonly kind: number;
  readonly hash: Bytes32;
  readonly blockNumber: number;
  readonly timestampS?: number;
}

/** Puts the parts of an audit together. */
export function concludeAudit(parts: {
  readonly input: AuditInput;
  readonly record: TaskRecord;
  readonly task: TaskCheck;
  readonly rounds: readonly RoundVerdict[];
  readonly sample: RoundSample | undefined;
  readonly finalModel: { readonly root: Bytes32; readonly lanes: Int32Array } | undefined;
}): AuditReport {
  const { input, record, task, rounds, sample, finalModel } = parts;
  const { created } = record;
  const findings = [...record.findings, ...task.findings, ...rounds.flatMap((round) => round.findings)];
  const told = verdictOf(findings);
  const verdict = told === "verified" && rounds.some((round) => round.verdict === "unchecked") ? "unchecked" : told;
  const privacy = task.spec && privacyOf(task.spec, created.rules, record);
  const results = record.rounds.filter(({ phase, isVoid }) => phase === "accepted" && !isVoid);
  const finalModelRoot = results.at(-1)?.proposal?.modelRoot ?? created.modelRoot;
  const finality = finalityOf(
    record,
    results.map(({ ended }) => ended as EventOf<"RoundAccepted">),
    input.nowS,
  );
  return {
    chainId: Number(input.chainId),
    federation: input.federation,
    task: {
      taskId: record.taskId,
      creator: created.creator,
      rules: created.rules,
      access: created.access,
      specText: created.spec,
      ...(task.spec && { spec: task.spec }),
      initialModelRoot: created.modelRoot,
      participants: record.participants,
      aggregators: record.aggregators,
    },
    rounds,
    ...(privacy && { privacy }),
    expelled: record.expelled.map(expelledOf),
    statements: record.statements
      .filter(({ statement }) => statement !== zeroBytes32)
      .map(({ participant, statement }) => ({ participant, statement })),
    recorded: record.recorded.map(({ author, kind, hash, blockNumber, timestampS }) => ({
      ...{ author, kind, hash, blockNumber },
      ...(timestampS !== undefined && { timestampS }),
    })),
    openedPairs: openedPairs(created.rules, record.rounds),
    findings,
    verdict,
    exitCode: verdict === "verified" && input.requireFinal && !finality.final ? 4 : exitCodeOf(verdict),
    ...finality,
    timesCompared: record.timesCompared,
    historyHead: record.historyHead,
    storageCompared: input.storedState !== undefined && record.isBound,
    isBound: record.isBound,
    ...(input.evidence && { evidence: input.evidence }),
    ...(sample && {
      sample: {
        rounds: [...sample.rounds].sort((a, b) => a - b),
        of: sample.of,
        missProbability: sample.missProbability,
      },
    }),
    finalModelRoot,
    ...(finalModel && hexEquals(finalModel.root, finalModelRoot) && { finalModelLanes: finalModel.lanes }),
    totals: totalsOf(rounds, results.length),
  };
}

function finalityOf(
  { accepted, created }: TaskRecord,
  ends: readonly EventOf<"RoundAccepted">[],
  nowS: number | undefined,
): Pick<AuditReport, "complete" | "finalFromS" | "final"> {
  const complete = accepted >= created.rules.rounds;
  if (ends.length === 0) return { complete, final: false };
  const finalFromS = 1 + Math.max(...ends.map(({ provableUntilS }) => provableUntilS));
  return { complete, finalFromS, final: complete && nowS !== undefined && nowS >= finalFromS };
}

function expelledOf({ event, prover, strike, rewardWei }: ExpelledRecord): Expelled {
  const { round, account, kind, amountWei, blockNumber, timestampS } = event;
  return {
    ...{ round, account, kind, amountWei, blockNumber },
    struck: strike !== undefined,
    ...(prover && { prover }),
    ...(timestampS !== undefined && { timestampS }),
    ...(rewardWei !== undefined && { rewardWei }),
  };
}

function totalsOf(rounds: readonly RoundVerdict[], accepted: number): AuditReport["totals"] {
  const sum = (value: (round: RoundVerdict) => number): number =>
    rounds.reduce((total, each) => total + value(each), 0);
  const all = rounds.filter(({ phase }) => phase === "accepted").length;
  return {
    accepted,
    void: all - accepted,
    invalid: rounds.filter(({ phase }) => phase === "invalid").length,
    updates: sum(({ updates }) => updates.length),
    bytesChecked: sum(({ bytesChecked }) => bytesChecked),
    ...(rounds.some(({ gas }) => gas) && { gas: sum(({ gas }) => gas?.total ?? 0) }),
    ...(rounds.some(({ durationS }) => durationS !== undefined) && {
      durationS: sum(({ durationS }) => durationS ?? 0),
    }),
  };
}

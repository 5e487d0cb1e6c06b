import type { Deployment } from "../core/commitment.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address, Bytes32, RoundNumber, TaskId } from "../core/ids.ts";
import type { Access, MisconductKind, TaskRules } from "../core/records.ts";
import type { TaskSpec } from "../core/task-spec.ts";
import type { StoredState } from "./check-storage.ts";
import type { TaskCheck } from "./check-task.ts";
import { exitCodeOf, type Finding, type Verdict, verdictOf } from "./findings.ts";
import { type PrivacyReport, privacyOf } from "./privacy-spent.ts";
import type { RoundVerdict } from "./round-verdict.ts";
import type { RoundSample } from "./sample-rounds.ts";
import type { MisconductRecord, TaskRecord } from "./task-record.ts";

/** What an audit came to. */
export interface AuditReport {
  readonly chainId: number;
  readonly federation: Address;
  readonly task: {
    readonly taskId: TaskId;
    readonly creator: Address;
    readonly rules: TaskRules;
    /** Who may enrol; absent where everybody with the role may. */
    readonly access?: Access;
    /** The specification's text as it is on the chain. */
    readonly specText: string;
    /** Absent when the text is not a valid specification. */
    readonly spec?: TaskSpec;
    readonly initialModelRoot: Bytes32;
    /** Accounts that had a place at any time. */
    readonly participants: readonly Address[];
  };
  readonly rounds: readonly RoundVerdict[];
  /** What each participant has spent of its privacy budget; absent in a task without noise. */
  readonly privacy?: PrivacyReport;
  /** Participants proven to have broken the rules, in the order of the chain: what the record is there to show, no findings. */
  readonly misconduct: readonly Misconduct[];
  /** All findings: of the task as a whole first, then round by round. */
  readonly findings: readonly Finding[];
  /** `verified`: no finding. Under sampling this speaks of the record and of the rounds drawn. */
  readonly verdict: Verdict;
  readonly exitCode: 0 | 3 | 4;
  /** Whether all rounds of the task have ended. */
  readonly complete: boolean;
  /** Head of the history as the events hash to it. */
  readonly historyHead: Bytes32;
  /** Whether the contract's storage was compared with the events. */
  readonly storageCompared: boolean;
  /** Present when only some rounds' bytes were looked at. */
  readonly sample?: { readonly rounds: readonly number[]; readonly of: number; readonly missProbability: number };
  readonly finalModelRoot: Bytes32;
  /** The last final model; present when it was recomputed or its recorded bytes were had. */
  readonly finalModelLanes?: Int32Array;
  readonly totals: {
    readonly finalized: number;
    readonly invalidated: number;
    readonly updates: number;
    readonly bytesChecked: number;
    /** Present where the events carry gas. */
    readonly gas?: number;
    readonly durationS?: number;
  };
}

/** A proven misconduct. */
export interface Misconduct {
  /** As the report named it; of an equivocation it need not be on record. */
  readonly round: RoundNumber;
  readonly participant: Address;
  readonly reporter: Address;
  readonly kind: MisconductKind;
  /** Where it was recorded. */
  readonly blockNumber: number;
  /** Seconds since 1970; present where the events carry their time. */
  readonly timestampS?: number;
  /** What it cost: the bond taken, and the reporter's part of it; absent in a task without bonds of participants. */
  readonly slashedWei?: bigint;
  readonly rewardWei?: bigint;
}

function misconductOf({ event, slashed }: MisconductRecord): Misconduct {
  const { round, participant, reporter, kind, blockNumber, timestampS } = event;
  return {
    round,
    participant,
    reporter,
    kind,
    blockNumber,
    ...(timestampS !== undefined && { timestampS }),
    ...(slashed && { slashedWei: slashed.amountWei, rewardWei: slashed.rewardWei }),
  };
}

/** Puts the parts of an audit together. */
export function concludeAudit(parts: {
  readonly input: Deployment;
  readonly record: TaskRecord;
  readonly task: TaskCheck;
  readonly rounds: readonly RoundVerdict[];
  readonly sample: RoundSample | undefined;
  readonly storedState: StoredState | undefined;
  readonly finalModel: { readonly root: Bytes32; readonly lanes: Int32Array } | undefined;
}): AuditReport {
  const { input, record, task, rounds, sample, finalModel } = parts;
  const { created } = record;
  const findings = [...record.findings, ...task.findings, ...rounds.flatMap((round) => round.findings)];
  const told = verdictOf(findings);
  const verdict = told === "verified" && rounds.some((round) => round.verdict === "unchecked") ? "unchecked" : told;
  const privacy = task.spec && privacyOf(task.spec, created.rules, record);
  const finalModelRoot =
    rounds.findLast(({ phase, modelRoot }) => phase === "finalized" && modelRoot)?.modelRoot ?? created.modelRoot;
  return {
    chainId: Number(input.chainId),
    federation: input.federation,
    task: {
      taskId: record.taskId,
      creator: created.creator,
      rules: created.rules,
      ...(record.access && { access: record.access }),
      specText: created.spec,
      ...(task.spec && { spec: task.spec }),
      initialModelRoot: created.modelRoot,
      participants: record.participants,
    },
    rounds,
    ...(privacy && { privacy }),
    misconduct: record.misconduct.map(misconductOf),
    findings,
    verdict,
    exitCode: exitCodeOf(verdict),
    complete: record.rounds.length === created.rules.rounds && record.rounds.every(({ ended }) => ended !== undefined),
    historyHead: record.historyHead,
    storageCompared: parts.storedState !== undefined,
    ...(sample && {
      sample: {
        rounds: [...sample.rounds].sort((a, b) => a - b),
        of: sample.of,
        missProbability: sample.missProbability,
      },
    }),
    finalModelRoot,
    ...(finalModel && hexEquals(finalModel.root, finalModelRoot) && { finalModelLanes: finalModel.lanes }),
    totals: totalsOf(rounds),
  };
}

function totalsOf(rounds: readonly RoundVerdict[]): AuditReport["totals"] {
  const sum = (value: (round: RoundVerdict) => number): number =>
    rounds.reduce((total, each) => total + value(each), 0);
  return {
    finalized: rounds.filter(({ phase }) => phase === "finalized").length,
    invalidated: rounds.filter(({ phase }) => phase === "invalidated").length,
    updates: sum(({ updates }) => updates.length),
    bytesChecked: sum(({ bytesChecked }) => bytesChecked),
    ...(rounds.some(({ gas }) => gas) && { gas: sum(({ gas }) => gas?.total ?? 0) }),
    ...(rounds.some(({ durationS }) => durationS !== undefined) && {
      durationS: sum(({ durationS }) => durationS ?? 0),
    }),
  };
}

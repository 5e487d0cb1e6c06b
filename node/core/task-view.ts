import type { Address, Bytes32, RoundNumber, TaskId } from "./ids.ts";
import type { ChallengeKind, Commitment, Evaluation, InvalidReason, Phase, Proposal, TaskRules } from "./records.ts";

/** A round as its events tell it. */
export interface RoundView {
  readonly round: RoundNumber;
  readonly phase: Phase;
  readonly baseModelRoot: Bytes32;
  readonly seed: bigint;
  /** Places n when the round opened. */
  readonly enrolled: number;
  /** Participants drawn: those whose slot is below it. */
  readonly drawn: number;
  readonly openedAtBlock: number;
  readonly commitDeadlineS: number;
  /** In the order of the chain. */
  readonly commitments: readonly Commitment[];
  /** Sum of the committed weights. */
  readonly totalWeight: bigint;
  /** The latest assignment; absent before the closing. */
  readonly assignment?: { readonly attempt: number; readonly aggregator: Address; readonly deadlineS: number };
  /** The latest proposal; absent before it, and again after a reassignment or a won challenge. */
  readonly proposal?: Proposal & { readonly hash: Bytes32; readonly challengeDeadlineS: number };
  /** Proposals that were proven wrong, in the order of the chain; absent while there is none. */
  readonly refuted?: readonly {
    readonly attempt: number;
    readonly aggregator: Address;
    readonly challenger: Address;
    readonly kind: ChallengeKind;
  }[];
  /** Present once final. */
  readonly result?: {
    readonly modelRoot: Bytes32;
    readonly attesters: readonly Address[];
    readonly evaluations: readonly Evaluation[];
  };
  /** Present once invalid. */
  readonly invalidReason?: InvalidReason;
}

/** A task as its events tell it: the fold of its history. */
export interface TaskView {
  readonly taskId: TaskId;
  readonly creator: Address;
  readonly rules: TaskRules;
  /** What each assigned aggregator answers with; absent in a task without a bond. */
  readonly bondWei?: bigint;
  /** The specification's canonical JSON. */
  readonly spec: string;
  readonly initialModelRoot: Bytes32;
  /** Root of the last final model. */
  readonly modelRoot: Bytes32;
  /** Content id of the last final model's blob; absent while it is the initial model, which everyone computes. */
  readonly modelContentId?: Bytes32;
  /** Participants by place; `leaving` ones can no longer commit. */
  readonly enrolled: readonly { readonly participant: Address; readonly leaving: boolean }[];
  /** All rounds, the current one last. */
  readonly rounds: readonly RoundView[];
  readonly historyHead: Bytes32;
  /** Whether all rounds have ended. */
  readonly complete: boolean;
}

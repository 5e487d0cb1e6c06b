import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "./ids.ts";
import type {
  Access,
  Advertisement,
  ChallengeKind,
  Commitment,
  Demand,
  Evaluation,
  InvalidReason,
  MisconductKind,
  Phase,
  Proposal,
  ProvenChunk,
  TaskRules,
} from "./records.ts";

/** A demand as its events tell it. */
export interface DemandView {
  readonly id: Bytes32;
  readonly demander: Address;
  readonly demand: Demand;
  readonly deadlineS: number;
  /** Present once it was answered. */
  readonly shown?: { readonly chunk: ProvenChunk } | { readonly nodes: readonly Bytes32[] };
  /** Whether it is neither answered nor given back nor the ground of a strike. */
  readonly open: boolean;
}

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
  /** In the order of the chain, all before the commitments; absent while there is none. */
  readonly advertisements?: readonly Advertisement[];
  /** In the order of the chain. */
  readonly commitments: readonly Commitment[];
  /** Sum of the committed weights. */
  readonly totalWeight: bigint;
  /** What binds the advertisements and commitments so far: the opening's, extended by each (docs/protocol.md section 5). */
  readonly accumulator: Bytes32;
  /** The latest assignment; absent before the closing. */
  readonly assignment?: { readonly attempt: number; readonly aggregator: Address; readonly deadlineS: number };
  /** What the proposal of the next event comes with, in a masked or encrypted task; absent at all other times. */
  readonly opened?: { readonly attempt: number; readonly openings: Hex };
  /** The latest proposal; absent before it, and again after a reassignment or a won challenge. `openings`: what it came with, in a masked or encrypted task. */
  readonly proposal?: Proposal & {
    readonly hash: Bytes32;
    readonly challengeDeadlineS: number;
    readonly openings?: Hex;
  };
  /** Proposals that were proven wrong, in the order of the chain; absent while there is none. */
  readonly refuted?: readonly {
    readonly attempt: number;
    readonly aggregator: Address;
    readonly challenger: Address;
    readonly kind: ChallengeKind;
  }[];
  /** Demands against its proposals, in the order of the chain; absent while there is none. */
  readonly demands?: readonly DemandView[];
  /** Bitmap of the slots whose update was demanded and not shown; absent while there is none. */
  readonly withheld?: bigint;
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
  /** Who may enrol; absent where everybody with the participant's role may. */
  readonly access?: Access;
  /** The specification's canonical JSON. */
  readonly spec: string;
  readonly initialModelRoot: Bytes32;
  /** Root of the last final model. */
  readonly modelRoot: Bytes32;
  /** Content id of the last final model's blob; absent while it is the initial model, which everyone computes. */
  readonly modelContentId?: Bytes32;
  /** Participants by place; `leaving` ones can no longer commit. */
  readonly enrolled: readonly { readonly participant: Address; readonly leaving: boolean }[];
  /** Participants that were proven to have broken the rules, in the order of the chain; absent while there is none. */
  readonly misconduct?: readonly {
    readonly round: RoundNumber;
    readonly participant: Address;
    readonly reporter: Address;
    readonly kind: MisconductKind;
  }[];
  /** All rounds, the newest last; in a pipelined task the one before it may be in flight, too. */
  readonly rounds: readonly RoundView[];
  readonly historyHead: Bytes32;
  /** Whether all rounds have ended. */
  readonly complete: boolean;
}

/** Whether a round has ended. */
export function hasEnded({ phase }: Pick<RoundView, "phase">): boolean {
  return phase === "finalized" || phase === "invalidated";
}

/** The rounds that have not ended, oldest first: at most two. */
export function roundsInFlight({ rounds }: Pick<TaskView, "rounds">): readonly RoundView[] {
  return rounds.slice(-2).filter((round) => !hasEnded(round));
}

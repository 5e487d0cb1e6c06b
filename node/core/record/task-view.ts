import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "../ids.ts";
import type { Access, Advertisement, Commitment, Phase, ProofKind, Proposal, Reason, TaskRules } from "../records.ts";

/** A round as its events tell it. */
export interface RoundView {
  readonly round: RoundNumber;
  readonly phase: Phase;
  readonly baseModelRoot: Bytes32;
  /** Randomness of the draw, 64 bits; 0 where everybody is drawn. */
  readonly seed: bigint;
  /** Participants' places when the round opened. */
  readonly enrolled: number;
  /** Participants drawn: those whose slot is below it. */
  readonly drawn: number;
  /** Aggregators' places when the round opened. */
  readonly aggregators: number;
  readonly openedAtBlock: number;
  /** Head of the task's history at the opening, which the start value binds. */
  readonly headAtOpening: Bytes32;
  /** Of the round's opening, seconds since 1970; absent where the reader did not ask for it. */
  readonly openedAtS?: number;
  /** The block that draws; 0 where everybody is drawn. */
  readonly drawBlock: number;
  /** Number of accepted rounds, void ones not counted, before this one. */
  readonly acceptedBefore: number;
  /** 0 until there is a draw. */
  readonly commitDeadlineS: number;
  /** Zero until there is a draw. */
  readonly start: Bytes32;
  /** The start value, extended by each advertisement. */
  readonly anchor: Bytes32;
  /** In the order of the chain, with their signatures, all before the commitments; absent while there is none. */
  readonly advertisements?: readonly (Advertisement & { readonly signature: Hex })[];
  /** In the order of the chain. */
  readonly commitments: readonly Commitment[];
  /** Sum of the committed weights. */
  readonly totalWeight: bigint;
  /** The anchor, extended by each commitment. */
  readonly accumulator: Bytes32;
  /** The latest assignment; absent before the closing. */
  readonly assignment?: {
    readonly attempt: number;
    readonly aggregator: Address;
    readonly place: number;
    readonly count: number;
    readonly deadlineS: number;
  };
  /** The latest proposal; absent before it, and again after another assignment. */
  readonly proposal?: Proposal & {
    readonly hash: Bytes32;
    readonly attestDeadlineS: number;
    /** Of no bytes in transparent tasks. */
    readonly openings: Hex;
  };
  /**
   * Proposals that were proven wrong, the accepted one included, in the order of the chain; absent while there is none.
   */
  readonly struck?: readonly {
    readonly attempt: number;
    readonly aggregator: Address;
    readonly prover: Address;
    readonly kind: ProofKind;
    readonly index: number;
    /** Of the proposal. */
    readonly hash: Bytes32;
  }[];
  /** Bitmap of the slots whose participant was expelled since it committed; absent while there is none. */
  readonly expelled?: bigint;
  /** Present once accepted. */
  readonly result?: {
    readonly modelRoot: Bytes32;
    readonly attesters: readonly Address[];
    /** Last second at which a proof against it counts. */
    readonly provableUntilS: number;
  };
  /** Whether a roll-back made it void; absent where none did. */
  readonly void?: true;
  /** Present once invalid. */
  readonly invalidReason?: Reason;
}

/** A place in a task. */
export interface PlaceView {
  readonly account: Address;
  /** Commits or proposes no more; its place is freed between rounds. */
  readonly leaving: boolean;
}

/** A place that was left: where it is in its list, from 0. */
export interface LeftPlace {
  /** Whether it is in the list of aggregators. */
  readonly ofAggregator: boolean;
  readonly index: number;
}

/** A call some of whose events are folded, and others follow. */
export type UnfinishedCall =
  /** So many places are freed in all, of which those of these accounts are told yet, in their order. */
  | {
      readonly call: "free-places";
      readonly count: number;
      readonly rest: readonly Address[];
      /** What is left to be freed by other calls. */
      readonly leavers: readonly LeftPlace[];
    }
  /** A proposal of a round was struck. */
  | {
      readonly call: "strike";
      readonly round: RoundNumber;
      readonly kind: ProofKind;
      readonly index: number;
      /** Of the proposal. */
      readonly proposalHash: Bytes32;
      readonly offender: Address;
      /** Whether rounds become void by it. */
      readonly rollsBack: boolean;
      /** Those rounds, once the chain told them. */
      readonly rolledBack?: { readonly firstRound: RoundNumber; readonly lastRound: RoundNumber };
    }
  /** An account was expelled, apart from any strike. */
  | {
      readonly call: "expel";
      readonly round: RoundNumber;
      readonly account: Address;
      readonly kind: ProofKind;
    };

/** A task as its events tell it: the fold of its history. */
export interface TaskView {
  readonly taskId: TaskId;
  readonly creator: Address;
  readonly rules: TaskRules;
  /** Who may take part; empty lists and 0 for everybody with the role. */
  readonly access: Access;
  /** The specification's canonical JSON. */
  readonly spec: string;
  readonly initialModelRoot: Bytes32;
  /** Root of the model of the last accepted round that is not void. */
  readonly modelRoot: Bytes32;
  /** Content id of that model's blob; absent while it is the initial model, which everyone computes. */
  readonly modelContentId?: Bytes32;
  /** Participants by place. */
  readonly enrolled: readonly (PlaceView & { readonly statement: Bytes32 })[];
  /** Aggregators by place; an idle one missed its last turn. */
  readonly joined: readonly (PlaceView & { readonly idle: boolean })[];
  /** Places that are to be freed, in the order in which they were left; there may be some that are free already. */
  readonly leavers: readonly LeftPlace[];
  /**
   * The share key that an account set by itself, as it stands in the event: its newest, an advertisement behind it
   * takes the entry away.
   */
  readonly shareKeys: ReadonlyMap<Address, Hex>;
  /** Accounts whose place was freed and that have taken none since; absent while none was. */
  readonly left?: readonly Address[];
  /** Accounts that were expelled, in the order of the chain; absent while there is none. */
  readonly expelled?: readonly {
    readonly round: RoundNumber;
    readonly account: Address;
    readonly kind: ProofKind;
    readonly amountWei: bigint;
  }[];
  /** What members put on the record, in the order of the chain; absent while there is nothing. */
  readonly recorded?: readonly { readonly author: Address; readonly kind: number; readonly hash: Bytes32 }[];
  /** All rounds, the newest last. */
  readonly rounds: readonly RoundView[];
  /** Accepted rounds that are not void. */
  readonly accepted: number;
  /** The head that the history began with: which task this is. */
  readonly firstHead: Bytes32;
  /** Reckoned by the fold from all events (contracts/interfaces/ITasks.sol): what the contract must store. */
  readonly historyHead: Bytes32;
  /** What the next events finish, of a call that says several; absent between calls. */
  readonly unfinished?: UnfinishedCall;
  /** Whether the task has its accepted rounds. It is final when the last one's window has passed, too. */
  readonly complete: boolean;
}

/** Whether a round has ended. */
export function hasEnded({ phase }: Pick<RoundView, "phase">): boolean {
  return phase === "accepted" || phase === "invalid";
}

/** The round that has not ended; undefined where none is in flight. */
export function roundInFlight({ rounds }: Pick<TaskView, "rounds">): RoundView | undefined {
  const newest = rounds.at(-1);
  return newest === undefined || hasEnded(newest) ? undefined : newest;
}

/** Whether a proof against an accepted round counts at this time: until the end of its window, void or not. */
export function isProvable({ result }: Pick<RoundView, "result">, nowS: number): boolean {
  return result !== undefined && nowS <= result.provableUntilS;
}

/** The second from which all accepted rounds that are not void are final; 0 where there is none. */
export function finalFromS({ rounds }: Pick<TaskView, "rounds">): number {
  const ends = rounds.filter((round) => !round.void).map(({ result }) => result?.provableUntilS ?? -1);
  return ends.reduce((latest, end) => Math.max(latest, end + 1), 0);
}

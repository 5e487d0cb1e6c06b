import type { Address, RoundNumber } from "../../node/core/ids.ts";
import type { RoundView, TaskView } from "../../node/core/record/task-view.ts";
import type { ProofKind, TaskRules } from "../../node/core/records.ts";
import type { CorruptAggregator, CorruptParticipant, Lie } from "../support/malicious/lie.ts";

/** The round in which liars lie: the first model is accepted by then, and another round follows. */
export const lyingRound: RoundNumber = 2;

/** How an attack must end, beside a finished task, a clean audit, and the honest run's model. */
export interface Ending {
  /**
   * What is proven against the proposal on the chain, and costs the aggregator its bond; absent where nothing can be
   * proven.
   */
  readonly struck?: ProofKind;
  /**
   * What is proven against the participant apart from any proposal, and costs it its bond and its place; absent where
   * nothing is.
   */
  readonly misconduct?: ProofKind;
  /** Why another aggregator takes over; absent where none does. */
  readonly takeover?: "proof" | "deadline";
  /** Whether the lying participant's update of the round must be left out. */
  readonly leftOut?: true;
  /** Whether the wrong model was accepted, and became void with the proof. */
  readonly rolledBack?: true;
  /** Whether the participant's secrets of the round must stay hidden. */
  readonly hidden?: true;
}

/** What is known of a running attack, to say whether only time can move the round on. */
export interface Standstill {
  readonly view: TaskView;
  /** The round of the lie. */
  readonly round: RoundView;
  /** The chain's time. */
  readonly nowS: number;
  readonly lies: readonly Lie[];
  readonly liars: Liars;
}

/**
 * Who lies where the attack says so: the aggregator whose turn is the round of the lie, a participant, and the
 * aggregator's friends.
 */
export interface Liars {
  readonly aggregator: Address;
  readonly participant: Address;
  readonly friends: readonly Address[];
}

/** The deadline that everybody waits for, seconds of the chain's time, when nothing else can happen. */
export type WaitsFor = (standstill: Standstill) => number | undefined;

/** One attack: who lies and how, and how that must end. */
export interface Attack {
  readonly name: string;
  readonly summary: string;
  readonly aggregator?: CorruptAggregator;
  /** Takes no part in the rounds after its lie, so that what it costs does not hang on when it is caught. */
  readonly participant?: CorruptParticipant;
  /** How many participants let the lying aggregator attest in their names, and prove nothing. */
  readonly friends?: number;
  /** How the JSON-RPC endpoint of one participant lies to it; the task then has one round, that of the lie. */
  readonly endpoint?: "split-view" | "swapped-keys";
  readonly mode?: "masked";
  readonly rules?: Partial<TaskRules>;
  readonly ending: Ending;
  /** The runner moves the clock beyond what this names, so that nobody has to wait for it. */
  readonly waitsFor?: WaitsFor;
}

/** The round in which an attack's liars lie. */
export function roundOfLie(attack: Attack | undefined): RoundNumber {
  return attack?.endpoint === undefined ? lyingRound : 1;
}

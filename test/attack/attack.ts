import type { Address, RoundNumber } from "../../node/core/ids.ts";
import type { ChallengeKind, MisconductKind, TaskRules } from "../../node/core/records.ts";
import type { RoundView, TaskView } from "../../node/core/task-view.ts";
import type { CorruptAggregator, CorruptParticipant, Lie } from "../support/malicious/lie.ts";

/** The round in which liars lie: the first model is final by then, and another round follows. */
export const lyingRound: RoundNumber = 2;

/** How an attack must end, beside a finished task, a clean audit, and the honest run's model. */
export interface Ending {
  /** What is proven against the proposal on the chain, and costs the aggregator its bond; absent where nothing can be proven. */
  readonly challenge?: ChallengeKind;
  /** What is proven against the participant on the chain, and costs it its bond and its place; absent where nothing is. */
  readonly misconduct?: MisconductKind;
  /** Why another aggregator takes over; absent where none does. */
  readonly takeover?: "challenge" | "deadline";
  /** Whether the lying participant's update of the round must be left out. */
  readonly leftOut?: true;
  /** The round that was opened on the lie and must fall with it; the honest run is then one in which nobody commits in that round. */
  readonly fallen?: RoundNumber;
}

/** What is known of a running attack, to say whether only time can move the round on. */
export interface Standstill {
  readonly view: TaskView;
  /** The round of the lie. */
  readonly round: RoundView;
  /** The chain's time. */
  readonly nowS: number;
  readonly lies: readonly Lie[];
  readonly liars: { readonly aggregator: Address; readonly participant: Address };
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
  readonly rules?: Partial<TaskRules>;
  readonly ending: Ending;
  /** The runner moves the clock beyond what this names, so that nobody has to wait for it. */
  readonly waitsFor?: WaitsFor;
}

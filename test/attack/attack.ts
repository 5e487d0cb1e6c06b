import type { Address, RoundNumber } from "../../node/core/ids.ts";
import type { ChallengeKind, TaskRules } from "../../node/core/records.ts";
import type { RoundView } from "../../node/core/task-view.ts";
import type { CorruptAggregator, CorruptParticipant, Lie } from "../support/malicious/lie.ts";

/** The round in which liars lie: the first model is final by then, and another round follows. */
export const lyingRound: RoundNumber = 2;

/** How an attack must end, beside a finished task, a clean audit, and the honest run's model. */
export interface Ending {
  /** What is proven on the chain, and costs the aggregator its bond; absent where nothing can be proven. */
  readonly challenge?: ChallengeKind;
  /** Why another aggregator takes over; absent where none does. */
  readonly takeover?: "challenge" | "deadline";
  /** Whether the lying participant's update of the round must be left out: the honest run is then the one without it. */
  readonly leftOut?: true;
}

/** What is known of a running attack, to say whether only time can move the round on. */
export interface Standstill {
  readonly round: RoundView;
  readonly lies: readonly Lie[];
  readonly liars: { readonly aggregator: Address; readonly participant: Address };
  /** Participants that recomputed the standing proposal and do not attest. */
  readonly disputing: ReadonlySet<string>;
  readonly participants: number;
}

/** One attack: who lies and how, and how that must end. */
export interface Attack {
  readonly name: string;
  readonly summary: string;
  readonly aggregator?: CorruptAggregator;
  readonly participant?: CorruptParticipant;
  readonly rules?: Partial<TaskRules>;
  readonly ending: Ending;
  /** The deadline that everybody waits for, seconds of the chain's time, when nothing else can happen: the runner moves the clock beyond it. */
  readonly waitsFor?: (standstill: Standstill) => number | undefined;
}

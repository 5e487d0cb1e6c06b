import type { TaskRules } from "../../../node/core/records.ts";
import type { PrivacySpec } from "../../../node/core/task/privacy-spec.ts";
import type { Progress } from "../../../node/rounds/progress/progress.ts";

/** Something that goes wrong, at a second after the start. */
export type Fault =
  /** The process dies at its n-th call outside and comes back later (never: without `backAfterS`). */
  | {
      readonly kind: "crash";
      readonly node: number;
      readonly atCall: number;
      readonly afterEffect: boolean;
      readonly backAfterS?: number;
    }
  | { readonly kind: "cut"; readonly atS: number; readonly forS: number; readonly nodes: readonly number[] }
  | { readonly kind: "reorganise"; readonly atS: number; readonly depth: number }
  /** The participant never trains to an end. */
  | { readonly kind: "mute"; readonly node: number }
  /** The participant dies for good right after its n-th commitment, and its blobs with it. */
  | { readonly kind: "vanish"; readonly node: number; readonly afterCommits: number }
  | { readonly kind: "slow"; readonly node: number; readonly durationMs: number }
  /** The process is killed at this time and comes back later. */
  | { readonly kind: "kill"; readonly node: number; readonly atS: number; readonly backAfterS: number }
  /** The participant is killed once when its commitment is on its way, and comes back later. */
  | { readonly kind: "dies-committing"; readonly node: number; readonly backAfterS: number }
  /** The participant dies for good right after it has dealt the first group key of the task, and its blobs with it. */
  | { readonly kind: "dies-dealing"; readonly node: number }
  /** The node dies when it tells of this step of this round, and comes back later (never: without `backAfterS`). */
  | {
      readonly kind: "dies-at";
      readonly node: number;
      readonly step: Progress["kind"];
      readonly round: number;
      readonly backAfterS?: number;
    }
  /** The aggregator dies for good as soon as it sees that it is assigned. */
  | { readonly kind: "dies-assigned"; readonly node: number }
  | Lie;

/** Somebody who does not play fair. */
export type Lie =
  /** The aggregator proposes another model than the updates give. */
  | { readonly kind: "liar"; readonly node: number }
  /** The same, and it shows its model to nobody. */
  | { readonly kind: "hider"; readonly node: number }
  /**
   * The participant attests whatever a liar proposes, and the liars' friends together bring it; `selfConvicts`: it
   * proves them wrong afterwards.
   */
  | { readonly kind: "colludes"; readonly node: number; readonly selfConvicts?: boolean }
  /** The participant commits to an update with a lane beyond the clip. */
  | { readonly kind: "invalid-update"; readonly node: number }
  /** The participant deals, where it is the first of the task to do so, a key that is not the one of its blob. */
  | { readonly kind: "false-key"; readonly node: number }
  /** The participant commits to bytes that nobody has, in the first round. */
  | { readonly kind: "false-update"; readonly node: number }
  /** The aggregator proposes another sum than that of the ciphertexts. */
  | { readonly kind: "false-sum"; readonly node: number };

/** A federation and what happens to it, all drawn from one seed. */
export interface Scenario {
  readonly participants: number;
  readonly aggregators: number;
  readonly rules: TaskRules;
  readonly faults: readonly Fault[];
  readonly loss: number;
  readonly outage: number;
  readonly inclusion: number;
  /** Whether participants sign their commitments for others to bring to the chain. */
  readonly batched?: boolean;
  /** The first round opens once so many participants are enrolled. */
  readonly openWhenEnrolled?: number;
  /** Whether the task's blobs are sealed to its members. */
  readonly sealed?: boolean;
  /** Whether inputs vanish so that what was accepted cannot be judged by anybody. */
  readonly hidden?: boolean;
  /** Noise of the task; none by default. */
  readonly privacy?: PrivacySpec;
}

const lies: readonly Fault["kind"][] = [
  ...(["liar", "hider", "colludes", "invalid-update", "false-key", "false-update", "false-sum"] as const),
];

/** Numbers of the nodes that do not play fair. */
export function liesOf({ faults }: Scenario): ReadonlySet<number> {
  return new Set(faults.flatMap((fault) => (lies.includes(fault.kind) && "node" in fault ? [fault.node] : [])));
}

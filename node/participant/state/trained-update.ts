import type { Bytes32, RoundNumber } from "../../core/ids.ts";
import type { RoundView } from "../../core/record/task-view.ts";

/** An update that was trained, stored and written to the journal. */
export interface TrainedUpdate {
  readonly round: RoundNumber;
  readonly baseModelRoot: Bytes32;
  readonly updateRoot: Bytes32;
  readonly contentId: Bytes32;
  readonly weight: number;
  /** Of an encrypted round: names the group key that it is encrypted under. */
  readonly sharesId?: Bytes32;
}

/** Names the frozen commitments of a round. */
export function closedKey({ round, accumulator }: Pick<RoundView, "round" | "accumulator">): string {
  return `${round}:${accumulator}`;
}

/** How many facts of a kind are kept: those of the newest rounds, and those that a reorganisation brings back. */
const latest = 8;

/**
 * The map with one more entry, and without the oldest where they are too many: a reorganisation brings back only late
 * ones.
 */
export function remembered<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return new Map([...[...map].filter(([other]) => other !== key), [key, value] as const].slice(-latest));
}

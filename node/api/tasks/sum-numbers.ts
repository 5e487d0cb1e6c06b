import { FedledgerError } from "../../core/errors/error.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import type { Mode } from "../../core/records.ts";

/** More fraction bits than these change no model that was measured. */
const mostFractionBits = 16;
/** So many examples count in full where nothing is said of weights. */
const usualExamples = 1000;
const mostWeight = 65_536;

/** How the numbers of an update are written in a task. */
export interface UpdateNumbers {
  readonly fractionBits: number;
  readonly clipLanes: number;
  readonly maxWeight: number;
}

/** The clip in lanes. */
export function lanesOfClip(clip: number, fractionBits: number): number {
  return Math.min(2 ** 31 - 1, Math.max(1, Math.round(clip * 2 ** fractionBits)));
}

/**
 * Numbers of a masked or encrypted task with which `maxUpdates · maxWeight · clipLanes` fits the modulus of its sums:
 * as many fraction bits, up to 16, as leave room for weights up to 1,000 or the one given, then weights as great as
 * fit, up to 65,536. What is given stays as it is.
 *
 * Throws INVALID_CONFIG, naming the greatest weight that fits, where what is given does not.
 */
export function fittingNumbers(given: {
  readonly mode: Mode;
  readonly maxUpdates: number;
  readonly clip: number;
  readonly fractionBits?: number | undefined;
  readonly maxWeight?: number | undefined;
}): UpdateNumbers {
  const { mode, maxUpdates, clip } = given;
  const limit = Number(modeOf(given).sumLimit);
  const most = limit - 1;
  const room = most / (maxUpdates * clip * (given.maxWeight ?? usualExamples));
  const fractionBits = given.fractionBits ?? Math.min(mostFractionBits, Math.max(1, Math.floor(Math.log2(room))));
  const clipLanes = lanesOfClip(clip, fractionBits);
  const fits = Math.floor(most / (maxUpdates * clipLanes));
  const maxWeight = given.maxWeight ?? Math.min(mostWeight, Math.max(1, fits));
  if (maxWeight > fits) {
    const advice =
      fits > 0
        ? `with ${maxUpdates} updates of ${fractionBits} fraction bits and a clip of ${clip}, --max-weight can be at most ${fits}`
        : `${maxUpdates} updates of ${fractionBits} fraction bits and a clip of ${clip} do not fit: lower --clip, --fraction-bits or --max-updates`;
    throw new FedledgerError("INVALID_CONFIG", {
      name: "--mode",
      reason: `a ${mode} task needs max-updates · max-weight · clip · 2^fraction-bits below 2^${Math.log2(limit)}: ${advice}`,
    });
  }
  return { fractionBits, clipLanes, maxWeight };
}

import { applyMean } from "../../aggregation/apply-mean.ts";
import { checkLength, checkRate, checkWeight } from "../../aggregation/check-arguments.ts";
import type { Aggregation, AggregationOptions } from "../../aggregation/rule.ts";
import { chunkLanes } from "../../core/bytes/chunk-tree.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { inSteps } from "../in-steps.ts";
import { addMasks, maskBlockLanes, type PreparedMasks, prepareMasks } from "./mask-stream.ts";
import { type ClosedRound, openedMasks } from "./round-masks.ts";

/**
 * What the mean of masked updates needs to know of its task and round; TaskRules fit in the place of the first three.
 */
export interface MaskedMeanOptions extends AggregationOptions {
  /** Greatest absolute value of a lane of an update. */
  readonly clipLanes: number;
  readonly round: ClosedRound;
  /**
   * 32 bytes for each slot that advertised: the survivors' seeds, then the dropped ones' secret keys, each ascending.
   */
  readonly openings: Uint8Array;
}

/** An aggregation of masked updates: every survivor's, each once. */
export interface MaskedMean extends Aggregation {
  /**
   * What `finish` returns, with the process's other work between its steps. Rejects as `finish` throws, and with the
   * signal's reason.
   */
  finishInSteps(base: Int32Array, signal?: AbortSignal): Promise<Int32Array>;
  /**
   * Lanes of the sum that were beyond ±(total weight · clipLanes), where all updates keep the clip none; known after
   * `finish`.
   */
  readonly cutLanes: number;
  /** The sum Σ w·q, cut to ±(total weight · clipLanes). Throws as `finish` does. */
  unmaskedSum(): Int32Array;
}

/**
 * The weighted mean of a masked round: `saturate32(θ + floorDiv(S · rate, W · 2^16))`, S the sum of the masked updates
 * without their masks, modulo 2^32, read as int32 and cut to ±W·clipLanes (docs/protocol/masks.md). Memory does not
 * grow with the number of updates or masks.
 *
 * Throws LENGTH_MISMATCH for openings of another length, MASK_KEY_INVALID for an opened key that is none,
 * INVALID_ARGUMENT; `add` as other aggregations; `finish` and `unmaskedSum` throw INVALID_ARGUMENT unless as many
 * updates were added as there are survivors.
 */
export function createMaskedMean(options: MaskedMeanOptions): MaskedMean {
  const { parameterCount, serverRateQ16, round } = options;
  checkRate(serverRateQ16);
  const masks = prepareMasks(openedMasks(round, options.openings));
  const masked = new Int32Array(parameterCount);
  let added = 0;
  let totalWeight = 0;
  let cutLanes = 0;

  function* blocks(take: (sums: Float64Array, start: number) => void): Generator<number> {
    checkAdded(added, round.surviving.length);
    const bound = totalWeight * options.clipLanes;
    cutLanes = 0;
    for (let start = 0; start < parameterCount; start += maskBlockLanes) {
      const lanes = masked.slice(start, start + maskBlockLanes);
      const sums = freed(lanes, masks, start, bound);
      // freed left the sum itself in the lanes
      for (let i = 0; i < lanes.length; i++) if (sums[i] !== lanes[i]) cutLanes++;
      take(sums, start);
      yield lanes.length * masks.length;
    }
  }
  const resultOn = (base: Int32Array) => {
    checkLength("base", base, parameterCount);
    const result = new Int32Array(parameterCount);
    const work = blocks((sums, start) => applyMean(result, base, sums, start, totalWeight, serverRateQ16));
    return { result, work };
  };
  return {
    get totalWeight() {
      return BigInt(totalWeight);
    },
    get cutLanes() {
      return cutLanes;
    },
    add(lanes, weight) {
      checkLength("lanes", lanes, parameterCount);
      checkWeight(weight);
      for (let i = 0; i < lanes.length; i++) masked[i]! += lanes[i]!;
      totalWeight += weight;
      added++;
    },
    finish(base) {
      const { result, work } = resultOn(base);
      for (const _ of work);
      return result;
    },
    async finishInSteps(base, signal) {
      const { result, work } = resultOn(base);
      await inSteps(work, signal);
      return result;
    },
    unmaskedSum() {
      const sum = new Int32Array(parameterCount);
      for (const _ of blocks((sums, start) => sum.set(sums, start)));
      return sum;
    },
  };
}

/**
 * Chunk `index` of the model of a masked round, as the contract recomputes it: 64 lanes, those behind the last
 * parameter zero.
 *
 * @param chunks.base of the base model, 64 lanes
 * @param chunks.updates the same chunk of every survivor's update
 * Throws as {@link createMaskedMean} does, and LENGTH_MISMATCH unless chunks have 64 lanes.
 */
export function maskedChunk(
  index: number,
  chunks: {
    readonly base: Int32Array;
    readonly updates: readonly { readonly lanes: Int32Array; readonly weight: number }[];
  },
  options: MaskedMeanOptions,
): Int32Array {
  const { parameterCount, serverRateQ16, round, clipLanes } = options;
  checkRate(serverRateQ16);
  checkLength("base", chunks.base, chunkLanes);
  checkAdded(chunks.updates.length, round.surviving.length);
  const lanes = new Int32Array(chunkLanes);
  let totalWeight = 0;
  for (const update of chunks.updates) {
    checkLength("lanes", update.lanes, chunkLanes);
    checkWeight(update.weight);
    for (let i = 0; i < chunkLanes; i++) lanes[i]! += update.lanes[i]!;
    totalWeight += update.weight;
  }
  const start = index * chunkLanes;
  const sums = freed(lanes, prepareMasks(openedMasks(round, options.openings)), start, totalWeight * clipLanes);
  const result = new Int32Array(chunkLanes);
  applyMean(result, chunks.base, sums, 0, totalWeight, serverRateQ16);
  return result.fill(0, Math.min(chunkLanes, parameterCount - start));
}

/** The lanes (modified) without the masks, cut to ±bound. */
function freed(lanes: Int32Array, masks: PreparedMasks, firstLane: number, bound: number): Float64Array {
  addMasks(lanes, masks, firstLane);
  return Float64Array.from(lanes, (lane) => Math.max(-bound, Math.min(bound, lane)));
}

function checkAdded(added: number, expected: number): void {
  if (added === expected && added > 0) return;
  throw new FedledgerError("INVALID_ARGUMENT", {
    name: "updates",
    value: added,
    expected: `${expected}, of every survivor`,
  });
}

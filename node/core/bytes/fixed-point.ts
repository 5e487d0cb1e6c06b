import { FedledgerError } from "../errors/error.ts";

/** An update as lanes, and how many of them were cut to the clip. */
export interface EncodedUpdate {
  readonly lanes: Int32Array;
  readonly clipped: number;
}

/**
 * Parameters as lanes: `floor(value * 2^fractionBits + 1/2)`, the nearest integer, ties upward.
 *
 * @param fractionBits 1 to 30
 * Throws NON_FINITE_PARAMETER, and PARAMETER_OUT_OF_RANGE where a lane does not fit int32.
 */
export function encodeParameters(values: Float32Array, fractionBits: number): Int32Array {
  const scale = scaleOf(fractionBits);
  const lanes = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const lane = Math.floor(values[i]! * scale + 0.5);
    // NaN fails both comparisons.
    if (!(lane >= -0x8000_0000 && lane <= 0x7fff_ffff)) throw refused(i, values[i]!, fractionBits);
    lanes[i] = lane;
  }
  return lanes;
}

/** Lanes as parameters: `lane / 2^fractionBits`, rounded to the nearest float32, ties to even. */
export function decodeLanes(lanes: Int32Array, fractionBits: number): Float32Array {
  const step = 1 / scaleOf(fractionBits);
  const values = new Float32Array(lanes.length);
  for (let i = 0; i < lanes.length; i++) values[i] = lanes[i]! * step;
  return values;
}

/**
 * The change from the global model to the local one: `floor((local - base / 2^f) * 2^f + 1/2)`, cut to ±clipLanes.
 *
 * @param local trained parameters, float32
 * @param base lanes of the model that training started from, same length
 * @param options.clipLanes greatest absolute value of a lane, 1 to 2^31 - 1
 * Throws LENGTH_MISMATCH, and NON_FINITE_PARAMETER for NaN and infinities.
 */
export function encodeUpdate(
  local: Float32Array,
  base: Int32Array,
  { fractionBits, clipLanes }: { readonly fractionBits: number; readonly clipLanes: number },
): EncodedUpdate {
  if (local.length !== base.length) {
    throw new FedledgerError("LENGTH_MISMATCH", { name: "local", actual: local.length, expected: base.length });
  }
  if (!Number.isInteger(clipLanes) || clipLanes < 1 || clipLanes > 0x7fff_ffff) {
    throw new FedledgerError("INVALID_ARGUMENT", { name: "clipLanes", value: clipLanes, expected: "1 to 2^31 - 1" });
  }
  const scale = scaleOf(fractionBits);
  const lanes = new Int32Array(local.length);
  let clipped = 0;
  for (let i = 0; i < local.length; i++) {
    // The scaling by a power of two is exact, so this is (local - base / 2^f) * 2^f in one rounding.
    const lane = Math.floor(local[i]! * scale - base[i]! + 0.5);
    if (Math.abs(lane) <= clipLanes) {
      lanes[i] = lane;
      continue;
    }
    if (!Number.isFinite(lane)) throw refused(i, local[i]!, fractionBits);
    lanes[i] = lane > 0 ? clipLanes : -clipLanes;
    clipped++;
  }
  return { lanes, clipped };
}

function scaleOf(fractionBits: number): number {
  if (!Number.isInteger(fractionBits) || fractionBits < 1 || fractionBits > 30) {
    throw new FedledgerError("INVALID_ARGUMENT", { name: "fractionBits", value: fractionBits, expected: "1 to 30" });
  }
  return 2 ** fractionBits;
}

function refused(index: number, value: number, fractionBits: number): FedledgerError {
  return Number.isFinite(value)
    ? new FedledgerError("PARAMETER_OUT_OF_RANGE", { index, value, fractionBits })
    : new FedledgerError("NON_FINITE_PARAMETER", { index, value });
}

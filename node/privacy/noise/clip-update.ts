import { FedledgerError } from "../../core/errors/error.ts";

/** An update within a norm, as lanes. */
export interface ClippedUpdate {
  /** Integers whose norm, computed exactly, is at most the one asked for. */
  readonly lanes: Int32Array;
  /** Norm before clipping, in lanes. */
  readonly normLanes: number;
  /** Whether the norm was within already. */
  readonly within: boolean;
}

/** What a clipping works to. */
export interface ClipOptions {
  readonly fractionBits: number;
  /** Greatest norm of the result in lanes, an integer from 1 to 2^31 - 1. */
  readonly clipNormLanes: number;
  /** L2 for Gaussian and Skellam noise, L1 for Laplace noise. */
  readonly norm: "l1" | "l2";
}

/**
 * The change from the global model to the local one, scaled to the norm and rounded to lanes. The bound holds for the
 * *integers*, and is checked on them in exact arithmetic: rounding to the nearest lane is tried first, and where it
 * leaves the ball, rounding towards zero. So the sensitivity of what noise is added to is `clipNormLanes`, with nothing
 * to add for the rounding. A zero update stays zero.
 *
 * @param local trained parameters, float32
 * @param base lanes of the model that training started from, same length
 * Throws LENGTH_MISMATCH, INVALID_ARGUMENT, and NON_FINITE_PARAMETER for NaN and infinities.
 */
export function clipUpdate(local: Float32Array, base: Int32Array, options: ClipOptions): ClippedUpdate {
  const { fractionBits, clipNormLanes, norm } = options;
  if (local.length !== base.length) {
    throw new FedledgerError("LENGTH_MISMATCH", { name: "local", actual: local.length, expected: base.length });
  }
  if (!Number.isInteger(clipNormLanes) || clipNormLanes < 1 || clipNormLanes > 0x7fff_ffff) {
    throw new FedledgerError("INVALID_ARGUMENT", {
      name: "clipNormLanes",
      value: clipNormLanes,
      expected: "1 to 2^31 - 1",
    });
  }
  const changes = new Float64Array(local.length);
  const scale = 2 ** fractionBits;
  let sum = 0;
  for (let i = 0; i < local.length; i++) {
    const change = local[i]! * scale - base[i]!;
    if (!Number.isFinite(change)) throw new FedledgerError("NON_FINITE_PARAMETER", { index: i, value: local[i]! });
    changes[i] = change;
    sum += norm === "l2" ? change * change : Math.abs(change);
  }
  const normLanes = norm === "l2" ? Math.sqrt(sum) : sum;
  const within = normLanes <= clipNormLanes;
  let factor = within ? 1 : clipNormLanes / normLanes;
  let lanes =
    changes.length === 0 ? new Int32Array() : Int32Array.from(changes, (change) => Math.floor(change * factor + 0.5));
  for (; !isWithin(lanes, clipNormLanes, norm); factor *= 1 - 2 ** -40) {
    lanes = Int32Array.from(changes, (change) => Math.trunc(change * factor));
  }
  return { lanes, normLanes, within };
}

/** Whether the lanes' norm is at most `most`, exactly. Cost linear, without big integers but one in 2^20 lanes. */
export function isWithin(lanes: Int32Array, most: number, norm: "l1" | "l2"): boolean {
  const limit = norm === "l2" ? BigInt(most) ** 2n : BigInt(most);
  const step = 1 << 20;
  let total = 0n;
  for (let from = 0; from < lanes.length; from += step) {
    const part = lanes.subarray(from, from + step);
    total += norm === "l2" ? squares(part) : magnitudes(part);
    if (total > limit) return false;
  }
  return true;
}

/** The sum of squares of at most 2^20 lanes: of halves of 16 bits, whose products sum up below 2^53. */
function squares(lanes: Int32Array): bigint {
  let high = 0;
  let cross = 0;
  let low = 0;
  for (const lane of lanes) {
    const size = Math.abs(lane);
    const top = Math.floor(size / 65536);
    const rest = size - top * 65536;
    high += top * top;
    cross += top * rest;
    low += rest * rest;
  }
  return (BigInt(high) << 32n) + (BigInt(cross) << 17n) + BigInt(low);
}

function magnitudes(lanes: Int32Array): bigint {
  let sum = 0;
  for (const lane of lanes) sum += Math.abs(lane);
  return BigInt(sum);
}

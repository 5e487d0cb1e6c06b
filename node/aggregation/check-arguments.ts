import { FedledgerError } from "../core/errors/error.ts";

/** Throws LENGTH_MISMATCH unless there are `expected` lanes. */
export function checkLength(name: string, lanes: Int32Array, expected: number): void {
  if (lanes.length !== expected) throw new FedledgerError("LENGTH_MISMATCH", { name, actual: lanes.length, expected });
}

/** Throws INVALID_ARGUMENT unless the weight is an integer of 1 to 2^32 - 1. */
export function checkWeight(weight: number): void {
  if (Number.isInteger(weight) && weight >= 1 && weight <= 0xffff_ffff) return;
  throw new FedledgerError("INVALID_ARGUMENT", { name: "weight", value: weight, expected: "1 to 2^32 - 1" });
}

/**
 * The sum of the weights as a number. Throws INVALID_ARGUMENT unless it is 1 to 2^32, for which the mean is exact in
 * doubles.
 */
export function checkTotalWeight(totalWeight: bigint): number {
  if (totalWeight >= 1n && totalWeight <= 1n << 32n) return Number(totalWeight);
  throw new FedledgerError("INVALID_ARGUMENT", { name: "totalWeight", value: totalWeight, expected: "1 to 2^32" });
}

/** Throws INVALID_ARGUMENT unless the server rate (in 1/65536) is an integer of 1 to 2^20. */
export function checkRate(rate: number): void {
  if (Number.isInteger(rate) && rate >= 1 && rate <= 1 << 20) return;
  throw new FedledgerError("INVALID_ARGUMENT", { name: "serverRateQ16", value: rate, expected: "1 to 2^20" });
}

/**
 * Throws INVALID_ARGUMENT unless `trim` is an integer from 0 that leaves something of `count` values when taken from
 * both ends.
 */
export function checkTrim(trim: number, count: number): void {
  if (Number.isInteger(trim) && trim >= 0 && 2 * trim < count) return;
  const expected = `0 to ${Math.floor((count - 1) / 2)}`;
  throw new FedledgerError("INVALID_ARGUMENT", { name: "trim", value: trim, expected });
}

/** The INVALID_ARGUMENT of an aggregation without updates. */
export function noUpdate(): FedledgerError {
  return new FedledgerError("INVALID_ARGUMENT", { name: "updates.length", value: 0, expected: "at least 1" });
}

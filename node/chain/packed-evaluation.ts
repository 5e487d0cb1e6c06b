import type { Evaluation } from "../core/records.ts";

const word64 = 64n;

/** An evaluation as the contract takes it: samples · 2^128 + (metricQ24 modulo 2^64) · 2^64 + lossQ24. */
export function packEvaluation({ samples, metricQ24, lossQ24 }: Evaluation): bigint {
  return (BigInt(samples) << 128n) | (BigInt.asUintN(64, metricQ24) << word64) | lossQ24;
}

/** The evaluation that a contract's word holds. */
export function unpackEvaluation(packed: bigint): Evaluation {
  return {
    samples: Number(BigInt.asUintN(32, packed >> 128n)),
    metricQ24: BigInt.asIntN(64, packed >> word64),
    lossQ24: BigInt.asUintN(64, packed),
  };
}

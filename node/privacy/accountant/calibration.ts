import { FedledgerError } from "../../core/errors/error.ts";
import { epsilonOf } from "./conversion.ts";
import { type RdpCurve, repeatRdp } from "./rdp-curve.ts";

/** What a guarantee is to be. */
export interface PrivacyTarget {
  /** Above 0. */
  readonly epsilon: number;
  /** Above 0, below 1. */
  readonly delta: number;
}

const mostMultiplier = 1e6;

/**
 * The least noise multiplier whose curve stays within the target, rounded up to four significant digits (so that a
 * specification says it in few digits, and the target still holds).
 *
 * @param curveOf the curve of the whole training for a multiplier; more noise must give a lower curve
 * Throws PRIVACY_TARGET_UNREACHABLE when 10^6 is not enough.
 */
export function calibrateNoise(
  curveOf: (noiseMultiplier: number) => RdpCurve,
  { epsilon, delta }: PrivacyTarget,
): number {
  const holds = (multiplier: number): boolean => epsilonOf(curveOf(multiplier), delta) <= epsilon;
  let high = 1;
  while (!holds(high)) {
    high *= 2;
    if (high > mostMultiplier) throw new FedledgerError("PRIVACY_TARGET_UNREACHABLE", { epsilon, delta });
  }
  let low = 0;
  while (high - low > 1e-5 * high) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  const unit = 10 ** (Math.floor(Math.log10(high)) - 3);
  for (let digits = Math.ceil(high / unit); ; digits++) {
    const rounded = Number((digits * unit).toPrecision(4));
    if (holds(rounded)) return rounded;
  }
}

/** The greatest number of rounds of this curve, from 0 to `most`, whose composition stays within the target. */
export function roundsWithin(round: RdpCurve, { epsilon, delta }: PrivacyTarget, most: number): number {
  let low = 0;
  let high = most + 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (epsilonOf(repeatRdp(round, middle), delta) <= epsilon) low = middle;
    else high = middle;
  }
  return low;
}

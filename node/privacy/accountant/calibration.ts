import { FedledgerError } from "../../core/errors/error.ts";
import { epsilonOf } from "./conversion.ts";
import { epsilonBound, type PrivacyCost, rdpOfCost, repeatCost } from "./cost.ts";
import { repeatRdp } from "./rdp-curve.ts";

/** What a guarantee is to be. */
export interface PrivacyTarget {
  /** Above 0. */
  readonly epsilon: number;
  /** Above 0, below 1. */
  readonly delta: number;
}

const mostMultiplier = 1e6;

/**
 * The least noise multiplier whose cost stays within the target, rounded up to four significant digits (so that a
 * specification says it in few digits, and the target still holds). What Rényi divergence asks for is found first; the
 * exact losses say how much less will do.
 *
 * @param costOf the cost of the whole training for a multiplier; more noise must cost less
 * Throws PRIVACY_TARGET_UNREACHABLE when 10^6 is not enough.
 */
export function calibrateNoise(
  costOf: (noiseMultiplier: number) => PrivacyCost,
  { epsilon, delta }: PrivacyTarget,
): number {
  const rdp = (multiplier: number): number => epsilonOf(rdpOfCost(costOf(multiplier)), delta);
  let high = 1;
  while (rdp(high) > epsilon) {
    high *= 2;
    if (high > mostMultiplier) throw new FedledgerError("PRIVACY_TARGET_UNREACHABLE", { epsilon, delta });
  }
  let low = 0;
  while (high - low > 1e-5 * high) {
    const middle = (low + high) / 2;
    if (rdp(middle) <= epsilon) high = middle;
    else low = middle;
  }
  const unit = 10 ** (Math.floor(Math.log10(high)) - 3);
  const multiplierOf = (digits: number): number => Number((digits * unit).toPrecision(4));
  const excess = (digits: number): number => epsilonBound(costOf(multiplierOf(digits)), delta).epsilon - epsilon;
  let enough = Math.ceil(high / unit);
  while (excess(enough) > 0) enough++;
  let tooFew = Math.floor(enough * 0.85);
  while (tooFew > 0 && excess(tooFew) <= 0) [enough, tooFew] = [tooFew, Math.floor(tooFew * 0.85)];
  return multiplierOf(tooFew === 0 ? enough : boundary(tooFew, enough, excess));
}

/** The greatest number of times, from 0 to `most`, that this cost can be paid within the target. */
export function roundsWithin(cost: PrivacyCost, { epsilon, delta }: PrivacyTarget, most: number): number {
  const curve = rdpOfCost(cost);
  let fit = 0;
  let tooMany = most + 1;
  while (tooMany - fit > 1) {
    const middle = Math.floor((fit + tooMany) / 2);
    if (epsilonOf(repeatRdp(curve, middle), delta) <= epsilon) fit = middle;
    else tooMany = middle;
  }
  const spare = (times: number): number =>
    times > most ? 1 : epsilonBound(repeatCost(cost, times), delta).epsilon - epsilon;
  let next = Math.min(most + 1, Math.ceil(fit * 1.15) + 1);
  while (spare(next) <= 0) [fit, next] = [next, Math.min(most + 1, Math.ceil(next * 1.15) + 1)];
  return -boundary(-next, -fit, (times) => spare(-times));
}

/**
 * The least integer from which on a falling function is not above 0, by regula falsi and halving in turn.
 *
 * @param above where it is above 0
 * @param below where it is not
 */
function boundary(above: number, below: number, value: (at: number) => number): number {
  let [low, high] = [above, below];
  let [valueLow, valueHigh] = [value(low), value(high)];
  for (let turn = 0; high - low > 1; turn++) {
    const share = turn % 3 === 2 || !Number.isFinite(valueLow) ? 0.5 : valueLow / (valueLow - valueHigh);
    const guess = Math.round(low + share * (high - low));
    const at = Math.min(high - 1, Math.max(low + 1, guess));
    const there = value(at);
    if (there > 0) [low, valueLow] = [at, there];
    else [high, valueHigh] = [at, there];
  }
  return high;
}

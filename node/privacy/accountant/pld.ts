import { itemAt } from "../../core/bytes/items.ts";
import { chernoffLoss, composedEpsilon } from "../losses/composed-loss.ts";
import { gaussianEpsilon } from "../losses/gaussian-epsilon.ts";
import { gaussianTwin } from "../losses/gaussian-twin.ts";
import { lossGrid, stepFor } from "../losses/loss-grid.ts";
import { discreteLaplaceLoss, gaussianLoss, type LossTails, subsampledGaussianLosses } from "../losses/loss-tails.ts";
import type { Mechanism } from "./mechanism.ts";

/** A mechanism that is used so many times. */
export interface Release {
  readonly mechanism: Mechanism;
  /** A whole number from 0. */
  readonly times: number;
}

/** Share of delta that may be lost at the ends of the grids. */
const cutShare = 1e-7;
/** Beyond it, probabilities of the discrete noise and of its continuous twin are not alike. */
const mostApart = 1e-3;
/** So many releases are composed: rounding errors stay below a part in a hundred of delta. */
const mostTimes = 1e9;

/**
 * The least epsilon at `delta` by the privacy loss distribution of all releases together: never below the true one.
 * Gaussian noise, discrete or not, is added up in closed form; where there is other noise, all is composed on a grid.
 *
 * Infinity where a mechanism is not known by its losses: Skellam noise, whose worst neighbours over many lanes nobody
 * has named, and Gaussian noise of less than three lanes.
 */
export function pldEpsilon(releases: readonly Release[], delta: number): number {
  const parts = partsOf(releases.filter(({ times, mechanism }) => times > 0 && !isNothing(mechanism)));
  if (parts === undefined || parts.apart > mostApart) return Number.POSITIVE_INFINITY;
  const { inverseVariance, others, apart } = parts;
  const least = delta * Math.exp(-2 * apart);
  const multiplier = 1 / Math.sqrt(inverseVariance);
  if (others.length === 0) return gaussianEpsilon(multiplier, least) + 2 * apart;
  const gaussian = inverseVariance === 0 ? [] : [{ losses: [gaussianLoss(multiplier)], times: 1 }];
  const all = [...others, ...gaussian];
  // a neighbour is there or not: both orders, of all mechanisms alike
  const orders = [0, 1].map((order) =>
    oneOrder(
      all.map(({ losses, times }) => ({ tails: itemAt(losses, order % losses.length), times })),
      least,
    ),
  );
  const isSymmetric = all.every(({ losses }) => losses.length === 1);
  return (isSymmetric ? itemAt(orders, 0) : Math.max(...orders)) + 2 * apart;
}

/** Gaussian noise of all releases as one, and the losses of the rest; undefined where one is not known. */
function partsOf(releases: readonly Release[]):
  | {
      readonly inverseVariance: number;
      readonly apart: number;
      readonly others: readonly { readonly losses: readonly LossTails[]; readonly times: number }[];
    }
  | undefined {
  let inverseVariance = 0;
  let apart = 0;
  const others: { losses: readonly LossTails[]; times: number }[] = [];
  for (const { mechanism, times } of releases) {
    const losses = lossesOf(mechanism);
    if (losses !== undefined) {
      others.push({ losses, times });
      continue;
    }
    const twin = twinOf(mechanism);
    if (twin === undefined) return undefined;
    inverseVariance += times / twin.noiseMultiplier ** 2;
    apart += times * twin.apart;
  }
  // rounding of so many additions
  return { inverseVariance: inverseVariance * (1 + 1e-12), apart, others };
}

function isNothing(mechanism: Mechanism): boolean {
  return mechanism.kind === "subsampled-gaussian" && mechanism.samplingRate === 0;
}

function lossesOf(mechanism: Mechanism): readonly LossTails[] | undefined {
  if (mechanism.kind === "discrete-laplace")
    return [discreteLaplaceLoss(mechanism.clipNormLanes, mechanism.scaleLanes)];
  if (mechanism.kind !== "subsampled-gaussian" || mechanism.samplingRate === 1) return undefined;
  return subsampledGaussianLosses(mechanism.samplingRate, mechanism.noiseMultiplier);
}

function twinOf(mechanism: Mechanism): { readonly noiseMultiplier: number; readonly apart: number } | undefined {
  switch (mechanism.kind) {
    case "gaussian":
    case "subsampled-gaussian":
      return { noiseMultiplier: mechanism.noiseMultiplier, apart: 0 };
    case "discrete-gaussian":
      return gaussianTwin(mechanism);
    default:
      return undefined;
  }
}

function oneOrder(losses: readonly { readonly tails: LossTails; readonly times: number }[], delta: number): number {
  const times = losses.reduce((sum, each) => sum + each.times, 0);
  if (times > mostTimes) return Number.POSITIVE_INFINITY;
  const cut = (delta * cutShare) / times;
  const steps = losses.map((each) => ({ ...stepFor(each.tails, cut), times: each.times }));
  const variance = steps.reduce((sum, each) => sum + each.times * each.variance, 0);
  // as fine as the deviation of one mean loss asks for, and as coarse as the widest grid, or their sum, needs
  let step = Math.max(Math.sqrt(variance / times) / 24, ...steps.map((each) => each.step / 4));
  // relative errors of probabilities, 1e-11 a time, change delta by as much
  const left = delta * (1 - 1e-11 * times);
  for (;;) {
    const grids = losses.map((each) => ({ grid: lossGrid(each.tails, step, cut), times: each.times }));
    const epsilon = composedEpsilon(grids, left, chernoffLoss(grids, left).order);
    if (epsilon !== undefined) return epsilon;
    step *= 4;
  }
}

import type { NoiseShares } from "../losses/gaussian-twin.ts";
import { distributedGaussianRdp, gaussianRdp } from "./gaussian.ts";
import { discreteLaplaceRdp } from "./laplace.ts";
import type { RdpCurve } from "./rdp-curve.ts";
import { type SkellamNoise, skellamRdp } from "./skellam.ts";
import { subsampledGaussianRdp } from "./subsampled-gaussian.ts";

/** One use of noise on the data, as all accountants know it. Plain numbers: it can be written to a file. */
export type Mechanism =
  /** Continuous; standard deviation over the L2 sensitivity. */
  | { readonly kind: "gaussian"; readonly noiseMultiplier: number }
  /** A sum of discrete Gaussians, or one. */
  | ({ readonly kind: "discrete-gaussian" } & NoiseShares)
  /** L1 sensitivity and scale in lanes. */
  | { readonly kind: "discrete-laplace"; readonly clipNormLanes: number; readonly scaleLanes: number }
  | ({ readonly kind: "skellam" } & SkellamNoise)
  /** A step of DP-SGD. */
  | { readonly kind: "subsampled-gaussian"; readonly samplingRate: number; readonly noiseMultiplier: number };

/** The Rényi divergence of a mechanism. */
export function rdpOf(mechanism: Mechanism): RdpCurve {
  switch (mechanism.kind) {
    case "gaussian":
      return gaussianRdp(mechanism.noiseMultiplier);
    case "discrete-gaussian":
      return distributedGaussianRdp(mechanism);
    case "discrete-laplace":
      return discreteLaplaceRdp(mechanism);
    case "skellam":
      return skellamRdp(mechanism);
    case "subsampled-gaussian":
      return subsampledGaussianRdp(mechanism.samplingRate, mechanism.noiseMultiplier);
  }
}

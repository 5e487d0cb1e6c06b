export { calibrateNoise, type PrivacyTarget, roundsWithin } from "./calibration.ts";
export { epsilonOf } from "./conversion.ts";
export { distributedGaussianRdp, gaussianRdp, type NoiseShares } from "./gaussian.ts";
export { discreteLaplaceRdp, laplaceRdp } from "./laplace.ts";
export { composeRdp, type RdpCurve, rdpCurve, rdpOrders, repeatRdp } from "./rdp-curve.ts";
export { type SkellamNoise, skellamRdp } from "./skellam.ts";
export { subsampledGaussianRdp } from "./subsampled-gaussian.ts";

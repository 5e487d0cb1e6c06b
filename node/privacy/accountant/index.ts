export { calibrateNoise, roundsWithin } from "./calibration.ts";
export { epsilonOf } from "./conversion.ts";
export { distributedGaussianRdp, gaussianRdp } from "./gaussian.ts";
export { discreteLaplaceRdp, laplaceRdp } from "./laplace.ts";
export { composeRdp, type RdpCurve, rdpOrders, repeatRdp } from "./rdp-curve.ts";
export { skellamRdp } from "./skellam.ts";
export { subsampledGaussianRdp } from "./subsampled-gaussian.ts";

export { calibrateNoise, roundsWithin } from "./calibration.ts";
export { addCosts, type EpsilonBound, epsilonBound, type PrivacyCost, repeatCost } from "./cost.ts";
export { formatCost, parseCost } from "./cost-text.ts";
export type { Mechanism } from "./mechanism.ts";

import { defineSetting } from "./setting.ts";
import { choice, decimal, yes } from "./value-schemas.ts";

/** Settings of a task's noise; part of the settings of every command. */
export const privacySettings = {
  epsilon: defineSetting({
    flag: "--epsilon <x>",
    help: "privacy budget of one participant (docs/privacy.md); without it there is no noise",
    schema: decimal(1e-3, 1000),
  }),
  delta: defineSetting({
    flag: "--delta <x>",
    help: "delta of the privacy budget (default 1e-5)",
    schema: decimal(1e-15, 0.1),
  }),
  privacyUnit: defineSetting({
    flag: "--privacy-unit <unit>",
    help: "what is protected: all data of a participant (default), or one example (DP-SGD in the local training)",
    schema: choice("participant", "example"),
  }),
  noise: defineSetting({
    flag: "--noise <kind>",
    help: "noise on updates: gaussian (default), laplace or skellam, all discrete; laplace in transparent tasks only",
    schema: choice("gaussian", "laplace", "skellam"),
  }),
  clipNorm: defineSetting({
    flag: "--clip-norm <x>",
    help: "greatest norm of an update, or of one example's gradient, in units of the parameters (default 1)",
    schema: decimal(1e-9, 2 ** 30),
  }),
  noiseMultiplier: defineSetting({
    flag: "--noise-multiplier <x>",
    help: "standard deviation of the noise (for laplace its scale) over the clip norm (default: such that all rounds together cost --epsilon)",
    schema: decimal(1e-3, 1e6),
  }),
  samplingRate: defineSetting({
    flag: "--sampling-rate <x>",
    help: "DP-SGD: probability of an example to be in a batch, above 0 to 1 (default 0.1); --batch-size says nothing then",
    schema: decimal(1e-6, 1),
  }),
  adaptiveClip: defineSetting({
    flag: "--adaptive-clip",
    help: "let the clip norm follow the median of the updates' norms",
    schema: yes,
  }),
} as const;

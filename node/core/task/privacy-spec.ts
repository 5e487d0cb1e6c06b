import { z } from "zod";

const guarantee = {
  /** What `rules.roundsPerParticipant` rounds may cost one participant together. */
  epsilon: z.number().positive().max(1000),
  delta: z.number().positive().lt(1),
};

/** Greatest norm, in units of the model's parameters. */
const clipNorm = z
  .number()
  .min(1e-9)
  .max(2 ** 30);
/**
 * Noise over clip norm: the standard deviation for Gaussian and Skellam noise, the *scale* for Laplace noise (its std
 * is sqrt(2) times that).
 */
const noiseMultiplier = z.number().min(1e-3).max(1e6);

/** Noise on a participant's update as a whole: what is protected is everything it has. */
const participantPrivacy = z.strictObject({
  unit: z.literal("participant"),
  mechanism: z.enum(["discrete-gaussian", "discrete-laplace", "skellam"]),
  /** Of an update: L1 for Laplace noise, else L2. With `adaptive`, that of the first round. */
  clipNorm,
  noiseMultiplier,
  ...guarantee,
  /**
   * The clip norm follows a quantile of the updates' norms (Andrew et al. 2021), in one more lane behind the model's
   * parameters.
   */
  adaptive: z
    .strictObject({
      /** Share of the updates that is to be within the clip norm. */
      quantile: z.number().gt(0).lt(1),
      /** Step of the logarithm of the clip norm. */
      rate: z.number().positive().max(10),
      /** Standard deviation of the noise on the number of updates within (on each one's word in transparent tasks). */
      noiseStd: z.number().min(1e-3).max(1e6),
    })
    .optional(),
});

/** DP-SGD: noise on the gradients of the local training; what is protected is one example. */
const examplePrivacy = z.strictObject({
  unit: z.literal("example"),
  mechanism: z.literal("dp-sgd"),
  /** Of one example's gradient, L2. */
  clipNorm,
  noiseMultiplier,
  /** Probability with which an example is in a step's batch; an epoch has ceil(1 / samplingRate) steps. */
  samplingRate: z.number().min(1e-6).max(1),
  ...guarantee,
});

/** The privacy part of a specification; absent: no noise. */
export const privacySchema = z
  .discriminatedUnion("unit", [participantPrivacy, examplePrivacy])
  .refine((privacy) => privacy.mechanism !== "discrete-laplace" || privacy.adaptive === undefined, {
    path: ["adaptive"],
    message: "is for discrete-gaussian and skellam only",
  });

/** The privacy part of a specification: docs/privacy.md says what each gives. */
export type PrivacySpec = z.infer<typeof privacySchema>;
/** Noise on whole updates. */
export type ParticipantPrivacy = z.infer<typeof participantPrivacy>;
/** DP-SGD. */
export type ExamplePrivacy = z.infer<typeof examplePrivacy>;

/** Steps of DP-SGD in one local training: ceil(1 / samplingRate) an epoch. */
export function stepsPerRound(
  { epochs }: { readonly epochs: number },
  { samplingRate }: Pick<ExamplePrivacy, "samplingRate">,
): number {
  return epochs * Math.ceil(1 / samplingRate);
}

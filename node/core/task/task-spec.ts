import canonicalize from "canonicalize";
import { z } from "zod";
import { FedledgerError, isFedledgerError } from "../errors/error.ts";
import type { Bytes32 } from "../ids.ts";
import { type AccessSpec, accessSpec } from "./access.ts";
import { dataSpec } from "./data-spec.ts";
import { privacySchema } from "./privacy-spec.ts";

const size = z
  .int()
  .min(1)
  .max(1 << 20);

/** Most examples of a public test set. */
export const mostTestExamples = 1 << 24;

/** What a model's last layer says. */
const output = z.discriminatedUnion("kind", [
  /** Softmax over `count` classes, cross-entropy loss, accuracy. */
  z.strictObject({ kind: z.literal("classes"), count: z.int().min(2).max(65536) }),
  /** One sigmoid, binary cross-entropy loss, accuracy at one half. */
  z.strictObject({ kind: z.literal("binary") }),
  /** `count` numbers, mean squared error, R². */
  z.strictObject({ kind: z.literal("numbers"), count: size }),
]);

/** The built-in model families; docs/protocol/specification.md fixes the order and shape of their parameters. */
const model = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("linear-regression"), inputs: size, output: output.options[2] }),
  z.strictObject({
    kind: z.literal("logistic-regression"),
    inputs: size,
    output: z.union([output.options[0], output.options[1]]),
  }),
  z.strictObject({
    kind: z.literal("mlp"),
    inputs: size,
    hidden: z.array(size).min(1).max(16),
    activation: z.enum(["relu", "tanh"]),
    output,
  }),
  z.strictObject({
    kind: z.literal("cnn"),
    height: size,
    width: size,
    channels: z.int().min(1).max(1024),
    /** One "same" convolution, ReLU and 2x2 max pooling for each. */
    convolutions: z
      .array(z.strictObject({ filters: size, kernel: z.int().min(1).max(15) }))
      .min(1)
      .max(8),
    /** Dense ReLU layers after flattening. */
    hidden: z.array(size).max(8),
    output,
  }),
]);

const fields = z.strictObject({
  format: z.literal("fedledger/task/1"),
  name: z.string().min(1).max(64),
  model,
  /** Seed of the initial parameters, uint32. */
  initialSeed: z.int().min(0).max(0xffffffff),
  training: z.strictObject({
    /** Local objective. */
    objective: z.literal("fedavg"),
    epochs: z.int().min(1).max(1000),
    batchSize: z.int().min(1).max(65536),
    learningRate: z.number().positive().max(1000),
  }),
  data: dataSpec,
  /** Differential privacy; absent: no noise. */
  privacy: privacySchema.optional(),
  /** Who can read the blobs of updates and models: anyone (where absent), or, sealed, the task's members only. */
  blobs: z.enum(["members", "public"]).optional(),
  /**
   * Labelled examples on which everybody measures every model (test-set.ts), by the content id of their blob; never
   * sealed.
   */
  testSet: z
    .strictObject({
      contentId: z.custom<Bytes32>((value) => typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value), {
        error: "expected 32 bytes in lower case hexadecimal",
      }),
      examples: z.int().min(1).max(mostTestExamples),
    })
    .optional(),
  /**
   * The first round is opened when so many participants are enrolled, or from that second on with as many as make a
   * round.
   */
  start: z
    .strictObject({
      participants: z
        .int()
        .min(1)
        .max((1 << 18) - 1),
      latestS: z
        .int()
        .min(0)
        .max(2 ** 40),
    })
    .optional(),
  /** Who may read the task's blobs and audit it; absent: all whom they are for. Who may join is on the chain. */
  access: accessSpec.optional(),
});

const spec = fields.check(({ value, issues }) => {
  if (value.access === undefined || value.blobs === "members") return;
  const message = 'public blobs have no readers to choose: it needs blobs "members"';
  issues.push({ code: "custom", path: ["access"], message, input: value.access });
});

/** A task's specification: what everyone must know to train and to recompute, beside the rules on the chain. */
export type TaskSpec = z.infer<typeof spec>;
/** The model part of a specification. */
export type ModelSpec = TaskSpec["model"];
/** The output part of a model. */
export type OutputSpec = z.infer<typeof output>;

/** Reads and checks a specification (a JSON value). Throws INVALID_TASK_SPEC naming the first wrong field. */
export function parseTaskSpec(value: unknown): TaskSpec {
  const parsed = spec.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new FedledgerError("INVALID_TASK_SPEC", {
    reason: `${issue?.path.join(".") || "it"}: ${issue?.message ?? "invalid"}`,
  });
}

/** Reads a specification from JSON text. Throws INVALID_TASK_SPEC. */
export function parseTaskSpecJson(text: string): TaskSpec {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FedledgerError("INVALID_TASK_SPEC", { reason: "it is not JSON" }, error);
  }
  return parseTaskSpec(value);
}

/** What the specification of this JSON says of who may read and audit; undefined where it says nothing, or is none. */
export function accessOf({ spec }: { readonly spec: string }): AccessSpec | undefined {
  try {
    return parseTaskSpecJson(spec).access;
  } catch (error) {
    if (isFedledgerError(error, "INVALID_TASK_SPEC")) return undefined;
    throw error;
  }
}

/** The specification's canonical JSON (RFC 8785): the bytes that go on the chain. */
export function canonicalTaskSpec(value: TaskSpec): string {
  return canonicalize(parseTaskSpec(value)) as string;
}

import { z } from "zod";
import { FedledgerError } from "../core/errors/error.ts";

const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`), `expected ${bytes} bytes in hexadecimal`);
/** Some of these words, at least one. */
const some = <const T extends readonly [string, ...string[]]>(...words: T) => z.array(z.enum(words)).min(1);
const epsilon = z.number().positive().max(1000);
const delta = z.number().positive().lt(1);

/** What is asked of a task: each key alone may refuse it, and a key that is absent asks for nothing. */
const limits = {
  /** How updates are hidden: the modes that are taken. */
  modes: some("transparent", "masked", "encrypted").optional(),
  /** The aggregation rules that are taken. */
  rules: some("weighted-mean", "coordinate-median", "trimmed-mean").optional(),
  /** Who can read the blobs of updates and models. */
  blobs: some("members", "public").optional(),
  /** Greatest epsilon that a task may spend of a participant; a task without noise is refused. */
  maxEpsilon: epsilon.optional(),
  /** Greatest delta that belongs to it; a task without noise is refused. */
  maxDelta: delta.optional(),
  /** What the noise must protect: all data of a participant, or one example; a task without noise is refused. */
  privacyUnits: some("participant", "example").optional(),
  /** Least k of the task's k-anonymity; a task that asks for none is refused. */
  minK: z.int().min(2).max(1_000_000).optional(),
  /** Least number of updates in a model. */
  minUpdates: z.int().min(1).max(65_536).optional(),
  /** Greatest number of the model's parameters. */
  maxParameters: z
    .int()
    .min(1)
    .max(2 ** 32)
    .optional(),
  /** Greatest number of rounds. */
  maxRounds: z.int().min(1).max(65_535).optional(),
  /** Greatest bond that the task takes of this node's role, ether. */
  maxBondEther: z.number().min(0).max(99_999).optional(),
  /** Federations that are taken, by their addresses. */
  federations: z.array(hex(20)).min(1).optional(),
  /** Accounts whose tasks are taken. */
  creators: z.array(hex(20)).min(1).optional(),
  /** keccak256 of the federation's codes as they are deployed, by contract; all of them. */
  codeHashes: z.strictObject({ Federation: hex(32), Court: hex(32), Proofs: hex(32) }).optional(),
} as const;

const schema = z.strictObject({
  format: z.literal("fedledger/policy/1"),
  ...limits,
  /**
   * What all tasks together may spend of one data set. Absent: as much as the task allows that is to train on it, what
   * others spent counted.
   */
  dataBudget: z.strictObject({ epsilon, delta }).optional(),
});

/** What a site asks of the tasks that its node works in: the fields of its policy file (docs/policy.md). */
export type SitePolicy = Readonly<z.infer<typeof schema>>;
/** A key of a policy that a task is held against. */
export type PolicyKey = keyof typeof limits;

/**
 * The policy in a file's text. A key that is not known is refused: one that was misspelt would ask for nothing.
 *
 * @param path for messages
 * Throws INVALID_CONFIG with the first field that is wrong.
 */
export function parseSitePolicy(path: string, text: string): SitePolicy {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FedledgerError("INVALID_CONFIG", { name: path, reason: "it is not JSON" }, error);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const reason = `${issue?.path.join(".") || "it"}: ${issue?.message ?? "not valid"}`;
  throw new FedledgerError("INVALID_CONFIG", { name: path, reason });
}

import { z } from "zod";
import { textWord } from "../bytes/word-text.ts";
import { FedledgerError, isFedledgerError } from "../errors/error.ts";
import type { Access, Attributes } from "../records.ts";

/** Most organisations or regions of a policy: what the contract takes. */
const mostEntries = 32;
/** The greatest clearance. */
const mostClearance = 255;

const texts = z
  .array(z.string().min(1).refine(isWord, "expected at most 32 bytes of UTF-8 without zero characters"))
  .min(1)
  .max(mostEntries);

const policy = z
  .strictObject({
    organisations: texts.optional(),
    regions: texts.optional(),
    clearance: z.int().min(1).max(mostClearance).optional(),
  })
  .refine((each) => Object.values(each).some((part) => part !== undefined), "it asks for nothing");

/**
 * Who may read a task's blobs, and who may audit it, by attributes; absent: every member whom the task's blobs are for.
 */
export const accessSpec = z
  .strictObject({ read: policy.optional(), audit: policy.optional() })
  .refine(({ read, audit }) => read ?? audit, "it restricts nothing");

/**
 * Who is let in: whoever has one of the organisations, one of the regions, and at least the clearance; what is absent
 * or empty asks for nothing.
 */
export type Policy = Partial<Access>;
/** The access part of a specification. */
export type AccessSpec = z.infer<typeof accessSpec>;

/**
 * Checks a policy. Throws INVALID_CONFIG with `name`, for entries that no attribute can be, too many of them, or a
 * policy that asks for nothing.
 */
export function parsePolicy(name: string, value: Policy): Policy {
  const parsed = policy.safeParse(value);
  if (parsed.success) return value;
  const [issue] = parsed.error.issues;
  throw new FedledgerError("INVALID_CONFIG", { name, reason: `${issue?.path.join(".")} ${issue?.message}`.trim() });
}

/** What is taken of a member of whom nothing is said. */
export const noAttributes: Attributes = { organisation: "", region: "", clearance: 0 };

/**
 * Whether a policy lets a member with these attributes in: the contract's rule (contracts/libraries/Places.sol).
 * Texts are compared exactly.
 */
export function admits(policy: Policy | undefined, attributes: Attributes = noAttributes): boolean {
  const { organisations = [], regions = [], clearance = 0 } = policy ?? {};
  return (
    (organisations.length === 0 || organisations.includes(attributes.organisation)) &&
    (regions.length === 0 || regions.includes(attributes.region)) &&
    attributes.clearance >= clearance
  );
}

/** Whether everyone whom `inner` lets in is let in by `outer`, too. */
export function isWithin(inner: Policy | undefined, outer: Policy | undefined): boolean {
  const covers = (few: readonly string[] = [], many: readonly string[] = []) =>
    many.length === 0 || (few.length > 0 && few.every((each) => many.includes(each)));
  return (
    covers(inner?.organisations, outer?.organisations) &&
    covers(inner?.regions, outer?.regions) &&
    (inner?.clearance ?? 0) >= (outer?.clearance ?? 0)
  );
}

/** A policy in the words of a person. */
export function policyText(policy: Policy | undefined): string {
  const { organisations = [], regions = [], clearance = 0 } = policy ?? {};
  const parts = [
    ...(organisations.length > 0 ? [`organisation ${organisations.join(" or ")}`] : []),
    ...(regions.length > 0 ? [`region ${regions.join(" or ")}`] : []),
    ...(clearance > 0 ? [`clearance ${clearance} or more`] : []),
  ];
  return parts.join(", ") || "anyone";
}

/** A member's attributes in the words of a person. */
export function attributesText({ organisation, region, clearance }: Attributes = noAttributes): string {
  return policyText({
    organisations: organisation === "" ? [] : [organisation],
    regions: region === "" ? [] : [region],
  })
    .replace("anyone", "no organisation or region")
    .concat(`, clearance ${clearance}`);
}

function isWord(text: string): boolean {
  try {
    textWord(text);
    return true;
  } catch (error) {
    if (isFedledgerError(error, "INVALID_ARGUMENT")) return false;
    throw error;
  }
}

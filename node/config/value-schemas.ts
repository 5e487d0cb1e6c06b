import { z } from "zod";

/** A whole number of a range. */
export const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^-?\d+$/, "expected a whole number")
    .transform(Number)
    .pipe(z.number().min(min, `expected ${min} to ${max}`).max(max, `expected ${min} to ${max}`));
/** A number of a range. */
export const decimal = (min: number, max: number) =>
  z
    .string()
    .transform(Number)
    .pipe(z.number("expected a number").min(min, `expected ${min} to ${max}`).max(max, `expected ${min} to ${max}`));
/** A text that is not empty. */
export const text = z.string().min(1, "expected a text");
/** Texts separated by commas. */
export const list = text.transform((value) =>
  value
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== ""),
);
/** Numbers of tasks, each once, separated by commas; or "all". */
export const taskNumbers = z.union([
  z.literal("all"),
  list
    .pipe(z.array(integer(1, 2 ** 32 - 1)).min(1, "expected a task's number"))
    .refine((numbers) => new Set(numbers).size === numbers.length, "expected each task once"),
]);
/** An account or a contract. */
export const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "expected an account or contract address, 0x and 40 hexadecimal digits");
/** One of a few words. */
export const choice = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, `expected one of ${values.join(", ")}`);
/** True or false. */
export const yes = z.union([z.boolean(), z.stringbool()], "expected true or false");
/** An amount of ether, as its number of gwei. */
export const gwei = z
  .string()
  .regex(/^\d{1,5}(\.\d{1,9})?$/, "expected an amount of ether with at most nine decimals, such as 0.5")
  .transform((ether) => {
    const [whole = "", decimals = ""] = ether.split(".");
    return Number(whole + decimals.padEnd(9, "0"));
  });
/** Which part of how many, from 0. */
export const share = z
  .string()
  .regex(/^\d+\/\d+$/, "expected PART/PARTS, such as 0/5")
  .transform((value) => value.split("/").map(Number) as [number, number])
  .refine(([part, parts]) => part < parts, "the part must be below the number of parts");

import { expect } from "chai";
import type { TestFederation } from "./federation.ts";

/** Expects that the federation refuses a call with this error, and these arguments of it where they are given. */
export async function expectRefused(
  f: TestFederation,
  call: Promise<unknown>,
  error: string,
  ...args: readonly unknown[]
): Promise<void> {
  const refusal = expect(call).revertedWithCustomError(f.federation, error);
  await (args.length > 0 ? refusal.withArgs(...args) : refusal);
}

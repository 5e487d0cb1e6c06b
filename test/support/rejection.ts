import { expect } from "chai";
import type { FedledgerError } from "../../node/core/errors/error.ts";
import { isFedledgerError } from "../../node/core/errors/error.ts";
import type { ErrorCode } from "../../node/core/errors/error-catalogue.ts";

/** The FedledgerError of this code that the promise rejects with; fails when it resolves or rejects otherwise. */
export async function rejection(promise: Promise<unknown>, code: ErrorCode): Promise<FedledgerError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!("error" in outcome)) return expect.fail(`resolved with ${String(outcome.value)} where ${code} was expected`);
  if (!isFedledgerError(outcome.error, code)) throw outcome.error;
  return outcome.error;
}

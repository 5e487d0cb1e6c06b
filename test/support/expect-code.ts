import { expect } from "chai";
import { FedledgerError } from "../../node/core/errors/error.ts";
import type { ErrorCode } from "../../node/core/errors/error-catalogue.ts";

/** Expects `action` to throw, or to reject with, a FedledgerError of this code; returns it. */
export async function expectCode(code: ErrorCode, action: () => unknown): Promise<FedledgerError> {
  let thrown: unknown;
  try {
    await action();
  } catch (error) {
    thrown = error;
  }
  expect(thrown, `expected ${code}`).to.be.instanceOf(FedledgerError);
  expect((thrown as FedledgerError).code).to.equal(code);
  return thrown as FedledgerError;
}

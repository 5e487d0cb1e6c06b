import { isFedledgerError } from "../../core/errors/error.ts";
import type { ErrorCode } from "../../core/errors/error-catalogue.ts";

/** What only says that endpoints are of no use now, and nothing of what was asked. */
const outages: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "RPC_UNREACHABLE",
  "RPC_BUSY",
  "RPC_KEY_REFUSED",
  "RPC_WRONG_ANSWER",
  "RPC_REFUSED",
  "RPC_DISAGREE",
]);

/** Whether a node that runs waits for its endpoints after this error, instead of ending with it. */
export function isOutage(error: unknown): boolean {
  return isFedledgerError(error) && outages.has(error.code);
}

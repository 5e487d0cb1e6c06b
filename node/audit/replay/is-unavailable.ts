import { isFedledgerError } from "../../core/errors/error.ts";

/** Whether an error of reading a blob says only that the right bytes are not to be had, or not to be read here. */
export function isUnavailable(error: unknown): boolean {
  return (
    isFedledgerError(error, "BLOB_NOT_FOUND") ||
    isFedledgerError(error, "BLOB_CORRUPT") ||
    isFedledgerError(error, "BLOB_TOO_LARGE") ||
    isFedledgerError(error, "BLOB_SEALED") ||
    isFedledgerError(error, "SEAL_BROKEN")
  );
}

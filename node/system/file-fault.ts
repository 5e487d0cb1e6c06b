import { closeSync, openSync } from "node:fs";
import { FedledgerError } from "../core/errors/error.ts";

/**
 * What a failure to open a file is, where it is no fault of the file: TOO_MANY_FILES; else undefined. SQLite only says
 * that it could not open one, so that it is tried.
 */
export function fileFault(path: string, error: unknown): FedledgerError | undefined {
  const { code, errcode = 0 } = error as NodeJS.ErrnoException & { readonly errcode?: number };
  const cannotOpen = (errcode & 0xff) === 14;
  if (isTooMany(code) || (cannotOpen && isTooMany(codeOfOpening()))) {
    return new FedledgerError("TOO_MANY_FILES", { path }, error);
  }
  return undefined;
}

function isTooMany(code: string | undefined): boolean {
  return code === "EMFILE" || code === "ENFILE";
}

function codeOfOpening(): string | undefined {
  try {
    closeSync(openSync(process.execPath, "r"));
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

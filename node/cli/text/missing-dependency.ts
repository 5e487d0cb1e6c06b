import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FedledgerError } from "../../core/errors/error.ts";

/** The folder of a clone; that of a built package has no lockfile. */
const root = join(import.meta.dirname, "..", "..", "..");

/**
 * DEPENDENCY_MISSING where a package, or a file of one, was not found; undefined for any other error. In a clone it
 * takes away what says that all is installed, so that the next start installs anew (scripts/ready/dependencies.mjs).
 */
export function missingDependency(error: unknown, folder = root): FedledgerError | undefined {
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { code: "", message: "" };
  if (!["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"].includes(code ?? "")) return undefined;
  if (existsSync(join(folder, "package-lock.json")))
    for (const name of [".fedledger-installed", ".package-lock.json"])
      rmSync(join(folder, "node_modules", name), { force: true });
  return new FedledgerError("DEPENDENCY_MISSING", { reason: message.split("\n", 1)[0] }, error);
}

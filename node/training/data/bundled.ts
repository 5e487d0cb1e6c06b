import { createReadStream, existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createGunzip } from "node:zlib";
import { FedledgerError } from "../../core/errors/error.ts";
import { readCsv, type TableSchema } from "./csv.ts";
import type { Dataset } from "./dataset.ts";

/** The data sets that come with Fedledger (data/README.md: origin and licence). */
export const bundledDatasets = {
  digits: { file: "digits.csv.gz", label: "digit" },
  "breast-cancer": { file: "breast-cancer.csv.gz", label: "diagnosis" },
  diabetes: { file: "diabetes.csv.gz", label: "progression" },
} as const;

/** The name of a bundled data set. */
export type BundledName = keyof typeof bundledDatasets;

/** The file of a bundled data set (gzip CSV, its first line names the columns); undefined for another name. */
export function bundledDatasetPath(name: string): string | undefined {
  if (!Object.hasOwn(bundledDatasets, name)) return undefined;
  const { file } = bundledDatasets[name as BundledName];
  // The package's root is three folders up in the sources, four in the built package.
  const candidates = ["../../../data/", "../../../../data/"].map((folder) =>
    fileURLToPath(new URL(folder + file, import.meta.url)),
  );
  return candidates.find((path) => existsSync(path)) ?? candidates[0];
}

/** Reads a CSV file, plain or ending in .gz. Throws FILE_NOT_FOUND, FILE_UNREADABLE, INVALID_DATA. */
export function readCsvFile(source: string, path: string, schema: TableSchema): Promise<Dataset> {
  return readTableFile(path, (text) => readCsv(source, text, schema));
}

/**
 * Gives a file's text, plain or ending in .gz, to `read`. Throws FILE_NOT_FOUND, FILE_UNREADABLE, and what `read`
 * throws.
 */
export async function readTableFile<T>(
  path: string,
  read: (text: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const file = createReadStream(path);
  const unzip = path.endsWith(".gz") ? createGunzip() : undefined;
  let failure: (Error & { code?: string }) | undefined;
  file.on("error", (error) => {
    failure = error;
    unzip?.destroy(error);
  });
  try {
    return await read(unzip ? file.pipe(unzip) : file);
  } catch (error) {
    if (failure === undefined) throw error;
    if (failure.code === "ENOENT") throw new FedledgerError("FILE_NOT_FOUND", { path }, failure);
    throw new FedledgerError("FILE_UNREADABLE", { path, reason: failure.message }, failure);
  } finally {
    file.destroy();
  }
}

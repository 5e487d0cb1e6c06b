import { createReadStream, existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createGunzip } from "node:zlib";
import { FedledgerError } from "../core/error.ts";
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
  // The package's root is two folders up in the sources, three in the built package.
  const candidates = ["../../data/", "../../../data/"].map((folder) =>
    fileURLToPath(new URL(folder + file, import.meta.url)),
  );
  return candidates.find((path) => existsSync(path)) ?? candidates[0];
}

/** Reads a bundled data set by a specification's schema; the label column is known. Throws INVALID_DATA, FILE_NOT_FOUND. */
export async function readBundled(name: BundledName, schema: TableSchema): Promise<Dataset> {
  const path = bundledDatasetPath(name);
  if (path === undefined)
    throw new FedledgerError("INVALID_ARGUMENT", { name: "name", value: name, expected: "a bundled data set" });
  return readCsvFile(name, path, { ...schema, data: { label: bundledDatasets[name].label, ...schema.data } });
}

/** Reads a CSV file, plain or ending in .gz. Throws FILE_NOT_FOUND, FILE_UNREADABLE, INVALID_DATA. */
export async function readCsvFile(source: string, path: string, schema: TableSchema): Promise<Dataset> {
  const file = createReadStream(path);
  const unzip = path.endsWith(".gz") ? createGunzip() : undefined;
  let failure: (Error & { code?: string }) | undefined;
  file.on("error", (error) => {
    failure = error;
    unzip?.destroy(error);
  });
  try {
    return await readCsv(source, unzip ? file.pipe(unzip) : file, schema);
  } catch (error) {
    if (failure === undefined) throw error;
    if (failure.code === "ENOENT") throw new FedledgerError("FILE_NOT_FOUND", { path }, failure);
    throw new FedledgerError("FILE_UNREADABLE", { path, reason: failure.message }, failure);
  } finally {
    file.destroy();
  }
}

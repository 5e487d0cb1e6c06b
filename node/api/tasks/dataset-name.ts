import { bundledDatasets } from "../../training/index.ts";

/** What a person gives as --data, as the training module names it: a path of a file is a CSV table. */
export function datasetName(given: string): string {
  const known = Object.hasOwn(bundledDatasets, given) || given === "synthetic-ten" || given.startsWith("mnist:");
  return known ? given : `csv:${given}`;
}

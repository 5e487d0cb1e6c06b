import type { ErrorCode } from "../../node/core/errors/error-catalogue.ts";

/**
 * One lie or fault: what happens, who is asked, what comes out in words ("" where the code says it), and the code that
 * it ends with, whose exit code the catalogue knows.
 */
export type FaultRow = readonly [fault: string, asked: string, verdict: string, code?: ErrorCode];

/**
 * Rows of one theme, by the file of their test in the project's folder, then by its title as mocha says it. A title
 * that ends with "…" stands for all that begin so.
 */
export interface FaultTheme {
  readonly name: string;
  readonly tests: Readonly<Record<string, Readonly<Record<string, readonly FaultRow[]>>>>;
}

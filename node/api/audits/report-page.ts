import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type AuditReport, renderReport } from "../../audit/index.ts";
import { readFileText } from "../../system/index.ts";

/**
 * An audit's report for people: one HTML page that loads nothing. Rejects with FILE_NOT_FOUND where the chart library
 * is not installed.
 *
 * @param options.command how the same audit is run again, as text for the reader
 */
export async function reportPage(report: AuditReport, options: { readonly command: string }): Promise<string> {
  const folder = dirname(createRequire(import.meta.url).resolve("uplot/package.json"));
  return renderReport(report, {
    chartScript: await readFileText(join(folder, "dist", "uPlot.iife.min.js")),
    chartStyle: await readFileText(join(folder, "dist", "uPlot.min.css")),
    command: options.command,
  });
}

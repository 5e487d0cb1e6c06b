import type { AnonymityReport, ColumnReport, TableReport, TaskSpec } from "../../api/index.ts";
import { formatTable } from "./output.ts";

type DataSpec = TaskSpec["data"];
type Transform = NonNullable<DataSpec["transforms"]>[number];

const mostLines = 20;
const mostCounted = 1000;

/**
 * What `data check` shows people: each column with what becomes of it, what is trained on, and how alike the rows are.
 */
export function dataReportText(
  { source, rows, columns }: TableReport,
  { transforms = [] }: Pick<DataSpec, "transforms">,
  anonymity: AnonymityReport | undefined,
): string {
  const used = columns.filter((column) => isUsed(column));
  const names = (of: readonly ColumnReport[]) => of.map(({ name }) => name).join(", ") || "none";
  return [
    `${source}: ${rows} rows`,
    formatTable(
      ["column", "used as", "transforms", "values ", "examples: before (shown only here) → after"],
      columns.map((column) => [
        column.name,
        usesOf(column).join(", ") || "not used",
        transforms
          .filter((each) => each.columns.includes(column.name))
          .map(transformText)
          .join(", then "),
        column.erased || !column.masked
          ? count(column.valuesBefore)
          : `${count(column.valuesBefore)} → ${count(column.valuesAfter)}`,
        column.examples.map(({ before, after }) => exampleText(before, after)).join("   "),
      ]),
    ),
    [
      `Trained on as it is: ${names(used.filter(({ masked }) => !masked))}`,
      `Trained on masked: ${names(used.filter(({ masked }) => masked))}`,
      `Not trained on: ${names(columns.filter((column) => !isUsed(column)))}`,
      "No row leaves this machine. What leaves it are updates, made from the values behind the arrows and the columns that are used as they are.",
    ].join("\n"),
    ...(anonymity === undefined ? [] : [anonymityText(anonymity)]),
  ].join("\n\n");
}

/** A transform in a few words. */
function transformText(transform: Transform): string {
  switch (transform.kind) {
    case "replace":
      return `replaced by a table of ${transform.table.length}`;
    case "hash": {
      const into = transform.buckets === undefined ? `to ${transform.bits} bits` : `into ${transform.buckets} buckets`;
      return `hashed ${into} (${transform.salt === "task" ? "the task's" : "own"} salt)`;
    }
    case "erase":
      return transform.to === undefined ? "erased" : `erased to ${JSON.stringify(transform.to)}`;
    case "ranges":
      return `${transform.edges.length - 1} ranges (${transform.to})`;
    case "year":
      return "year";
    case "top-code":
      return `at most ${transform.most}`;
    case "bottom-code":
      return `at least ${transform.least}`;
  }
}

/** How alike the rows are, in a few lines. */
function anonymityText({ k, quasiIdentifiers, rows, groups, smallest, sizes, linesBelow }: AnonymityReport) {
  const shownSizes = sizes.slice(0, mostLines).map((each) => `${each.rows} (${each.groups} ×)`);
  const more = sizes.length > mostLines ? ` … ${sizes.at(-1)?.rows}` : "";
  const lines = linesBelow.slice(0, mostLines).join(", ") + (linesBelow.length > mostLines ? " …" : "");
  return [
    `k-anonymity over ${quasiIdentifiers.join(", ")}: ${rows} rows in ${groups} groups, the smallest has ${smallest}; the task asks for ${k}.`,
    `Rows a group: ${shownSizes.join(", ")}${more}`,
    ...(linesBelow.length === 0
      ? []
      : [
          `${linesBelow.length} rows are in groups below ${k}: line ${lines}`,
          `Without them ${rows - linesBelow.length} rows are left, each alike to ${k - 1} others or more.`,
        ]),
  ].join("\n");
}

/** What a column is used as, for people and programs. */
export function usesOf({ input, label, quasiIdentifier, erased }: ColumnReport): string[] {
  return [
    ...(input === undefined ? [] : [`input ${input}`]),
    ...(label ? ["label"] : []),
    ...(quasiIdentifier ? ["quasi-identifier"] : []),
    ...(erased ? ["erased"] : []),
  ];
}

function isUsed({ input, label }: ColumnReport): boolean {
  return input !== undefined || label;
}

function count(values: number): string {
  return values >= mostCounted ? `${mostCounted}+` : `${values}`;
}

function exampleText(before: string, after: string | number | undefined): string {
  // as in JSON: a file's control characters are not for the terminal
  const short = JSON.stringify(before.length > 24 ? `${before.slice(0, 24)}…` : before).slice(1, -1);
  return after === undefined ? `${short} →` : after === before ? short : `${short} → ${after}`;
}

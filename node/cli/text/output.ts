import { styleText } from "node:util";
import { type FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import { errorCatalogue } from "../../core/errors/error-catalogue.ts";
import { missingDependency } from "./missing-dependency.ts";

/** What a command says: text for people, or JSON lines for programs; never both on standard output. */
export interface Output {
  readonly json: boolean;
  /** A line for people; silent in JSON. */
  say(line: string): void;
  /** An event or a result for programs; `text` is what people read instead, if anything. */
  emit(event: { readonly event: string } & Readonly<Record<string, unknown>>, text?: string): void;
}

/** Output on standard output. */
export function createOutput(json: boolean): Output {
  const write = (line: string) => {
    process.stdout.write(`${line}\n`);
  };
  return {
    json,
    say: (line) => {
      if (!json) write(line);
    },
    emit: (event, text) => {
      if (json) write(JSON.stringify(event, jsonValue));
      else if (text !== undefined) write(text);
    },
  };
}

/** Bold, green and so on, where the terminal takes it (NO_COLOR and pipes are respected). */
export function style(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

/** The exit code that an error means. */
export function exitCodeOf(error: unknown): number {
  const known = isFedledgerError(error) ? error : missingDependency(error);
  return known === undefined ? 1 : errorCatalogue[known.code].exitCode;
}

/**
 * Tells an error on standard error (JSON on standard output too, where asked) and gives the exit code it means.
 *
 * @param of what it is about, for programs: more fields of the event
 */
export function reportError(error: unknown, json: boolean, of: Readonly<Record<string, unknown>> = {}): number {
  const known = isFedledgerError(error) ? error : missingDependency(error);
  if (json) {
    const failure = known
      ? { code: known.code, message: known.message, remedy: known.remedy, data: known.data }
      : { code: "UNEXPECTED", message: String(error) };
    process.stdout.write(`${JSON.stringify({ event: "error", ...of, ...failure }, jsonValue)}\n`);
  }
  if (known === undefined) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
  process.stderr.write(
    `${styleText("red", `${known.code}: ${known.message}`, { stream: process.stderr })}\n  ${known.remedy}\n${causes(known)}`,
  );
  return exitCodeOf(known);
}

function causes(error: FedledgerError): string {
  const cause = error.cause;
  return cause instanceof Error && !error.message.includes(cause.message) ? `  because: ${cause.message}\n` : "";
}

function jsonValue(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

/** Rows as aligned columns: numbers (right) are those whose header ends in a space. */
export function formatTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headers.map((header, column) =>
    Math.max(header.trim().length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        headers[column]?.endsWith(" ")
          ? cell.trim().padStart(widths[column] ?? 0)
          : cell.trim().padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [line(headers), ...rows.map(line)].join("\n");
}

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import pino from "pino";
import pretty from "pino-pretty";
import { FedledgerError, isFedledgerError } from "../core/errors/error.ts";
import type { Log } from "../ports/system.ts";

/** How much a log says; each level includes those before it. */
export const logLevels = ["silent", "error", "warn", "info", "debug"] as const;
/** One of the levels. */
export type LogLevel = (typeof logLevels)[number];

/** Where a log goes, and how much. */
export interface LogOptions {
  readonly level: LogLevel;
  /** A file that is appended to (JSON lines); standard error without one. */
  readonly file?: string;
  /** JSON lines on standard error instead of text for people. */
  readonly json?: boolean;
}

/**
 * A log by pino; throws FILE_UNWRITABLE where its file cannot be written. `error` and `cause` fields become their code
 * and message: no stacks at info, none of their data twice.
 */
export function createLog(options: LogOptions): Log {
  return wrap(
    pino({ level: options.level, base: null, serializers: { error: describe, cause: describe } }, destination(options)),
  );
}

function destination(options: LogOptions) {
  if (options.file !== undefined) {
    try {
      mkdirSync(dirname(options.file), { recursive: true });
      return pino.destination({ dest: options.file, sync: true });
    } catch (error) {
      throw new FedledgerError("FILE_UNWRITABLE", { path: options.file, reason: (error as Error).message }, error);
    }
  }
  if (options.json) return pino.destination({ dest: 2, sync: true });
  return pretty({
    destination: 2,
    sync: true,
    translateTime: "SYS:HH:MM:ss.l",
    ignore: "pid,hostname",
    singleLine: true,
  });
}

function describe(error: unknown): unknown {
  if (isFedledgerError(error))
    return { code: error.code, message: error.message, cause: error.cause && describe(error.cause) };
  return error instanceof Error ? { name: error.name, message: error.message } : error;
}

function wrap(logger: pino.Logger): Log {
  return {
    error: (message, data) => logger.error(plain(data), message),
    warn: (message, data) => logger.warn(plain(data), message),
    info: (message, data) => logger.info(plain(data), message),
    debug: (message, data) => logger.debug(plain(data), message),
    child: (data) => wrap(logger.child(plain(data))),
  };
}

/** JSON has no bigint: they are written as decimal text. */
function plain(data: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, typeof value === "bigint" ? String(value) : value]),
  );
}

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

/** A log that can be given a new file of the same name: who rotates logs moves the old one away first. */
export interface ReopenableLog extends Log {
  reopen(): void;
}

/** What may wait for a disk that is full; beyond it lines are lost. */
const maxWaitingBytes = 1 << 20;

/**
 * A log by pino; throws FILE_UNWRITABLE where its file cannot be opened. `error` and `cause` fields become their code
 * and message: no stacks at info, none of their data twice.
 *
 * A log that cannot be written later (a full disk, a reader that is gone) ends nobody: it says so once, keeps the last
 * 1 MiB, and writes it when it can.
 */
export function createLog(options: LogOptions): ReopenableLog {
  const { file } = options;
  const target = openTarget(file);
  const settings = { level: options.level, base: null, serializers: { error: describe, cause: describe } };
  const logger = pino(settings, file !== undefined || options.json ? target : forPeople(target));
  const reopen = () => {
    try {
      if (file !== undefined) target.reopen();
    } catch {
      // the target has told it, and the old file stays open
    }
  };
  return { ...wrap(logger), reopen };
}

type Target = ReturnType<typeof pino.destination>;

/** The file, or standard error without one. */
function openTarget(file: string | undefined): Target {
  const open = (dest: string | number) => pino.destination({ dest, sync: true, maxLength: maxWaitingBytes });
  if (file === undefined) return open(2).on("error", () => {});
  try {
    mkdirSync(dirname(file), { recursive: true });
    return open(file).on("error", onceTold(file));
  } catch (error) {
    throw new FedledgerError("FILE_UNWRITABLE", { path: file, reason: (error as Error).message }, error);
  }
}

function onceTold(file: string): (error: Error) => void {
  let isTold = false;
  return ({ message }) => {
    if (!isTold) process.stderr.write(`The log ${file} cannot be written (${message}): the work goes on without it.\n`);
    isTold = true;
  };
}

function forPeople(target: Target): pino.DestinationStream {
  const line = pretty.prettyFactory({
    translateTime: "SYS:HH:MM:ss.l",
    ignore: "pid,hostname",
    singleLine: true,
    colorize: pretty.isColorSupported && process.stderr.isTTY,
  });
  return { write: (text) => void target.write(line(text) ?? "") };
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

import { CommanderError } from "commander";
import { FedledgerError, isFedledgerError } from "../core/errors/error.ts";
import { useProxies } from "../system/index.ts";
import { interruptedCode, ownProcess } from "./options/stop-signal.ts";
import { createProgram } from "./program.ts";
import { reportError } from "./text/output.ts";

/** What could not be written to standard output; undefined where all was, or where nobody reads it any more. */
let lost: NodeJS.ErrnoException | undefined;

/** Runs the command line and ends the process with its exit code. */
export async function runMain(args: readonly string[]): Promise<void> {
  ownProcess();
  // whoever reads us may stop (a pager that is closed), and a disk may be full: a node works on, and nothing is thrown
  process.stderr.on("error", () => {});
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (!["EPIPE", "EIO"].includes(error.code ?? "")) lost ??= error;
  });
  const code = await runCommand(args);
  await flush();
  process.exit(code === 0 && lost !== undefined ? tellLost(lost) : code);
}

/** A result that was asked for and not written is no success. */
function tellLost(cause: Error): number {
  return reportError(new FedledgerError("OUTPUT_LOST", { reason: cause.message }, cause), false);
}

/** Runs one command, tells its error if it fails, and gives the exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const json = args.includes("--json");
  try {
    process.exitCode = 0;
    await useProxies(process.env);
    await createProgram().parseAsync([...args], { from: "user" });
    return Number(process.exitCode);
  } catch (error) {
    if (!(error instanceof CommanderError)) return endWith(error, json);
    // commander has printed the help that was asked for, or that of a group whose command is missing
    return error.exitCode === 0 ? 0 : 2;
  }
}

/** Tells an error; what a signal stopped ends with the signal's exit code. */
function endWith(error: unknown, json: boolean): number {
  const code = reportError(error, json);
  return isFedledgerError(error, "INTERRUPTED") ? (interruptedCode() ?? code) : code;
}

/** Waits until what was written to standard output is out: a pipe may be slower than we are. */
async function flush(): Promise<void> {
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => stream.write("", () => resolve()))),
  );
}

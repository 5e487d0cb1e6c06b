import { CommanderError } from "commander";
import { FedledgerError } from "../core/error.ts";
import { reportError } from "./output.ts";
import { createProgram } from "./program.ts";

/** Runs the command line and leaves the exit code in `process.exitCode`; ends the process once it is decided. */
export async function runMain(args: readonly string[]): Promise<void> {
  const json = args.includes("--json");
  let code: number;
  try {
    await createProgram().parseAsync([...args], { from: "user" });
    code = Number(process.exitCode ?? 0);
  } catch (error) {
    // commander has printed the help that was asked for, or that of a group whose command is missing
    const helped = error instanceof CommanderError;
    if (helped && error.exitCode !== 0 && json) {
      reportError(
        new FedledgerError("WRONG_USE", { reason: "a command is missing", command: "fedledger" }, error),
        json,
      );
    }
    code = helped ? (error.exitCode === 0 ? 0 : 2) : reportError(error, json);
  }
  await flush();
  process.exit(code);
}

/** Waits until what was written to standard output is out: a pipe may be slower than we are. */
async function flush(): Promise<void> {
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => stream.write("", () => resolve()))),
  );
}

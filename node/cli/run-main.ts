import { CommanderError } from "commander";
import { reportError } from "./output.ts";
import { createProgram } from "./program.ts";

/** Runs the command line and leaves the exit code in `process.exitCode`; ends the process once it is decided. */
export async function runMain(args: readonly string[]): Promise<void> {
  let code: number;
  try {
    await createProgram().parseAsync([...args], { from: "user" });
    code = Number(process.exitCode ?? 0);
  } catch (error) {
    // commander has printed its own message; its help and version are no errors
    code =
      error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : reportError(error, args.includes("--json"));
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

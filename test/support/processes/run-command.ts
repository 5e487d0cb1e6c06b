import { runCommand } from "../../../node/cli/run-main.ts";

/** What a command that ran in this process left. */
export interface RanCommand {
  /** Its exit code. */
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The JSON lines of standard output. */
  readonly events: readonly Record<string, unknown>[];
}

/**
 * Runs a command of `fedledger` in this process, for loading it in a new one takes most of a second; `env` is set for
 * its time only.
 */
export async function runInProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RanCommand> {
  const { stdout, stderr } = process;
  const written = { stdout: "", stderr: "" };
  const writes = { stdout: stdout.write, stderr: stderr.write };
  const kept = { ...process.env };
  // a node's command lets nobody else read what it writes: what comes after it in this process is no node's
  const umask = process.umask();
  Object.assign(process.env, env);
  const hear = (name: keyof typeof written) => (text: string | Uint8Array) => {
    written[name] += String(text);
    return true;
  };
  Object.assign(stdout, { write: hear("stdout") });
  Object.assign(stderr, { write: hear("stderr") });
  try {
    const exit = await runCommand(args);
    const lines = written.stdout.split("\n").filter((text) => text.startsWith("{"));
    return { exit, ...written, events: lines.map((text) => JSON.parse(text) as Record<string, unknown>) };
  } finally {
    Object.assign(stdout, { write: writes.stdout });
    Object.assign(stderr, { write: writes.stderr });
    process.env = kept;
    process.umask(umask);
    process.exitCode = 0;
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { FedledgerError } from "../../../node/core/errors/error.ts";
import type { Address } from "../../../node/core/ids.ts";
import { projectFolder } from "../../support/processes/fedledger-process.ts";

/** A JSON-RPC endpoint that lies to one member, in a process of its own. */
export interface LyingEndpoint {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts it before an honest one. Rejects with PROCESS_DIED. */
export async function startEndpoint(
  upstream: string,
  about: { readonly federation: Address; readonly victim: Address; readonly lie: string },
): Promise<LyingEndpoint> {
  const path = join(projectFolder, "test", "support", "malicious", "lying-endpoint.ts");
  const child: ChildProcess = spawn(process.execPath, [path, upstream, about.federation, about.victim, about.lie], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once("line", (line) =>
      resolve((JSON.parse(line) as { url: string }).url),
    );
    void ended.then(() =>
      reject(new FedledgerError("PROCESS_DIED", { name: "the endpoint", reason: "it ended", path: "--log FILE" })),
    );
  });
  return {
    url,
    async close() {
      child.kill();
      await ended;
    },
  };
}

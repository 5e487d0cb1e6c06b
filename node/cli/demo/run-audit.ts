import { join } from "node:path";
import { type Chain, publicKeysOf, testAccount } from "../../api/index.ts";
import type { CommandContext } from "../options/command.ts";
import type { LiveView } from "./live-view.ts";
import type { ProcessGroup } from "./processes.ts";

/** The test account that audits: it has no role, and needs no ether. */
const auditorAccount = 99;

/** The first aggregator gives the auditor a grant for the sealed blobs; the audit's arguments that use it. */
export async function grantTo(
  group: ProcessGroup,
  options: Pick<CommandContext, "signal"> & {
    readonly url: string;
    readonly chain: Chain;
    readonly folder: string;
    readonly view: LiveView;
  },
): Promise<readonly string[]> {
  const { url, chain, folder, view, signal } = options;
  const file = join(folder, "grant.json");
  const { encryptionKey: auditor } = await publicKeysOf(testAccount(auditorAccount));
  const record = ["--task", "1", "--rpc", url, "--federation", chain.federation];
  view.status("the aggregator gives the auditor a grant for the sealed blobs");
  const granting = group.start({
    name: "grant",
    args: ["grant", "create", ...record, "--dev-account", "1", "--auditor", auditor, "--out", file],
    maxRestarts: 0,
  });
  await granting.next("granted", { signal });
  await granting.ended;
  view.note(`The blobs are sealed to the members: the aggregator has given the auditor a grant, ${file}`);
  return ["--grant", file, "--dev-account", String(auditorAccount)];
}

/** Runs `fedledger audit` as a process of its own and passes on what it says. */
export async function audit(
  group: ProcessGroup,
  options: Pick<CommandContext, "output" | "signal"> & {
    readonly url: string;
    readonly federation: string;
    readonly report: string;
    /** What opens sealed blobs, as arguments. */
    readonly opening: readonly string[];
    readonly view: LiveView;
  },
): Promise<number> {
  const { url, federation, report, opening, view, output, signal } = options;
  const process = group.start({
    name: "auditor",
    args: ["audit", "--task", "1", "--rpc", url, "--federation", federation, "--report", report, "--force", ...opening],
    maxRestarts: 0,
  });
  const verdict = await process.next("verdict", { signal });
  const code = await process.ended;
  view.status("");
  if (!output.json) view.note(String(verdict.text));
  return code;
}

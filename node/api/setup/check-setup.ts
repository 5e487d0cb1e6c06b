import { availableParallelism, freemem } from "node:os";
import { openedPairsOf } from "../../audit/index.ts";
import { startEmbeddedChain } from "../../chain/index.ts";
import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import { createClock, openJournal } from "../../system/index.ts";
import { type BackendChoice, selectBackend } from "../../training/index.ts";
import { openContent } from "../content/open-content.ts";
import { type FederationOptions, openFederation } from "../record/open-federation.ts";
import { viewOf } from "../record/open-record.ts";
import { clockText } from "./clock-text.ts";

/** One thing that Fedledger needs, and whether it is there. */
export interface SetupCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What there is; where it is not ok, the error and its remedy. */
  readonly text: string;
}

/** Hears each check as it is done. */
type Tell = (check: SetupCheck) => void;

/**
 * Checks what this machine needs to run nodes and a demo: Node, memory, training, the journal's SQLite, and the local
 * chain with its native part, which is started and closed again. Takes some seconds. Never rejects.
 */
export async function checkMachine(
  options: { readonly backend?: BackendChoice | undefined; readonly onCheck?: Tell | undefined } = {},
): Promise<readonly SetupCheck[]> {
  const checks = createChecks(options.onCheck);
  await checks.run("node", async () => `Node ${process.versions.node} on ${process.platform} ${process.arch}`);
  await checks.run(
    "machine",
    async () => `${availableParallelism()} cores, ${(freemem() / 2 ** 30).toFixed(1)} GiB of memory free`,
  );
  await checks.run("training", async () => (await selectBackend(options.backend ?? "auto")).description);
  await checks.run("journal", async () => {
    await openJournal(":memory:").close();
    return `SQLite ${process.versions.sqlite ?? ""}`.trim();
  });
  await checks.run("local chain", async () => {
    const chain = await startEmbeddedChain({ port: 0, accounts: 1, blockIntervalMs: 0 });
    await chain.close();
    return "the chain of the demo starts on this machine";
  });
  return checks.done;
}

/**
 * Checks a federation as members and auditors need it: its endpoint, its code against this version's, whether opened
 * sums of a task tell too much, and whether members have registered gateways. Never rejects.
 */
export async function checkFederation(
  options: FederationOptions & { readonly taskId?: number | undefined; readonly onCheck?: Tell | undefined },
): Promise<readonly SetupCheck[]> {
  const { taskId = 1 } = options;
  const checks = createChecks(options.onCheck);
  await checks.run("chain", async () => {
    const chain = await openFederation(options);
    const head = await chain.head();
    await checks.run("clock", async () => clockText(head.timestampS, createClock().nowMs()));
    const members = await chain.members();
    const count = await chain.taskCount();
    await checks.run("code", async () => {
      const { federation } = chain;
      const { differing } = await chain.codes();
      if (differing.length === 0)
        return "the codes of the federation, its court and its proofs are those of this version";
      throw new FedledgerError("CODE_DIFFERS", { names: differing.join(", "), address: federation });
    });
    if (count > 0) await checks.run("sums", async () => sumsText(await viewOf({ chain, taskId })));
    await checks.run("content", async () => {
      await openContent({ record: { chain } });
      return "members have registered gateways";
    });
    return `federation ${chain.federation} on chain ${chain.chainId}, block ${head.number}, ${members.length} members, ${count} tasks`;
  });
  return checks.done;
}

function createChecks(onCheck: Tell = () => undefined) {
  const done: SetupCheck[] = [];
  const run = async (name: string, work: () => Promise<string>): Promise<void> => {
    const check = await work().then(
      (text): SetupCheck => ({ name, ok: true, text }),
      (error: unknown): SetupCheck => ({ name, ok: false, text: faultText(error) }),
    );
    done.push(check);
    onCheck(check);
  };
  return { done, run };
}

function faultText(error: unknown): string {
  return isFedledgerError(error) ? `${error.code}: ${error.message} ${error.remedy}` : String(error);
}

/** Which opened sums of a task's masked rounds tell one member's update together. */
function sumsText(view: TaskView): string {
  const pairs = openedPairsOf(view).map(({ rounds, member }) => `rounds ${rounds.join(" and ")} (${member})`);
  if (pairs.length === 0) return `no two opened sums of task ${view.taskId} differ by one member`;
  return `in task ${view.taskId} two opened sums over one base differ by one member, whose update they tell together: ${pairs.join(", ")}`;
}

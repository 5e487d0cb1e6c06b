import { existsSync } from "node:fs";
import { availableParallelism, freemem } from "node:os";
import { openedPairsOf } from "../../audit/index.ts";
import { createChainReader, differingCodes } from "../../chain/index.ts";
import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import { foldTask } from "../../core/record/fold-task.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import { createClock } from "../../system/index.ts";
import { selectBackend } from "../../training/index.ts";
import { defineCommand } from "../options/command.ts";
import { openContent } from "../results/content.ts";
import { finalityOf, recordSettings } from "../running/session.ts";
import { style } from "../text/output.ts";

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly text: string;
}

/** `fedledger doctor`. */
export const doctorCommand = () =>
  defineCommand({
    name: "doctor",
    summary: "check what Fedledger needs: Node, training backend, endpoint, federation and its code, content",
    settings: ["task", ...recordSettings, "backend", "keystore"],
    run: async (values, { output, log }) => {
      const checks: Check[] = [];
      const check = async (name: string, work: () => Promise<string>) => {
        const result = await work().then(
          (text) => ({ name, ok: true, text }),
          (error: unknown) => ({
            name,
            ok: false,
            text: isFedledgerError(error) ? `${error.message} ${error.remedy}` : String(error),
          }),
        );
        checks.push(result);
        const { ok, text } = result;
        output.emit(
          { event: "check", ...result },
          `${ok ? style("green", "ok  ") : style("red", "FAIL")} ${name.padEnd(11)} ${text}`,
        );
      };
      await check("node", async () => `Node ${process.versions.node} on ${process.platform} ${process.arch}`);
      await check(
        "machine",
        async () => `${availableParallelism()} cores, ${(freemem() / 2 ** 30).toFixed(1)} GiB of memory free`,
      );
      await check("training", async () => (await selectBackend(values.backend ?? "auto")).description);
      if (values.keystore !== undefined) {
        const path = values.keystore;
        await check("keystore", async () =>
          existsSync(path) ? `${path} is there` : Promise.reject(new Error(`${path} is not there`)),
        );
      }
      if (values.federation === undefined) {
        output.say("     no --federation given: the chain was not looked at");
      } else {
        const { federation } = values;
        await check("chain", async () => {
          const finality = await finalityOf(values, log);
          const chain = await createChainReader({
            urls: values.rpc ?? [],
            federation,
            finality,
            log,
            clock: createClock(),
          });
          const head = await chain.head();
          const members = await chain.members();
          const count = await chain.taskCount();
          await check("code", async () => {
            const differing = await differingCodes({ urls: values.rpc ?? [], federation: chain.federation, log });
            if (differing.length === 0)
              return "the codes of the federation, its court and its proofs are those of this version";
            throw new FedledgerError("CODE_DIFFERS", { names: differing.join(", "), address: chain.federation });
          });
          if (count > 0) {
            await check("sums", async () => sumsText(foldTask(await chain.history(values.task ?? 1))));
          }
          await check("content", async () => {
            await openContent(chain, undefined);
            return "members have registered gateways";
          });
          return `federation ${chain.federation} on chain ${chain.chainId}, block ${head.number}, ${members.length} members, ${count} tasks`;
        });
      }
      return checks.every(({ ok }) => ok) ? 0 : 1;
    },
  });

/** Which opened sums of a task's masked rounds tell one member's update together. */
function sumsText(view: TaskView): string {
  const pairs = openedPairsOf(view).map(({ rounds, member }) => `rounds ${rounds.join(" and ")} (${member})`);
  if (pairs.length === 0) return `no two opened sums of task ${view.taskId} differ by one member`;
  return `in task ${view.taskId} two opened sums over one base differ by one member, whose update they tell together: ${pairs.join(", ")}`;
}

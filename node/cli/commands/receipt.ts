import { Command } from "commander";
import { buildReceipt, verifyReceipt } from "../../audit/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { foldTask } from "../../core/record/fold-task.ts";
import type { ChainReader } from "../../ports/index.ts";
import { readFileText, writeFileAtomic } from "../../system/index.ts";
import { accountArgument } from "../options/account-argument.ts";
import { defineCommand } from "../options/command.ts";
import { required } from "../options/options.ts";
import { openRecord, recordSettings } from "../running/session.ts";
import { style } from "../text/output.ts";

/** `fedledger receipt`. */
export function receiptCommand(): Command {
  const receipt = new Command("receipt")
    .summary("proofs that one update is in one round")
    .description(
      "Receipts: proofs that one participant's update is in one round, from the contract's stored head alone.",
    );
  receipt.addCommand(
    defineCommand({
      name: "create",
      summary: "write the receipt of a participant's update",
      settings: ["task", "round", "participant", ...recordSettings, "out", "force"],
      run: async (values, { output, log, signal }) => {
        const taskId = values.task ?? 1;
        const participant = await accountArgument(required(values.participant, "participant"));
        const chain = await openRecord(values, log);
        const events = await chain.history(taskId, { signal });
        const round = values.round ?? lastAccepted(events, taskId);
        const made = buildReceipt({ chainId: chain.chainId, federation: chain.federation, events, round, participant });
        const text = `${JSON.stringify(made, undefined, 2)}\n`;
        if (values.out === undefined) {
          output.emit({ event: "receipt", receipt: made }, text);
          return 0;
        }
        await writeFileAtomic(values.out, text, { replace: values.force ?? false });
        output.emit(
          { event: "written", path: values.out, round, participant },
          `The receipt of ${participant} for round ${round} is in ${values.out}`,
        );
        return 0;
      },
    }),
  );
  receipt.addCommand(
    defineCommand({
      name: "verify <file>",
      summary: "check a receipt against the head of the history that the contract stores",
      details: "Exit codes: 0 it proves what it says · 3 it does not.",
      settings: recordSettings,
      run: async (values, { output, log }, [file = ""]) => {
        const given = parse(file, await readFileText(file));
        const chain = await openRecord(values, log);
        const taskId = Number((given as { taskId?: unknown } | null)?.taskId ?? 1);
        const historyHead = await headOf(chain, taskId, given);
        const verdict = verifyReceipt(given, {
          chainId: chain.chainId,
          federation: chain.federation,
          taskId,
          historyHead,
        });
        if (!verdict.valid) {
          output.emit(
            { event: "verdict", valid: false, reason: verdict.reason },
            style("red", `The receipt proves nothing: ${verdict.reason}.`),
          );
          return 3;
        }
        const { receipt, commitment, included } = verdict;
        output.emit(
          {
            event: "verdict",
            valid: true,
            included,
            round: receipt.round,
            participant: receipt.participant,
            commitment,
          },
          style(
            "green",
            `Proven: the update ${commitment.updateRoot} of ${receipt.participant} (weight ${commitment.weight}) is in round ${receipt.round} of task ${taskId}`,
          ) +
            (included
              ? ", and the round's model is made of it, among others."
              : ", but the round's result was made without it."),
        );
        return 0;
      },
    }),
  );
  return receipt;
}

/**
 * The stored head, or the head that the contract recorded when the receipt's last round ended: later rounds do not
 * spoil a receipt.
 */
async function headOf(chain: ChainReader, taskId: number, receipt: unknown): Promise<`0x${string}`> {
  const named = (receipt as { head?: unknown } | null)?.head;
  const recorded = (await chain.history(taskId)).find((event) => "historyHead" in event && event.historyHead === named);
  return recorded && "historyHead" in recorded ? recorded.historyHead : (await chain.storedState(taskId)).historyHead;
}

function lastAccepted(events: Parameters<typeof foldTask>[0], taskId: number): number {
  const last = foldTask(events).rounds.findLast((round) => round.result !== undefined && !round.void);
  if (last !== undefined) return last.round;
  throw new FedledgerError("INVALID_CONFIG", { name: "--round", reason: `task ${taskId} has no accepted round yet` });
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FedledgerError("FILE_UNREADABLE", { path, reason: "it is not JSON" }, error);
  }
}

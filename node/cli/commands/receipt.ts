import { Command } from "commander";
import { checkReceipt, createReceipt } from "../../api/index.ts";
import { required } from "../../config/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { readFileText, writeFileAtomic } from "../../system/index.ts";
import { accountArgument } from "../options/account-argument.ts";
import { defineCommand } from "../options/command.ts";
import { openRecordOf, recordSettings } from "../running/session.ts";
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
        const record = { chain: await openRecordOf(values, log), taskId };
        const made = await createReceipt(record, { participant, round: values.round, signal });
        const { round } = made;
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
        const taskId = Number((given as { taskId?: unknown } | null)?.taskId ?? 1);
        const verdict = await checkReceipt({ chain: await openRecordOf(values, log), taskId }, given);
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

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FedledgerError("FILE_UNREADABLE", { path, reason: "it is not JSON" }, error);
  }
}

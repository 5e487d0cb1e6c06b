import { join } from "node:path";
import type { TaskView } from "../../core/record/task-view.ts";
import { parseTaskSpecJson } from "../../core/task/task-spec.ts";
import { requireLedger } from "../../participant/update/noise-ledger.ts";
import type { Chain } from "../../ports/index.ts";
import type { NoiseLedger } from "../../ports/noise.ts";
import { createNoiseLedgerFile } from "../../system/noise-ledger-file.ts";

/**
 * The noise ledger that a participant's options name, held against what the chain knows of its account in a task. It is
 * one for all tasks and federations of a base folder, and made with its first entry. Rejects with PRIVACY_LEDGER_LOST,
 * PRIVACY_LEDGER_UNREADABLE, STORAGE_FAILED.
 */
export async function openLedger(
  {
    ledger: path,
    directory = ".fedledger",
  }: { readonly ledger?: string | undefined; readonly directory?: string | undefined },
  chain: Chain,
  view: TaskView,
): Promise<NoiseLedger> {
  const ledger = createNoiseLedgerFile(path ?? join(directory, "noise-ledger.sqlite"));
  await requireLedger({ chain, ledger }, parseTaskSpecJson(view.spec), view);
  return ledger;
}

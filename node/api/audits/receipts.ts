import { buildReceipt, type ReceiptVerdict, type UpdateReceipt, verifyReceipt } from "../../audit/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32, RoundNumber } from "../../core/ids.ts";
import { foldTask } from "../../core/record/fold-task.ts";
import type { TaskReader } from "../record/open-record.ts";

/** Whose update, in which round. */
export interface ReceiptOptions {
  readonly participant: Address;
  /** Default the last accepted one that is not void. */
  readonly round?: RoundNumber | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The receipt of a participant's update: plain JSON, which proves by the contract's stored head alone that the update
 * is in its round. Rejects with UNKNOWN_TASK, NO_RECEIPT, INVALID_CONFIG where no round was accepted yet.
 */
export async function createReceipt(
  { chain, taskId }: TaskReader,
  { participant, round, signal }: ReceiptOptions,
): Promise<UpdateReceipt> {
  const events = await chain.history(taskId, signal === undefined ? {} : { signal });
  const last = () => foldTask(events).rounds.findLast((each) => each.result !== undefined && !each.void)?.round;
  const chosen = round ?? last();
  if (chosen === undefined) {
    const reason = `task ${taskId} has no accepted round yet`;
    throw new FedledgerError("INVALID_CONFIG", { name: "--round", reason });
  }
  return buildReceipt({ ...deploymentOf(chain), events, round: chosen, participant });
}

/**
 * Whether a receipt proves what it says, by the head that the contract stores now, or that it recorded when the
 * receipt's last round ended: later rounds do not spoil a receipt. Rejects with UNKNOWN_TASK, RPC_UNREACHABLE; never
 * for what a stranger hands in.
 *
 * @param receipt the receipt's parsed JSON
 */
export async function checkReceipt({ chain, taskId }: TaskReader, receipt: unknown): Promise<ReceiptVerdict> {
  const historyHead = await headFor({ chain, taskId }, (receipt as { head?: unknown } | null)?.head);
  return verifyReceipt(receipt, { ...deploymentOf(chain), taskId, historyHead });
}

async function headFor({ chain, taskId }: TaskReader, named: unknown): Promise<Bytes32> {
  const recorded = (await chain.history(taskId)).find((event) => "historyHead" in event && event.historyHead === named);
  return recorded && "historyHead" in recorded ? recorded.historyHead : (await chain.storedState(taskId)).historyHead;
}

function deploymentOf({ chainId, federation }: TaskReader["chain"]) {
  return { chainId, federation };
}

import { FedledgerError } from "../../core/errors/error.ts";
import type { TaskId } from "../../core/ids.ts";
import type { ChainUpdate, Log, RecordDoubt } from "../../ports/index.ts";
import type { HeadWatch, LinkedHead } from "../rpc/head-watch.ts";
import { isOutage } from "../rpc/outage.ts";
import { type LookDeps, lookUntilFits } from "./look-until-fits.ts";
import type { RecordLook, TaskRecord } from "./task-record.ts";

/** What following a task needs. */
export interface FollowDeps extends LookDeps {
  readonly watch: HeadWatch;
  readonly newRecord: (taskId: TaskId) => TaskRecord;
  readonly taskCount: () => Promise<number>;
  readonly log: Log;
}

/**
 * ChainReader.follow. Throws UNKNOWN_TASK when there is no such task at first, CHAIN_RESET when the chain is another
 * one than it was.
 */
export async function* followTask(
  deps: FollowDeps,
  taskId: TaskId,
  { signal, onDoubt }: { readonly signal: AbortSignal; readonly onDoubt?: ((doubt: RecordDoubt) => void) | undefined },
): AsyncGenerator<ChainUpdate> {
  const record = deps.newRecord(taskId);
  const doubts = createDoubts(deps, onDoubt);
  let toldAny = false;

  async function updateFor(first: LinkedHead): Promise<ChainUpdate | undefined> {
    const { look, head } = await lookUntilFits(deps, record, first, doubts.misfit, signal);
    doubts.settled(look, head);
    // A task that exists but is not final yet, or whose creation was undone, may still come.
    if (look.kind === "none" && !toldAny && (await deps.taskCount()) < taskId) {
      throw new FedledgerError("UNKNOWN_TASK", { taskId });
    }
    if (look.kind !== "fits") return undefined;
    toldAny = true;
    const { number, hash, timestampS } = head;
    const { view, events, reset } = look;
    return { head: { number, hash, timestampS }, view, events, reset };
  }

  for await (const head of deps.watch.heads(signal)) {
    const update = await untilAnswered(() => updateFor(head), deps, signal);
    if (update && !signal.aborted) yield update;
  }
}

/** Tells once when the endpoints' record is in doubt, and once when it is not any more. */
function createDoubts({ log, rpc }: FollowDeps, onDoubt: (doubt: RecordDoubt) => void = () => undefined) {
  let doubted: RecordDoubt["kind"] | undefined;
  let provenTo: number | undefined;
  const tell = (doubt: RecordDoubt): void => {
    if (doubt.kind === doubted) return;
    doubted = doubt.kind;
    onDoubt(doubt);
  };
  return {
    misfit({ endpoint, block, differing }: { endpoint: string; block: number; differing: string }): void {
      log.debug("The record does not fit", { code: "ENDPOINT_BEHIND", endpoint, block, differing });
      tell({ kind: "endpoint-behind", endpoint, block, differing });
    },
    settled(look: RecordLook, { number: block }: LinkedHead): void {
      if (look.kind === "lower") {
        const endpoint = rpc.doubt();
        tell({
          kind: "endpoint-behind",
          endpoint,
          block,
          differing: "its newest block is below one that it showed before",
        });
      } else if (look.kind === "fits" && look.stored === undefined) {
        tell({ kind: "record-unproven", block, provenTo });
      } else if (look.kind === "fits") {
        provenTo = block;
        if (doubted !== undefined) tell({ kind: "record-fits", block });
        doubted = undefined;
      }
    },
  };
}

/** Repeats over outages of the endpoints; undefined once the signal aborts. */
async function untilAnswered<T>(
  work: () => Promise<T>,
  { clock, log, pauseMs }: FollowDeps,
  signal: AbortSignal,
): Promise<T | undefined> {
  while (!signal.aborted) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!isOutage(error)) throw error;
      log.debug("Reading again", { error });
      await clock.sleep(pauseMs, { signal }).catch(() => {});
    }
  }
  return undefined;
}

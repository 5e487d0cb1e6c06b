import type { Chain, ChainCall } from "../../ports/chain.ts";
import type { Log } from "../../ports/system.ts";
import type { Progress } from "../progress/progress.ts";
import type { ActionResult } from "./action-runner.ts";
import { progressOf } from "./calls.ts";

/** What sending needs. */
export interface SendCallDeps {
  readonly chain: Chain;
  readonly log: Log;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** What a mined call leaves behind. */
export type Sent = ActionResult & { readonly minedInBlock: number; readonly gasUsed: number };

/** Sends a call, and tells of it. Resolves when it is mined; rejects as Chain.send does. */
export async function sendCall(
  { chain, log, onProgress }: SendCallDeps,
  call: ChainCall,
  signal: AbortSignal,
): Promise<Sent> {
  const { gasUsed, blockNumber, transactionHash } = await chain.send(call, { signal });
  log.debug("A transaction was mined", { call: call.kind, gasUsed, blockNumber, transactionHash });
  const progress = progressOf(call, gasUsed);
  if (progress !== undefined) onProgress?.(progress);
  return { minedInBlock: blockNumber, gasUsed };
}

import { type Address, etherText, type FederationNode, type NodeEvents, type Progress } from "../../api/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { CommandContext } from "../options/command.ts";
import { untilStopped } from "../options/stop-signal.ts";
import { progressText } from "../text/progress-text.ts";

/**
 * Runs a node until its work is done or it is stopped: starts it, tells its progress, and closes everything in order.
 */
export async function runRole(
  name: string,
  { output, log, signal }: CommandContext,
  open: (events: NodeEvents) => Promise<FederationNode>,
  options: { readonly exitWhenFinal: boolean },
): Promise<number> {
  const onProgress = (progress: Progress) => {
    const text = progressText(progress);
    if (output.json || text !== undefined) output.emit({ event: "progress", ...progress }, text);
  };
  const onReceived = (bytes: number) => output.emit({ event: "received", bytes });
  // it may take as long as an endpoint or a peer does: nothing is owed to anybody yet
  const node = await untilStopped(open({ log, onProgress, onReceived }), signal);
  try {
    signal.throwIfAborted();
    node.start();
    output.emit(
      { event: "started", role: name, account: node.account, gateway: node.gatewayUrl },
      `The ${name} ${node.account} has started${node.gatewayUrl ? `; blobs for auditors at ${node.gatewayUrl}` : ""} (Ctrl-C stops it)`,
    );
    const stopped = new Promise<{ readonly kind: "stopped" }>((resolve) =>
      signal.addEventListener("abort", () => resolve({ kind: "stopped" }), { once: true }),
    );
    const outcome = await Promise.race([node.done, stopped]);
    const { kind } = outcome;
    if (kind === "too-late") {
      output.emit({ event: "ended", outcome: kind }, "This task ended before you joined: you contributed nothing");
      return 1;
    }
    if (kind === "final" && !options.exitWhenFinal) {
      output.emit({ event: "final" }, "Still serving its blobs to members and auditors; Ctrl-C stops it");
      await stopped;
    }
    output.emit(
      { event: "ended", outcome: kind },
      kind === "left" ? "This account has left the task (--reenter takes a place again)" : undefined,
    );
    if (outcome.kind === "unpaid") throw unpaid(node.account, outcome.owedWei);
    if (outcome.kind === "failed") throw outcome.error;
    return 0;
  } catch (error) {
    if (signal.aborted) return 0;
    throw error;
  } finally {
    await node.close();
  }
}

/** All is done, but for what the account is owed, and cannot pay the gas to take out. */
function unpaid(account: Address, owedWei: bigint): FedledgerError {
  const purpose = `taking out the ${etherText(owedWei)} ether that it is owed (then: fedledger bond withdraw)`;
  return new FedledgerError("INSUFFICIENT_FUNDS", { account, purpose });
}

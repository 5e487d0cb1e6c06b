import { type ComposedNode, etherText, type NodeEvents, type Progress } from "../../api/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { CommandContext } from "../options/command.ts";
import { progressText } from "../text/progress-text.ts";

/**
 * Runs a node until its work is done or it is stopped: starts it, tells its progress, and closes everything in order.
 */
export async function runRole(
  name: string,
  { output, log, signal }: CommandContext,
  open: (events: NodeEvents) => Promise<ComposedNode>,
  options: { readonly exitWhenFinal: boolean },
): Promise<number> {
  const onProgress = (progress: Progress) => {
    const text = progressText(progress);
    if (output.json || text !== undefined) output.emit({ event: "progress", ...progress }, text);
  };
  const onReceived = (bytes: number) => output.emit({ event: "received", bytes });
  const node = await open({ log, onProgress, onReceived });
  try {
    signal.throwIfAborted();
    node.role.start();
    output.emit(
      { event: "started", role: name, account: node.chain.account, gateway: node.gatewayUrl },
      `The ${name} ${node.chain.account} has started${node.gatewayUrl ? `; blobs for auditors at ${node.gatewayUrl}` : ""} (Ctrl-C stops it)`,
    );
    const stopped = new Promise<"stopped">((resolve) =>
      signal.addEventListener("abort", () => resolve("stopped"), { once: true }),
    );
    const outcome = await Promise.race([node.role.done, stopped]);
    if (outcome !== "stopped" && outcome.kind === "too-late") {
      output.emit(
        { event: "ended", outcome: outcome.kind },
        "This task ended before you joined: you contributed nothing",
      );
      return 1;
    }
    if (outcome !== "stopped" && outcome.kind === "unpaid") {
      output.emit(
        { event: "ended", outcome: outcome.kind, owedWei: outcome.owedWei },
        `${etherText(outcome.owedWei)} ether are owed to this account, and it has no ether left to take them out`,
      );
      throw new FedledgerError("INSUFFICIENT_FUNDS", {
        account: node.chain.account,
        purpose: "taking out what is owed to it: then run fedledger bond withdraw",
      });
    }
    if (outcome !== "stopped" && outcome.kind === "final" && !options.exitWhenFinal) {
      output.emit({ event: "final" }, "Still serving its blobs to members and auditors; Ctrl-C stops it");
      await stopped;
    }
    const kind = outcome === "stopped" ? "stopped" : outcome.kind;
    output.emit(
      { event: "ended", outcome: kind },
      kind === "left" ? "This account has left the task (--reenter takes a place again)" : undefined,
    );
    return 0;
  } catch (error) {
    if (signal.aborted) return 0;
    throw error;
  } finally {
    await node.close();
  }
}

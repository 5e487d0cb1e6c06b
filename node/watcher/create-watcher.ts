import type { Bytes32 } from "../core/ids.ts";
import type { ActionResult } from "../rounds/action-runner.ts";
import { ownContact } from "../rounds/contact.ts";
import { createDriver } from "../rounds/driver.ts";
import { judgeProposal } from "../rounds/judge-proposal.ts";
import { createModelSource } from "../rounds/model-source.ts";
import { type NodeTimes, nodeTimes } from "../rounds/node-times.ts";
import type { RoleDeps, RoleProcess } from "../rounds/role-process.ts";
import { sendCall } from "../rounds/send-call.ts";
import { type WatcherAction, type WatcherEvent, type WatcherState, watcherMachine } from "./watcher-machine.ts";

/** A watcher's own settings; what the task fixes comes from the chain. */
export interface WatcherOptions extends Partial<Pick<NodeTimes, "republishMs" | "settleBlocks">> {
  /** X25519 public key for the registry, where the account has a role and so a place in it. */
  readonly encryptionKey: Bytes32;
  /** Goes on admitting peers after the task is complete, until stopped (default false). */
  readonly linger?: boolean;
}

/**
 * A watcher: recomputes every proposal from the round's updates, and sends the proof when one is wrong. It keeps nothing that
 * chain and blobs do not say, so it may die and restart at any instant. A proof is checked here as the contract checks
 * it, then simulated, and only then sent: what cannot be proven is told, not challenged.
 */
export function createWatcher(deps: RoleDeps, options: WatcherOptions): RoleProcess {
  const { taskId, chain, store, transport, clock, random, log, onProgress } = deps;
  const { republishMs, settleBlocks } = nodeTimes(options);
  const source = createModelSource({ store, transport });

  async function perform(
    action: WatcherAction,
    context: {
      readonly state: WatcherState;
      readonly signal: AbortSignal;
      readonly emit: (event: WatcherEvent) => void;
    },
  ): Promise<ActionResult | undefined> {
    const { state, signal, emit } = context;
    switch (action.kind) {
      case "send":
      case "challenge":
        return await sendCall({ chain, log, onProgress }, action.call, signal, state.view);
      case "withdraw": {
        const { creditWei } = await chain.bondOf(chain.account);
        const call = { kind: "withdrawCredit" } as const;
        const sent = creditWei > 0n ? await sendCall({ chain, log, onProgress }, call, signal, state.view) : undefined;
        if (sent !== undefined) onProgress?.({ kind: "rewarded", amountWei: creditWei, gasUsed: sent.gasUsed });
        emit({ kind: "rewarded", won: action.won });
        return sent;
      }
      case "judge": {
        const { round, subject } = action;
        const startMs = clock.nowMs();
        const again = state.judged.has(subject);
        const look = { view: state.view!, members: state.members, signal };
        const judgement = await judgeProposal({ store, source, log, onProgress, again }, round, look);
        if (judgement.agrees) {
          onProgress?.({ kind: "recomputed", round: round.round, durationMs: clock.nowMs() - startMs });
        }
        emit({ kind: "judged", subject, judgement });
        return judgement.withheld ? { repeatMs: republishMs } : undefined;
      }
    }
  }

  return createDriver<WatcherState, WatcherEvent, WatcherAction>({
    taskId,
    chain,
    transport,
    clock,
    random,
    log,
    machine: watcherMachine(chain.account, { contact: ownContact(transport, options.encryptionKey), settleBlocks }),
    perform,
    onProgress,
    linger: options.linger,
  });
}

import { isFedledgerError } from "../core/error.ts";
import { weiOfGwei } from "../core/ether.ts";
import { hexEquals } from "../core/hex.ts";
import type { Bytes32 } from "../core/ids.ts";
import type { Journal } from "../ports/system.ts";
import { type ActionResult, reasonOf } from "../rounds/action-runner.ts";
import { createBondBringer } from "../rounds/bring-bond.ts";
import { ownContact } from "../rounds/contact.ts";
import { createCourtClerk } from "../rounds/court-actions.ts";
import { createDriver } from "../rounds/driver.ts";
import { holdSharesProtocol } from "../rounds/mask-messages.ts";
import { holdProtocol } from "../rounds/messages.ts";
import { createModelSource } from "../rounds/model-source.ts";
import { type NodeTimes, nodeTimes } from "../rounds/node-times.ts";
import type { RoleDeps, RoleProcess } from "../rounds/role-process.ts";
import { sendCall } from "../rounds/send-call.ts";
import { createShareBundles } from "../rounds/share-bundles.ts";
import { createTaskSealing } from "../rounds/task-sealing.ts";
import { aggregateEncrypted } from "./aggregate-encrypted.ts";
import { aggregateRound } from "./aggregate-round.ts";
import {
  type AggregatorAction,
  type AggregatorEvent,
  type AggregatorState,
  aggregatorMachine,
  updateKey,
} from "./aggregator-machine.ts";
import { createCustodyJournal, createMemoryJournal } from "./custody-journal.ts";
import { createGatherQueue } from "./gather-queue.ts";
import { createSharesHolder } from "./hold-shares.ts";
import { createUpdateHolder } from "./hold-updates.ts";
import { openRound } from "./open-round.ts";

/** What an aggregator works with; the caller also closes the journal. */
export interface AggregatorDeps extends RoleDeps {
  /** Where it notes what it signed custody for, so that no restart makes it break its word; without one it knows as long as it lives. */
  readonly journal?: Journal;
}

/** An aggregator's own settings; what the task fixes comes from the chain. */
export interface AggregatorOptions extends Partial<NodeTimes> {
  /** X25519 public key for the registry. */
  readonly encryptionKey: Bytes32;
  /** Enrolled participants to wait for before the first round (default: the task's minUpdates). */
  readonly openWhenEnrolled?: number;
  /** Goes on admitting peers and serving blobs after the task is complete, until stopped (default false). */
  readonly linger?: boolean;
  /** Updates fetched at a time, and as many again for holding (default 4); each needs 4 bytes a parameter of memory, 8 while it is unsealed. */
  readonly gatherConcurrency?: number;
}

/**
 * An aggregator: opens and closes rounds, holds updates for participants, computes and proposes the model when assigned,
 * and finalizes. Beside what chain and blobs say it keeps only its own words of custody, so it may die and restart at any instant, and another takes over.
 */
export function createAggregator(deps: AggregatorDeps, options: AggregatorOptions): RoleProcess {
  const { taskId, chain, store, transport, clock, random, log, onProgress } = deps;
  const times = nodeTimes(options);
  const me = chain.account;
  const journal = deps.journal ?? createMemoryJournal();
  const sealing = deps.keys && createTaskSealing({ ...deps, keys: deps.keys, journal });
  const source = createModelSource({ store, transport, sealing });
  const clerk = createCourtClerk({ chain, source, random, log, onProgress });
  const bundles = createShareBundles({ store, transport });
  const concurrency = options.gatherConcurrency ?? 4;
  const queue = createGatherQueue(concurrency);
  const bringBond = createBondBringer(
    { chain, log, onProgress },
    "aggregator",
    (bond) => bond.freeWei + bond.lockedWei,
  );
  const custody = createCustodyJournal(journal);
  let aggregateStartMs = clock.nowMs();
  let aggregating: string | undefined;
  const adding = { me, store, source, transport, log, onProgress, timeoutMs: times.holdTimeoutMs, memory: {} };

  async function perform(
    action: AggregatorAction,
    context: {
      readonly state: AggregatorState;
      readonly signal: AbortSignal;
      readonly emit: (event: AggregatorEvent) => void;
    },
  ): Promise<ActionResult | undefined> {
    const { state, signal, emit } = context;
    const look = { view: state.view!, members: state.members, signal };
    switch (action.kind) {
      case "send": {
        const sent = await sendCall({ chain, log, onProgress }, action.call, signal, state.view);
        if (action.call.kind === "propose" || action.call.kind === "proposeOpened") {
          const durationMs = clock.nowMs() - aggregateStartMs;
          onProgress?.({ kind: "proposed", round: action.call.round, gasUsed: sent.gasUsed, durationMs });
        }
        return sent;
      }
      case "bond": {
        const sent = await bringBond(action.bondWei, look);
        emit({ kind: "bonded" });
        return sent;
      }
      case "push":
        return await sendCall({ chain, log, onProgress }, action.call, signal, state.view);
      case "answer":
        return await clerk.perform(action, look);
      case "gather": {
        const { commitment } = action;
        try {
          await queue.run(() => source.update(commitment, look), signal);
          emit({ kind: "update", commitment, fact: "here" });
        } catch (error) {
          if (!isFedledgerError(error, "SEAL_BROKEN")) throw error;
          log.debug("A sealed update does not open", { round: commitment.round, ...reasonOf(error) });
          emit({ kind: "update", commitment, fact: "unusable" });
        }
        const { updates, view } = driver.state();
        const of = view?.rounds.find(({ round }) => round === commitment.round)?.commitments ?? [];
        const gathered = of.filter((one) => updates.has(updateKey(one))).length;
        onProgress?.({ kind: "gathered", round: commitment.round, updates: gathered, of: of.length });
        return;
      }
      case "gather-shares":
        await bundles.get(action.of, action.round, look);
        emit({ kind: "bundle", sharesId: action.of.sharesId });
        return;
      case "open":
        emit({ kind: "opening", opening: await openRound({ bundles, log, onProgress }, action, look) });
        return;
      case "recall": {
        for (const commitment of action.commitments) {
          emit({ kind: "custody", update: commitment, isSigned: await custody.holds(commitment) });
        }
        return;
      }
      case "aggregate": {
        if (aggregating !== action.subject) {
          aggregating = action.subject;
          aggregateStartMs = clock.nowMs();
        }
        const events =
          state.view!.rules.mode === "encrypted"
            ? await aggregateEncrypted(adding, action, { ...look, nowS: state.head!.timestampS })
            : await aggregateRound({ me, source }, action, look);
        for (const event of events) emit(event);
        return events.length === 0 ? { repeatMs: times.republishMs } : undefined;
      }
    }
  }

  const driver = createDriver<AggregatorState, AggregatorEvent, AggregatorAction>({
    taskId,
    chain,
    transport,
    clock,
    random,
    log,
    machine: aggregatorMachine(
      me,
      {
        contact: ownContact(transport, options.encryptionKey),
        patienceS: times.patienceS,
        settleBlocks: times.settleBlocks,
      },
      {
        graceS: times.graceS,
        ...(options.openWhenEnrolled === undefined ? {} : { openWhenEnrolled: options.openWhenEnrolled }),
      },
    ),
    perform,
    sealing,
    onProgress(progress) {
      if (progress.kind === "finalized" || progress.kind === "invalidated") {
        for (const each of [holder, sharesHolder]) {
          each.sweep().catch((error: unknown) => log.debug("Forgetting unused blobs failed", reasonOf(error)));
        }
      }
      onProgress?.(progress);
      const bondWei = weiOfGwei(driver.state().view?.rules.aggregatorBondGwei ?? 0);
      if (bondWei > 0n && progress.kind === "proposal-refuted" && hexEquals(progress.aggregator, me)) {
        onProgress?.({ kind: "bond-lost", role: "aggregator", round: progress.round, bondWei });
      }
    },
    linger: options.linger,
  });
  const holder = createUpdateHolder({
    chain,
    store,
    source,
    journal: custody,
    log,
    onCustody: (update) => driver.dispatch({ kind: "custody", update, isSigned: true }),
    state: driver.state,
    queue: createGatherQueue(concurrency),
  });
  const sharesHolder = createSharesHolder({ store, log, state: driver.state });
  const respond = () => {
    const stops = [
      transport.respond(holdProtocol, holder.answer),
      transport.respond(holdSharesProtocol, sharesHolder.answer),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  };
  let unrespond: (() => void) | undefined;
  void driver.done.then(() => {
    if (!options.linger) unrespond?.();
  });
  return {
    start() {
      unrespond ??= respond();
      driver.start();
    },
    async stop() {
      unrespond?.();
      await driver.stop();
    },
    done: driver.done,
  };
}

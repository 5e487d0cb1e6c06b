import type { Journal } from "../ports/system.ts";
import { type ActionResult, reasonOf } from "../rounds/actions/action-runner.ts";
import { createMemoryJournal } from "../rounds/actions/memory-journal.ts";
import { createGatherer } from "../rounds/blobs/gatherer.ts";
import { createModelSource } from "../rounds/blobs/model-source.ts";
import { createShareBundles } from "../rounds/blobs/share-bundles.ts";
import { createTaskSealing } from "../rounds/blobs/task-sealing.ts";
import { createDriver } from "../rounds/machine/driver.ts";
import { type ActionContext, createRoleDesk, isCommonAction } from "../rounds/machine/role-desk.ts";
import type { RoleDeps, RoleOptions, RoleProcess } from "../rounds/machine/role-process.ts";
import type { Progress } from "../rounds/progress/progress.ts";
import { ownContact } from "../rounds/state/contact.ts";
import { ownLosses } from "../rounds/state/own-losses.ts";
import { nodeTimes } from "../rounds/steps/node-times.ts";
import { holdSharesProtocol } from "../rounds/words/mask-messages.ts";
import { updateKey } from "../rounds/words/update-key.ts";
import { aggregateEncrypted } from "./aggregate-encrypted.ts";
import { aggregateRound } from "./aggregate-round.ts";
import { aggregatorMachine } from "./aggregator-machine.ts";
import type { AggregatorAction, AggregatorEvent, AggregatorState } from "./aggregator-state.ts";
import { createSharesHolder } from "./hold-shares.ts";
import { openRound } from "./open-round.ts";

/** What an aggregator works with; the caller also closes the journal. */
export interface AggregatorDeps extends RoleDeps {
  /** Where it notes which keyring it seals with; without one it makes another after each restart. */
  readonly journal?: Journal | undefined;
}

/** An aggregator's own settings; what the task fixes comes from the chain. */
export interface AggregatorOptions extends RoleOptions {
  /** Updates fetched at a time (default 4); each needs 4 bytes a parameter of memory, 8 while it is unsealed. */
  readonly gatherConcurrency?: number;
}

/**
 * An aggregator: joins the task, opens, draws and closes rounds, gathers their updates, computes and proposes the model
 * when assigned, and brings attestations. It keeps nothing beside what chain and blobs say, so it may die and restart
 * at any instant, and another takes over.
 */
export function createAggregator(deps: AggregatorDeps, options: AggregatorOptions): RoleProcess {
  const { chain, store, transport, clock, log, onProgress } = deps;
  const times = nodeTimes(options);
  const me = chain.account;
  const journal = deps.journal ?? createMemoryJournal();
  const sealing = deps.keys && createTaskSealing({ ...deps, keys: deps.keys, journal });
  const source = createModelSource({ store, transport, sealing, clock });
  const bundles = createShareBundles({ store, transport });
  const gather = createGatherer({ source, clock, log, places: options.gatherConcurrency ?? 4 });
  const desk = createRoleDesk({ ...deps, source, times });
  const adding = { ...deps, me, source, timeoutMs: times.answerTimeoutMs, memory: {} };
  let aggregating = { subject: "", startMs: 0 };

  async function perform(
    action: AggregatorAction,
    context: ActionContext<AggregatorState, AggregatorEvent>,
  ): Promise<ActionResult | undefined> {
    const { state, signal, emit } = context;
    const look = { view: state.view!, members: state.members, signal };
    if (isCommonAction(action)) {
      const sent = await desk.perform(action, context);
      if (action.kind === "send" && action.call.kind === "propose") tellProposed(action.call.round, sent);
      return sent;
    }
    switch (action.kind) {
      case "gather":
        emit({ kind: "update", commitment: action.commitment, fact: await gather(action.commitment, look) });
        tellGathered(action.commitment.round);
        return;
      case "gather-shares":
        await bundles.get(action.of, action.round, look);
        emit({ kind: "bundle", sharesId: action.of.sharesId });
        return;
      case "open":
        emit({ kind: "opening", opening: await openRound({ bundles, log, onProgress }, action, look) });
        return;
      case "aggregate": {
        const { subject } = action;
        if (aggregating.subject !== subject) aggregating = { subject, startMs: clock.nowMs() };
        const events =
          look.view.rules.mode === "encrypted"
            ? await aggregateEncrypted(adding, action, { ...look, nowS: state.head!.timestampS })
            : await aggregateRound({ me, source }, action, look);
        for (const event of events) emit(event);
        return events.length === 0 ? { repeatMs: times.republishMs } : undefined;
      }
    }
  }

  function tellProposed(round: number, sent: (ActionResult & { readonly gasUsed?: number }) | undefined): void {
    const durationMs = clock.nowMs() - aggregating.startMs;
    onProgress?.({ kind: "proposed", round, gasUsed: sent?.gasUsed ?? 0, durationMs });
  }

  function tellGathered(number: number): void {
    const { updates, view } = driver.state();
    const of = view?.rounds.find(({ round }) => round === number)?.commitments ?? [];
    const gathered = of.filter((one) => updates.has(updateKey(one))).length;
    onProgress?.({ kind: "gathered", round: number, updates: gathered, of: of.length });
  }

  function tell(progress: Progress): void {
    if (progress.kind === "accepted" || progress.kind === "invalid") {
      holder.sweep().catch((error: unknown) => log.debug("Forgetting unused blobs failed", reasonOf(error)));
    }
    onProgress?.(progress);
    for (const loss of ownLosses(progress, driver.state())) onProgress?.(loss);
  }

  const driver = createDriver<AggregatorState, AggregatorEvent, AggregatorAction>({
    ...deps,
    machine: aggregatorMachine(me, {
      ...times,
      contact: ownContact(deps, options),
      prove: options.prove ?? true,
      reenter: options.reenter ?? false,
      measures: deps.measurePublicly !== undefined,
    }),
    perform,
    sealing,
    onProgress: tell,
    linger: options.linger,
  });
  const holder = createSharesHolder({ store, log, state: driver.state });
  let unrespond: (() => void) | undefined;
  void driver.done.then(() => {
    if (!options.linger) unrespond?.();
  });
  return {
    start() {
      unrespond ??= transport.respond(holdSharesProtocol, holder.answer);
      driver.start();
    },
    async stop() {
      unrespond?.();
      await driver.stop();
    },
    done: driver.done,
  };
}

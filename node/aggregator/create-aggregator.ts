import type { Journal } from "../ports/system.ts";
import { reasonOf } from "../rounds/actions/action-runner.ts";
import { createMemoryJournal } from "../rounds/actions/memory-journal.ts";
import { createModelSource } from "../rounds/blobs/model-source.ts";
import { createTaskSealing } from "../rounds/blobs/task-sealing.ts";
import { createDriver } from "../rounds/machine/driver.ts";
import { machineOptions, type RoleDeps, type RoleOptions, type RoleProcess } from "../rounds/machine/role-process.ts";
import { nodeTimes } from "../rounds/steps/node-times.ts";
import { aggregatorMachine } from "./aggregator-machine.ts";
import { createSharesHolder } from "./hold-shares.ts";
import { createAggregatorPerformers } from "./perform-aggregator.ts";

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
  const { chain, store, transport, clock, log } = deps;
  const journal = deps.journal ?? createMemoryJournal();
  const sealing = deps.keys && createTaskSealing({ ...deps, keys: deps.keys, journal });
  const source = createModelSource({ store, transport, sealing, clock });
  const holder = createSharesHolder({ store, log });
  return createDriver({
    ...deps,
    machine: aggregatorMachine(chain.account, machineOptions(deps, options)),
    performers: createAggregatorPerformers({
      ...deps,
      source,
      times: nodeTimes(options),
      places: options.gatherConcurrency ?? 4,
    }),
    protocols: [holder, ...(sealing ? [sealing] : [])],
    onStep({ kind }, { view }) {
      if (kind !== "accepted" && kind !== "invalid") return;
      holder.sweep(view).catch((error: unknown) => log.debug("Forgetting unused blobs failed", reasonOf(error)));
    },
    linger: options.linger,
  });
}

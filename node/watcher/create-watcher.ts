import type { Journal } from "../ports/system.ts";
import { createModelSource } from "../rounds/blobs/model-source.ts";
import { createTaskSealing } from "../rounds/blobs/task-sealing.ts";
import { createDriver } from "../rounds/machine/driver.ts";
import type { CommonAction } from "../rounds/machine/due-in-common.ts";
import { createRoleDesk } from "../rounds/machine/role-desk.ts";
import { machineOptions, type RoleDeps, type RoleOptions, type RoleProcess } from "../rounds/machine/role-process.ts";
import { nodeTimes } from "../rounds/steps/node-times.ts";
import { type WatcherState, watcherMachine } from "./watcher-machine.ts";

/** What a watcher works with; the caller also closes the journal. */
export interface WatcherDeps extends RoleDeps {
  /** Where it notes which keyring it seals with; needed with `keys` only. */
  readonly journal?: Journal | undefined;
}

/** A watcher's own settings; what the task fixes comes from the chain. */
export type WatcherOptions = RoleOptions;

/**
 * A watcher: an account without any role in the task that recomputes every proposal, standing or accepted, to the end
 * of its window, and proves on the chain what is wrong, for the reward. It keeps nothing, so it may die and restart at
 * any instant. A proof is checked here as the contract checks it, then simulated, and only then sent: what cannot be
 * proven is told.
 */
export function createWatcher(deps: WatcherDeps, options: WatcherOptions): RoleProcess {
  const { chain, store, transport, clock, keys, journal } = deps;
  const sealing = keys && journal && createTaskSealing({ ...deps, keys, journal });
  const source = createModelSource({ store, transport, sealing, clock });
  return createDriver<WatcherState, never, CommonAction>({
    ...deps,
    machine: watcherMachine(chain.account, machineOptions(deps, options)),
    performers: createRoleDesk({ ...deps, source, times: nodeTimes(options) }),
    protocols: sealing && [sealing],
    linger: options.linger,
  });
}

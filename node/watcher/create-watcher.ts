import type { Journal } from "../ports/system.ts";
import { createModelSource } from "../rounds/blobs/model-source.ts";
import { createTaskSealing } from "../rounds/blobs/task-sealing.ts";
import { createDriver } from "../rounds/machine/driver.ts";
import { createRoleDesk } from "../rounds/machine/role-desk.ts";
import type { RoleDeps, RoleOptions, RoleProcess } from "../rounds/machine/role-process.ts";
import { ownContact } from "../rounds/state/contact.ts";
import { nodeTimes } from "../rounds/steps/node-times.ts";
import { watcherMachine } from "./watcher-machine.ts";

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
  const { chain, store, transport, keys, journal } = deps;
  const times = nodeTimes(options);
  const sealing = keys && journal && createTaskSealing({ ...deps, keys, journal });
  const source = createModelSource({ store, transport, sealing, clock: deps.clock });
  const desk = createRoleDesk({ ...deps, source, times });
  const driver = createDriver({
    ...deps,
    machine: watcherMachine(chain.account, {
      ...times,
      contact: ownContact(deps, options),
      prove: options.prove ?? true,
      measures: deps.measurePublicly !== undefined,
    }),
    perform: (action, context) => desk.perform(action, context),
    sealing,
    linger: options.linger,
  });
  return { start: driver.start, stop: driver.stop, done: driver.done };
}

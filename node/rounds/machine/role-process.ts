import type { Bytes32, TaskId } from "../../core/ids.ts";
import type { Invitation } from "../../core/words/invitation.ts";
import type { Chain } from "../../ports/chain.ts";
import type { MeasurePublicly } from "../../ports/public-test.ts";
import type { BlobStore } from "../../ports/storage.ts";
import type { Clock, Log, Random } from "../../ports/system.ts";
import type { Transport } from "../../ports/transport.ts";
import type { ReaderKeys } from "../../privacy/sealed/keyring.ts";
import type { Progress } from "../progress/progress.ts";
import { type OwnContact, ownContact } from "../state/contact.ts";
import type { RoleMachineOptions } from "../state/round-state.ts";
import { type NodeTimes, nodeTimes } from "../steps/node-times.ts";
import type { Driver } from "./driver.ts";

/** What every role works with. The caller opens it all before and closes it after; the transport has started. */
export interface RoleDeps {
  readonly taskId: TaskId;
  readonly chain: Chain;
  readonly store: BlobStore;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /**
   * The node's X25519 keys, of which the registry has the public one; without them it can work on public tasks only.
   */
  readonly keys?: ReaderKeys | undefined;
  /** What the admin says of federation, members and task: the root of trust in masked tasks, needed in those. */
  readonly invitation?: Invitation | undefined;
  /** What the registry is to show of the node, the same for all its tasks; default by transport and invitation. */
  readonly contact?: OwnContact | undefined;
  /** The task's first head at the look that everything was opened by; default that of the driver's own first look. */
  readonly firstHead?: Bytes32 | undefined;
  /** Measures models on the task's public test set; absent where that is not wanted. */
  readonly measurePublicly?: MeasurePublicly | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Settings that every role has. */
export interface RoleOptions extends Partial<NodeTimes> {
  /** X25519 public key for the registry. */
  readonly encryptionKey: Bytes32;
  /** Prove what is wrong, where nobody was faster (default true). */
  readonly prove?: boolean;
  /** Takes a place again in a task that the account had left before the start (default false). */
  readonly reenter?: boolean;
  /** Goes on serving after the task is final, until stopped (default false). */
  readonly linger?: boolean;
}

/** A role at work on one task. */
export type RoleProcess = Driver;

/** What a role's machine wishes, as its owner said. */
export function machineOptions(
  deps: Pick<RoleDeps, "chain" | "transport" | "invitation" | "contact" | "measurePublicly">,
  options: RoleOptions,
): RoleMachineOptions {
  return {
    ...nodeTimes(options),
    contact: deps.contact ?? ownContact(deps, options),
    prove: options.prove ?? true,
    reenter: options.reenter ?? false,
    measures: deps.measurePublicly !== undefined,
  };
}

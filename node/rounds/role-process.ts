import type { TaskId } from "../core/ids.ts";
import type { Chain } from "../ports/chain.ts";
import type { BlobStore } from "../ports/storage.ts";
import type { Clock, Log, Random } from "../ports/system.ts";
import type { Transport } from "../ports/transport.ts";
import type { ReaderKeys } from "../privacy/sealed/keyring.ts";
import type { Outcome } from "./driver.ts";
import type { Progress } from "./progress.ts";

/** What every role works with. The caller opens it all before and closes it after; the transport has started. */
export interface RoleDeps {
  readonly taskId: TaskId;
  readonly chain: Chain;
  readonly store: BlobStore;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The node's X25519 keys, of which the registry has the public one; without them it can work on public tasks only. */
  readonly keys?: ReaderKeys | undefined;
  readonly onProgress?: (progress: Progress) => void;
}

/** A role at work on one task. */
export interface RoleProcess {
  start(): void;
  /** Stops what runs; resolves when it has ended. */
  stop(): Promise<void>;
  /** Resolves when the work has ended, by completion, leaving or stop. Never rejects. */
  readonly done: Promise<Outcome>;
}

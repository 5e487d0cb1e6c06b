import { etherText, weiOfGwei } from "../../core/bytes/ether.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { TaskId } from "../../core/ids.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import type { Chain } from "../../ports/index.ts";

/** How much of an account may be locked in bonds of a federation, all its tasks together. */
export interface BondLimit {
  /**
   * Reserves the bond of a task's aggregator, before it is paid. Rejects with BOND_LIMIT where it would be too much,
   * with what is held in other tasks and with what is reserved.
   */
  reserve(view: TaskView, maxWei: bigint): Promise<void>;
  /** What was reserved for a task, and is not paid, is free again. */
  release(taskId: TaskId): void;
}

/** The limit of one account. Reservations wait for each other. */
export function createBondLimit(chain: Chain): BondLimit {
  const reserved = new Map<TaskId, bigint>();
  let turn: Promise<unknown> = Promise.resolve();

  async function lockedBeside(taskId: TaskId): Promise<bigint> {
    const tasks = Array.from({ length: await chain.taskCount() }, (_, i) => i + 1).filter((each) => each !== taskId);
    const held = await Promise.all(tasks.map(async (each) => (await chain.placeOf(each, chain.account)).bondWei));
    return tasks.reduce((sum, each, i) => sum + greater(held[i] ?? 0n, reserved.get(each) ?? 0n), 0n);
  }

  async function take({ taskId, rules }: TaskView, maxWei: bigint): Promise<void> {
    const bondWei = weiOfGwei(rules.aggregatorBondGwei);
    if (bondWei === 0n || (await chain.placeOf(taskId, chain.account)).bondWei > 0n) return;
    const lockedWei = await lockedBeside(taskId);
    if (lockedWei + bondWei > maxWei) {
      const [bond, locked, most] = [bondWei, lockedWei, maxWei].map(etherText);
      throw new FedledgerError("BOND_LIMIT", { taskId, bond, locked, most });
    }
    reserved.set(taskId, bondWei);
  }

  return {
    reserve(view, maxWei) {
      const done = turn.then(() => take(view, maxWei));
      turn = done.catch(() => undefined);
      return done;
    },
    release: (taskId) => void reserved.delete(taskId),
  };
}

function greater(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

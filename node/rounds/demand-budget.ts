import { hexEquals } from "../core/hex.ts";
import type { Address } from "../core/ids.ts";
import type { DemandKind } from "../core/records.ts";
import type { DemandView, TaskView } from "../core/task-view.ts";

/** What demands must bring, by kind, in wei. */
export type DemandBonds = Readonly<Record<DemandKind, bigint>>;

/** The account's demands in the task, oldest first. */
export function demandsOf(me: Address, { rounds }: Pick<TaskView, "rounds">): readonly DemandView[] {
  return rounds.flatMap(({ demands = [] }) => demands).filter(({ demander }) => hexEquals(demander, me));
}

/** Bonds that the account has in demands of the task, or lost to answers, in wei: what came back does not count. */
export function demandedWei(me: Address, view: Pick<TaskView, "rounds">, bonds: DemandBonds): bigint {
  return demandsOf(me, view)
    .filter(({ open, shown }) => open || shown !== undefined)
    .reduce((sum, { demand }) => sum + bonds[demand.kind], 0n);
}

import { hexEquals } from "../../core/bytes/hex.ts";
import type { AccountProgress } from "../progress/node-progress.ts";
import type { Progress } from "../progress/progress.ts";
import type { RoundState } from "./round-state.ts";

/** What a step of the record cost this node's account: told of an expulsion of its own that took a bond. */
export function ownLosses(
  progress: Progress,
  { me, role, view }: Pick<RoundState, "me" | "role" | "view">,
): readonly AccountProgress[] {
  if (progress.kind !== "expelled" || role === "watcher" || !hexEquals(progress.account, me)) return [];
  const { round } = progress;
  const amountWei = view.expelled?.find(({ account }) => hexEquals(account, me))?.amountWei ?? 0n;
  return amountWei === 0n ? [] : [{ kind: "bond-lost", role, round, amountWei }];
}

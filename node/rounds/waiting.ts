import { hexEquals } from "../core/hex.ts";
import { roundsInFlight } from "../core/task-view.ts";
import type { RoundState } from "./round-state.ts";

/** Whom a node waits for before it can do anything: someone to give it its role, or more participants; undefined when nobody. */
export function waitingFor(state: RoundState): "role" | "participants" | undefined {
  const { me, members, role, view } = state;
  // A watcher needs no role, and nothing to watch is no reason to wait.
  if (role === "watcher" || view === undefined || view.complete) return undefined;
  const own = members.find(({ account }) => hexEquals(account, me));
  if (!own?.roles.includes(role)) return "role";
  if (roundsInFlight(view).length > 0) return undefined;
  const ready = view.enrolled.filter(({ leaving }) => !leaving).length;
  const wanted = view.rounds.length === 0 ? (state.pushOptions.openWhenEnrolled ?? 0) : 0;
  return ready < Math.max(view.rules.minUpdates, wanted) ? "participants" : undefined;
}

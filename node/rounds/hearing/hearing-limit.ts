import type { PeerIdText } from "../../core/ids.ts";
import type { Clock } from "../../ports/system.ts";

/** Messages of one author on one topic that are heard at once. */
const atOnce = 32;
/** A message more each so many milliseconds: nodes repeat theirs every two seconds. */
const everyMs = 500;
/** Authors and topics that are remembered; those whose allowance is whole again are forgotten first. */
const mostKnown = 4_096;

/**
 * How many messages of an author are looked at: a member that repeats itself, or signs ever other words, costs no more
 * than so many signatures and so much gossip a second. What is not looked at is not passed on.
 *
 * @returns whether a message of this topic and author may be heard now
 */
export function createHearingLimit(clock: Pick<Clock, "nowMs">): (topic: string, author: PeerIdText) => boolean {
  /** When the allowance of an author will be whole again, by topic and author. */
  const fullAtMs = new Map<string, number>();

  function forgetSilent(nowMs: number): void {
    for (const [key, atMs] of fullAtMs) if (atMs <= nowMs) fullAtMs.delete(key);
    for (const key of fullAtMs.keys()) {
      if (fullAtMs.size < mostKnown) break;
      fullAtMs.delete(key);
    }
  }

  return (topic, author) => {
    const key = `${topic} ${author}`;
    const nowMs = clock.nowMs();
    const nextMs = Math.max(nowMs, fullAtMs.get(key) ?? 0) + everyMs;
    if (nextMs > nowMs + atOnce * everyMs) return false;
    if (fullAtMs.size >= mostKnown && !fullAtMs.has(key)) forgetSilent(nowMs);
    fullAtMs.set(key, nextMs);
    return true;
  };
}

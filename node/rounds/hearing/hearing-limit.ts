import type { PeerIdText } from "../../core/ids.ts";
import type { Clock } from "../../ports/system.ts";

/** Messages of one author on one topic that are heard at once. */
const atOnce = 32;
/** A message more each so many milliseconds: nodes repeat theirs every two seconds. */
const everyMs = 500;
/** Authors and topics that are remembered; those whose allowance is whole again are forgotten first. */
const mostKnown = 4_096;

/** How many messages of an author are looked at. */
export interface HearingLimit {
  /** Whether a message of this topic and author may be heard now. */
  hears(topic: string, author: PeerIdText): boolean;
  /** Counts a message that was heard, and was not of another task or round. */
  count(topic: string, author: PeerIdText): void;
}

/**
 * The limit of one task: a member that repeats itself, or signs ever other words, costs no more than so many signatures
 * and so much gossip a second. What is not looked at is not passed on. One node may speak in many tasks: what is
 * ignored, without its signature being looked at, does not count.
 */
export function createHearingLimit(clock: Pick<Clock, "nowMs">): HearingLimit {
  /** When the allowance of an author will be whole again, by topic and author. */
  const fullAtMs = new Map<string, number>();

  function forgetSilent(nowMs: number): void {
    for (const [key, atMs] of fullAtMs) if (atMs <= nowMs) fullAtMs.delete(key);
    for (const key of fullAtMs.keys()) {
      if (fullAtMs.size < mostKnown) break;
      fullAtMs.delete(key);
    }
  }

  return {
    hears(topic, author) {
      return (fullAtMs.get(`${topic} ${author}`) ?? 0) <= clock.nowMs() + (atOnce - 1) * everyMs;
    },
    count(topic, author) {
      const key = `${topic} ${author}`;
      const nowMs = clock.nowMs();
      if (fullAtMs.size >= mostKnown && !fullAtMs.has(key)) forgetSilent(nowMs);
      fullAtMs.set(key, Math.max(nowMs, fullAtMs.get(key) ?? 0) + everyMs);
    },
  };
}

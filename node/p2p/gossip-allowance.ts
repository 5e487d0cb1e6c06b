import type { PeerIdText } from "../core/ids.ts";
import type { Clock } from "../ports/index.ts";
import type { P2pLimits } from "./limits.ts";

/** How much gossip a peer may bring. */
export interface GossipAllowance {
  /**
   * Whether a message that a peer brought is within what it may: of its own words, and of those of all others, which it
   * passes on.
   */
  take(source: PeerIdText, isOwn: boolean): boolean;
}

/** A peer may bring as much at once as it may in so many seconds. */
const burstS = 8;

/**
 * Allowances of a host's peers.
 *
 * @param deps `members`: how many peers the registry lists
 */
export function createGossipAllowance(deps: {
  readonly members: () => number;
  readonly clock: Pick<Clock, "nowMs">;
  readonly limits: Pick<P2pLimits, "gossipPerAuthor">;
}): GossipAllowance {
  const { members, clock, limits } = deps;
  /** When an allowance will be whole again, milliseconds; of listed peers, and kept when they come back. */
  const fullAtMs = { own: new Map<PeerIdText, number>(), others: new Map<PeerIdText, number>() };

  return {
    take(source, isOwn) {
      const spent = isOwn ? fullAtMs.own : fullAtMs.others;
      const everyMs = 1_000 / (limits.gossipPerAuthor * (isOwn ? 1 : Math.max(1, members())));
      const nowMs = clock.nowMs();
      const nextMs = Math.max(nowMs, spent.get(source) ?? 0) + everyMs;
      if (nextMs > nowMs + burstS * 1_000) return false;
      spent.set(source, nextMs);
      return true;
    },
  };
}

import type { Multiaddr } from "@multiformats/multiaddr";
import type { P2pLimits } from "./limits.ts";

/** Where inbound connections wait until they have shown whose they are. */
export interface Door {
  /**
   * Gives an inbound connection a place. Who is behind the time, or too much, is closed: the oldest of an address, and
   * the oldest of all strangers. So whoever fills the places empties its own.
   *
   * @param id names the connection; one that has a place keeps it
   * @param host as {@link hostOf} or {@link hostIn} names it
   */
  arrive(id: string, host: string, close: () => void): void;
  /** The connection has shown a key, or is gone. */
  leave(id: string): void;
}

/**
 * A door.
 *
 * @param deps `isListed`: whether the registry has this host among its addresses: it needs no stranger's place
 */
export function createDoor(deps: {
  readonly isListed: (host: string) => boolean;
  readonly limits: Pick<P2pLimits, "handshakeTimeoutMs" | "pendingConnections" | "pendingPerAddress">;
}): Door {
  const { isListed, limits } = deps;
  const waiting = new Map<string, { host: string; close: () => void; timer: NodeJS.Timeout }>();

  function leave(id: string): void {
    clearTimeout(waiting.get(id)?.timer);
    waiting.delete(id);
  }

  function turnAway(id: string): void {
    const close = waiting.get(id)?.close;
    leave(id);
    close?.();
  }

  /** Closes the oldest of those that count, so that one more has a place. */
  function makePlace(counts: (host: string) => boolean, places: number): void {
    const ids = [...waiting].filter(([, { host }]) => counts(host)).map(([id]) => id);
    for (const id of ids.slice(0, Math.max(0, ids.length - places + 1))) turnAway(id);
  }

  return {
    arrive(id, host, close) {
      if (waiting.has(id)) return;
      makePlace((other) => other === host, limits.pendingPerAddress);
      if (!isListed(host)) makePlace((other) => !isListed(other), limits.pendingConnections);
      const timer = setTimeout(() => turnAway(id), limits.handshakeTimeoutMs);
      timer.unref();
      waiting.set(id, { host, close, timer });
    },
    leave,
  };
}

/** Whom a peer's address belongs to, as far as it shows: {@link hostOf} its IP address, or its text. */
export function hostIn(address: Multiaddr): string {
  const [first] = address.getComponents();
  return first?.value !== undefined && /^ip[46]$/.test(first.name) ? hostOf(first.value) : address.toString();
}

/**
 * Whom an IP address belongs to: an IPv4 address, or the first 64 bits of an IPv6 address, as one has all that follow.
 */
export function hostOf(address: string): string {
  return address.includes(":") ? networkOf(address) : address;
}

/** The first 64 bits of an IPv6 address; an IPv4 address that is written as one is that. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.replace(/%.*$/, "").split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}

import type { PeerIdText } from "../core/ids.ts";

/** A peer the registry lists. */
export interface AdmittedPeer {
  readonly peerId: PeerIdText;
  readonly multiaddrs: readonly string[];
}

/** What to do with a message that came by gossip: pass it on, drop it, or drop it and score the sender down. */
export type GossipVerdict = "accept" | "ignore" | "reject";

/** Messages between members. Only admitted peers are ever heard. */
export interface Transport {
  readonly peerId: PeerIdText;
  /** Addresses others can dial, with /p2p/ at the end. */
  multiaddrs(): readonly string[];
  /** Replaces the set of admitted peers; connections to others are cut, listed ones are dialled in the background. */
  admit(peers: readonly AdmittedPeer[]): void;
  /** Peers connected now. */
  connected(): readonly PeerIdText[];
  /**
   * Sends to everyone subscribed (gossip; at most 64 KiB; delivery is not certain: repeat until the chain shows it).
   */
  publish(topic: string, message: Uint8Array): Promise<void>;
  /** Hears a topic. Returns how to stop. */
  subscribe(
    topic: string,
    onMessage: (message: Uint8Array, from: PeerIdText) => GossipVerdict | Promise<GossipVerdict>,
  ): () => void;
  /**
   * One request, one response, at most 64 KiB each. Rejects with PEER_UNREACHABLE, PEER_TIMEOUT, PEER_REFUSED,
   * PEER_PROTOCOL.
   */
  request(
    peer: PeerIdText,
    protocol: string,
    message: Uint8Array,
    options?: { signal?: AbortSignal; timeoutMs?: number },
  ): Promise<Uint8Array>;
  /** Answers requests. A handler that throws a FedledgerError refuses with its code. Returns how to stop. */
  respond(
    protocol: string,
    handler: (message: Uint8Array, from: PeerIdText, signal: AbortSignal) => Promise<Uint8Array>,
  ): () => void;
}

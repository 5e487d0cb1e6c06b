import { contentIdOf } from "../../../node/core/bytes/content-id.ts";
import { FedledgerError } from "../../../node/core/errors/error.ts";
import type { Bytes32, PeerIdText } from "../../../node/core/ids.ts";
import type { BlobStore } from "../../../node/ports/storage.ts";
import type { GossipVerdict, Transport } from "../../../node/ports/transport.ts";
import type { SeededRandom } from "../world/seeded-random.ts";
import type { VirtualClock } from "../world/virtual-clock.ts";

/** How the model network behaves. */
export interface ModelNetworkOptions {
  readonly latencyMs: number;
  /** Probability that a gossiped message does not reach one of its hearers. */
  readonly loss: number;
}

/** One node's place on the network; it survives the node's process, whose handlers it holds while it runs. */
export interface ModelHost {
  readonly peerId: PeerIdText;
  readonly transport: Transport;
  readonly store: BlobStore;
  /** What is on this node's disk. */
  readonly blobs: Map<Bytes32, Uint8Array>;
  /** The process is gone: nothing is heard or answered, and its handlers are forgotten. */
  down(): void;
  up(): void;
}

/** Hosts in memory, with delays, losses and cuts. */
export interface ModelNetwork {
  host(peerId: PeerIdText): ModelHost;
  /** Cuts the network between these hosts and all others; an empty list heals it. */
  cut(side: readonly PeerIdText[]): void;
}

interface Inner {
  readonly peerId: PeerIdText;
  readonly blobs: Map<Bytes32, Uint8Array>;
  isUp: boolean;
  admitted: ReadonlySet<PeerIdText>;
  readonly topics: Map<string, (message: Uint8Array, from: PeerIdText) => GossipVerdict | Promise<GossipVerdict>>;
  readonly protocols: Map<string, (message: Uint8Array, from: PeerIdText, signal: AbortSignal) => Promise<Uint8Array>>;
}

/** Creates a network without hosts. */
export function createModelNetwork(
  clock: VirtualClock,
  random: SeededRandom,
  { latencyMs, loss }: ModelNetworkOptions,
): ModelNetwork {
  const hosts = new Map<PeerIdText, Inner>();
  let side: ReadonlySet<PeerIdText> = new Set();
  const delay = (): number => random.integer(1, latencyMs);
  const reachable = (a: Inner, b: Inner): boolean =>
    a.isUp &&
    b.isUp &&
    side.has(a.peerId) === side.has(b.peerId) &&
    a.admitted.has(b.peerId) &&
    b.admitted.has(a.peerId);

  const peerOf = (from: Inner, peer: PeerIdText): Inner => {
    const other = hosts.get(peer);
    if (other !== undefined && reachable(from, other)) return other;
    throw new FedledgerError("PEER_UNREACHABLE", { peerId: peer, reason: "no route" });
  };

  const transportOf = (own: Inner): Transport => ({
    peerId: own.peerId,
    multiaddrs: () => [`/memory/${own.peerId}`],
    admit(peers) {
      own.admitted = new Set(peers.map(({ peerId }) => peerId));
    },
    connected: () => [...hosts.values()].filter((other) => reachable(own, other)).map(({ peerId }) => peerId),
    async publish(topic, message) {
      for (const other of hosts.values()) {
        if (other === own || random.chance(loss)) continue;
        clock.after(delay(), () => {
          if (reachable(own, other)) void other.topics.get(topic)?.(message.slice(), own.peerId);
        });
      }
      await clock.sleep(1);
    },
    subscribe(topic, onMessage) {
      own.topics.set(topic, onMessage);
      return () => own.topics.delete(topic);
    },
    async request(peer, protocol, message, options) {
      const timeoutMs = options?.timeoutMs ?? 10_000;
      const signal = options?.signal;
      const timeUp = new AbortController();
      const timer = clock.sleep(timeoutMs, { signal: AbortSignal.any([timeUp.signal, ...(signal ? [signal] : [])]) });
      const exchange = async (): Promise<Uint8Array> => {
        await clock.sleep(delay(), signal ? { signal } : {});
        const handler = peerOf(own, peer).protocols.get(protocol);
        if (handler === undefined) throw new FedledgerError("PEER_REFUSED", { peerId: peer, reason: "protocol" });
        const answer = await handler(message.slice(), own.peerId, timeUp.signal);
        await clock.sleep(delay(), signal ? { signal } : {});
        peerOf(own, peer);
        return answer.slice();
      };
      try {
        const tooLate = timer.then(() => {
          throw new FedledgerError("PEER_TIMEOUT", { peerId: peer, timeoutMs });
        });
        return await Promise.race([exchange(), tooLate]);
      } finally {
        timeUp.abort();
      }
    },
    respond(protocol, handler) {
      own.protocols.set(protocol, handler);
      return () => own.protocols.delete(protocol);
    },
  });

  const storeOf = (own: Inner): BlobStore => ({
    async put(bytes) {
      const contentId = await contentIdOf(bytes);
      await clock.sleep(1);
      own.blobs.set(contentId, bytes.slice());
      return contentId;
    },
    async get(contentId, { lengthBytes, providers = [], signal }) {
      for (const peer of ["local", ...providers]) {
        await clock.sleep(peer === "local" ? 1 : delay(), signal ? { signal } : {});
        const other = peer === "local" ? own : hosts.get(peer);
        const bytes = other !== undefined && (other === own || reachable(own, other)) && other.blobs.get(contentId);
        if (!bytes || bytes.length !== lengthBytes) continue;
        own.blobs.set(contentId, bytes);
        return bytes.slice();
      }
      throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: providers.length });
    },
    async has(contentId) {
      await clock.sleep(1);
      return own.blobs.has(contentId);
    },
    async remove(contentId) {
      await clock.sleep(1);
      own.blobs.delete(contentId);
    },
  });

  return {
    host(peerId) {
      const own: Inner = {
        peerId,
        blobs: new Map(),
        isUp: false,
        admitted: new Set(),
        topics: new Map(),
        protocols: new Map(),
      };
      hosts.set(peerId, own);
      return {
        peerId,
        transport: transportOf(own),
        store: storeOf(own),
        blobs: own.blobs,
        down() {
          own.isUp = false;
          own.admitted = new Set();
          own.topics.clear();
          own.protocols.clear();
        },
        up() {
          own.isUp = true;
        },
      };
    },
    cut(peers) {
      side = new Set(peers);
    },
  };
}

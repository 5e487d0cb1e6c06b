import { circuitRelayServer, circuitRelayTransport } from "@libp2p/circuit-relay-v2";
import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import { type GossipSub, gossipsub, StrictSign } from "@libp2p/gossipsub";
import { identify, identifyPush } from "@libp2p/identify";
import type { Libp2p, Stream } from "@libp2p/interface";
import { mdns } from "@libp2p/mdns";
import { noise } from "@libp2p/noise";
import { peerIdFromPrivateKey, peerIdFromString } from "@libp2p/peer-id";
import { ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import { FedledgerError } from "../core/errors/error.ts";
import type { PeerIdText } from "../core/ids.ts";
import type { Clock, Log, Transport } from "../ports/index.ts";
import { type Admission, createAdmission } from "./admission.ts";
import { type Connector, createConnector } from "./connector.ts";
import { createDialler } from "./dialler.ts";
import { createGossip, gossipScoring, knownBySignature } from "./gossip.ts";
import { createGossipAllowance } from "./gossip-allowance.ts";
import { type P2pLimits, p2pLimits } from "./limits.ts";
import type { Offence } from "./peer-score.ts";
import { createRequests } from "./requests.ts";
import { wallClock } from "./wall-clock.ts";
import { webSocketsBehind } from "./web-sockets.ts";

/** What a host is made of. */
export interface HostOptions {
  /** 32 secret bytes: the Ed25519 key, and so the PeerId, follow from them. */
  readonly seed: Uint8Array;
  /** Multiaddrs to listen on; default /ip4/127.0.0.1/tcp/0 (this machine only, any free port). */
  readonly listen?: readonly string[];
  readonly log: Log;
  readonly clock?: Clock;
  /** Limits other than the usual ones. */
  readonly limits?: Partial<P2pLimits>;
  /** Whether to look for members on the local network by multicast DNS; default false. */
  readonly mdns?: boolean;
  /**
   * Circuit relays: addresses (with /p2p/) of relays to be reachable through, and whether to relay for other members.
   */
  readonly relay?: { readonly via?: readonly string[]; readonly serve?: boolean };
}

/** A libp2p node of the federation. */
export interface Host {
  /** For Helia, which shares it. */
  readonly libp2p: Libp2p;
  readonly transport: Transport;
  readonly limits: P2pLimits;
  readonly admission: Pick<Admission, "admits">;
  /** A stream to an admitted peer. Rejects with PEER_NOT_ADMITTED, PEER_UNREACHABLE, PEER_REFUSED. */
  open(peer: PeerIdText, protocol: string, signal: AbortSignal): Promise<Stream>;
  /** Scores an offence; a peer with too many points is cut off for a while. */
  report(peer: PeerIdText, offence: Offence): void;
  /** Begins to listen and to dial. */
  start(): Promise<void>;
  /** Closes all connections. A stopped host is not started again. */
  stop(): Promise<void>;
}

/** The PeerId of the node that has this seed. */
export async function peerIdOfSeed(seed: Uint8Array): Promise<PeerIdText> {
  return peerIdFromPrivateKey(await keyOf(seed)).toString();
}

/**
 * A libp2p host: TCP and WebSocket, Noise, yamux, gossipsub for announcements. It connects only with peers given to
 * `transport.admit`, and before the first call with nobody. Throws INVALID_ARGUMENT for a seed of another length,
 * INVALID_CONFIG for addresses that are not multiaddrs.
 */
export async function createHost(options: HostOptions): Promise<Host> {
  const { log, clock = wallClock } = options;
  const limits = { ...p2pLimits, ...options.limits };
  const privateKey = await keyOf(options.seed);
  const self = peerIdFromPrivateKey(privateKey).toString();
  const via = options.relay?.via ?? [];
  const listen = [...(options.listen ?? ["/ip4/127.0.0.1/tcp/0"]), ...via.map((relay) => `${relay}/p2p-circuit`)];
  for (const address of listen) checkMultiaddr(address);
  const admission = createAdmission({ self, relays: new Set(via.flatMap(peerIdIn)), clock, limits });

  const libp2p: Libp2p = await createLibp2p({
    start: false,
    privateKey,
    addresses: { listen },
    transports: [tcp(), webSocketsBehind(admission.door), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    // two windows may arrive after a pause: they must stay below the read buffer
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: 4 << 20, maxReadBufferLength: 16 << 20 } })],
    connectionGater: admission.gater,
    connectionManager: {
      maxConnections: limits.connections,
      // who may wait is the door's matter: here nobody takes a place from another
      maxIncomingPendingConnections: Number.POSITIVE_INFINITY,
      inboundUpgradeTimeout: limits.handshakeTimeoutMs,
      inboundConnectionThreshold: limits.connectionsPerSecond,
      dialTimeout: limits.dialTimeoutMs,
    },
    // a node that trains may be slow to answer
    connectionMonitor: { pingInterval: 15_000, pingTimeout: { minTimeout: 15_000, maxTimeout: 30_000 } },
    peerDiscovery: options.mdns ? [mdns({ interval: 10_000, serviceTag: "_fedledger._udp.local" })] : [],
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      ping: ping(),
      pubsub: gossipsub({
        floodPublish: true,
        allowPublishToZeroTopicPeers: true,
        globalSignaturePolicy: StrictSign,
        maxInboundDataLength: limits.gossipFrameBytes,
        fastMsgIdFn: knownBySignature,
        scoreParams: gossipScoring(admission),
      }),
      ...(options.relay?.serve
        ? { relay: circuitRelayServer({ reservations: { applyDefaultLimit: false } }) }
        : undefined),
    },
  });
  const isStarted = () => libp2p.status === "started";

  const report = (peer: PeerIdText, offence: Offence) => {
    const cutOff = admission.offend(peer, offence);
    log.debug("peer broke a protocol", { peer, offence, cutOff });
    if (!cutOff) return;
    log.warn("peer cut off", { peer, offence, forMs: limits.cutOffMs });
    cut(peer);
  };
  const cut = (peer: PeerIdText) => {
    libp2p
      .hangUp(peerIdFromString(peer))
      .catch((error) => log.debug("hang up failed", { peer, reason: String(error) }));
  };

  const connector: Connector = createConnector({ libp2p, admission, limits });
  const pubsub = libp2p.services.pubsub as GossipSub;
  const allowance = createGossipAllowance({ members: admission.members, clock, limits });
  const gossip = createGossip({ pubsub, isStarted, admission, allowance, report, limits, log });
  const requests = createRequests({ libp2p, admission, connector, report, limits, log });
  const dialler = createDialler({
    self,
    dial: async (peer, signal) => void (await connector.connect(peer, signal)),
    isConnected: connector.isConnected,
    clock,
    log,
    limits,
  });
  let wanted: Parameters<typeof dialler.want>[0] = [];

  for (const event of ["peer:connect", "peer:disconnect"] as const) {
    libp2p.addEventListener(event, ({ detail }) => dialler.changed(detail.toString()));
  }
  libp2p.addEventListener("peer:discovery", ({ detail: { id, multiaddrs } }) => {
    const peer = id.toString();
    if (!isStarted() || !admission.admits(peer) || connector.isConnected(peer) || multiaddrs.length === 0) return;
    libp2p.dial(multiaddrs).catch((error) => log.debug("dial failed", { peer, reason: String(error) }));
  });

  const transport: Transport = {
    peerId: self,
    multiaddrs: () => libp2p.getMultiaddrs().map(String),
    admit(peers) {
      for (const removed of admission.replace(peers)) cut(removed);
      wanted = peers
        .map(({ peerId }) => ({ peer: peerId, key: admission.addressesOf(peerId).join() }))
        .filter(({ key }) => key !== "");
      if (isStarted()) dialler.want(wanted);
    },
    connected: () => libp2p.getPeers().map(String).filter(admission.admits),
    publish: gossip.publish,
    subscribe: gossip.subscribe,
    request: requests.request,
    respond: requests.respond,
  };

  return {
    libp2p,
    transport,
    limits,
    admission,
    open: connector.open,
    report,
    async start() {
      try {
        await libp2p.start();
      } catch (error) {
        throw notListening(listen, error);
      }
      gossip.begin();
      dialler.want(wanted);
    },
    async stop() {
      await dialler.stop();
      await libp2p.stop();
    },
  };
}

/** Why nothing is heard: ADDRESS_IN_USE, or INVALID_CONFIG for an address of another machine or kind. */
function notListening(listen: readonly string[], error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== "UnsupportedListenAddressesError") return error;
  const address = listen.find((each) => error.message.includes(each)) ?? listen.join(", ");
  const reason = /listen (E[A-Z]+[^\n]*)/.exec(error.message)?.[1] ?? "no transport listens there";
  return reason.startsWith("EADDRINUSE")
    ? new FedledgerError("ADDRESS_IN_USE", { address, reason }, error)
    : new FedledgerError("INVALID_CONFIG", { name: "listen", reason: `${address}: ${reason}` }, error);
}

async function keyOf(seed: Uint8Array) {
  if (seed.length !== 32) {
    throw new FedledgerError("INVALID_ARGUMENT", { name: "seed.length", value: seed.length, expected: "32" });
  }
  return generateKeyPairFromSeed("Ed25519", seed);
}

function checkMultiaddr(text: string): void {
  try {
    multiaddr(text);
  } catch (error) {
    throw new FedledgerError("INVALID_CONFIG", { name: "listen", reason: `${text} is not a multiaddr` }, error);
  }
}

function peerIdIn(relay: string): string[] {
  checkMultiaddr(relay);
  const id = multiaddr(relay)
    .getComponents()
    .find(({ name }) => name === "p2p")?.value;
  return id ? [id] : [];
}

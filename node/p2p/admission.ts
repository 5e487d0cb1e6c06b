import type { ConnectionGater, MultiaddrConnection, PeerId } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import { FedledgerError } from "../core/errors/error.ts";
import type { PeerIdText } from "../core/ids.ts";
import type { AdmittedPeer, Clock } from "../ports/index.ts";
import { dialAddresses } from "./dial-addresses.ts";
import { createDoor, type Door, hostIn } from "./door.ts";
import type { P2pLimits } from "./limits.ts";
import { cleanScore, isCutOff, type Offence, type PeerScore, pointsAt, scoreAfter } from "./peer-score.ts";

/** Who may connect: peers the registry lists, unless cut off for breaking a protocol. Nobody before the first list. */
export interface Admission {
  /** What libp2p asks once Noise has proved a PeerId. Listed relays may connect too, but are not members. */
  readonly gater: ConnectionGater;
  /** Where inbound connections wait that have not shown a key yet. */
  readonly door: Door;
  /** Replaces the list; returns who is no longer on it. */
  replace(peers: readonly AdmittedPeer[]): readonly PeerIdText[];
  /** Whether a peer is listed and not cut off. */
  admits(peer: PeerIdText): boolean;
  /** Whether a peer may be connected: admitted, or a relay. */
  allows(peer: PeerIdText): boolean;
  /** How many peers are listed. */
  members(): number;
  /** How gossipsub is to stand to a peer: 0, or negative where it is cut off or near it. */
  gossipScore(peer: PeerIdText): number;
  /** Where a listed peer can be dialled; empty for others. */
  addressesOf(peer: PeerIdText): readonly Multiaddr[];
  /** Scores an offence; returns whether the peer is cut off now. */
  offend(peer: PeerIdText, offence: Offence): boolean;
}

/** Keeps the list of admitted peers of the node `self`, and their scores. */
export function createAdmission(deps: {
  readonly self: PeerIdText;
  readonly relays: ReadonlySet<PeerIdText>;
  readonly clock: Pick<Clock, "nowMs">;
  readonly limits: P2pLimits;
}): Admission {
  const { self, relays, clock, limits } = deps;
  let listed = new Map<PeerIdText, readonly Multiaddr[]>();
  let listedHosts = new Set<string>();
  const scores = new Map<PeerIdText, PeerScore>();
  const inside = new Map<PeerIdText, number>();
  const door = createDoor({ isListed: (host) => listedHosts.has(host), limits });

  const admits = (peer: PeerIdText) => listed.has(peer) && !isCutOff(scores.get(peer) ?? cleanScore, clock.nowMs());
  const allows = (peer: PeerIdText) => relays.has(peer) || admits(peer);
  const denies = (peer: PeerId) => !allows(peer.toString());

  function arrives(connection: MultiaddrConnection): boolean {
    const id = arrivalOf(connection.remoteAddr);
    const host = hostIn(connection.remoteAddr);
    const late = () => new FedledgerError("PEER_TIMEOUT", { peerId: host, timeoutMs: limits.handshakeTimeoutMs });
    door.arrive(id, host, () => connection.abort(late()));
    connection.addEventListener("close", () => door.leave(id), { once: true });
    return false;
  }

  /** Whether a connection is refused whose key is proven: that of a peer with many already, or of no member. */
  function refuses(peer: PeerId, connection: MultiaddrConnection): boolean {
    door.leave(arrivalOf(connection.remoteAddr));
    const name = peer.toString();
    const others = inside.get(name) ?? 0;
    if (denies(peer) || others >= limits.connectionsPerPeer) return true;
    inside.set(name, others + 1);
    connection.addEventListener("close", () => leaves(name), { once: true });
    return false;
  }

  function leaves(name: PeerIdText): void {
    const others = (inside.get(name) ?? 0) - 1;
    if (others > 0) inside.set(name, others);
    else inside.delete(name);
  }

  return {
    door,
    gater: {
      // without it, some of libp2p's default gaters refuse private addresses
      denyDialMultiaddr: () => false,
      denyDialPeer: denies,
      denyInboundConnection: arrives,
      denyInboundEncryptedConnection: refuses,
      denyOutboundEncryptedConnection: denies,
      denyInboundRelayReservation: denies,
      denyOutboundRelayedConnection: (source, destination) => denies(source) || denies(destination),
      denyInboundRelayedConnection: (_relay, remote) => denies(remote),
    },
    replace(peers) {
      const before = listed;
      listed = new Map();
      // members may name a PeerId that is another's: its owner's addresses count all the same
      for (const peer of peers.filter(({ peerId }) => peerId !== self)) {
        listed.set(peer.peerId, [...(listed.get(peer.peerId) ?? []), ...dialAddresses(peer)]);
      }
      listedHosts = new Set([...listed.values()].flat().map(hostIn));
      return [...before.keys()].filter((peer) => !listed.has(peer));
    },
    admits,
    allows,
    members: () => listed.size,
    gossipScore(peer) {
      if (!allows(peer)) return -limits.offencePoints;
      const points = pointsAt(scores.get(peer) ?? cleanScore, clock.nowMs(), limits);
      return points < limits.offencePoints / 2 ? 0 : -points;
    },
    addressesOf: (peer) => listed.get(peer) ?? [],
    offend(peer, offence) {
      const score = scoreAfter(scores.get(peer) ?? cleanScore, offence, clock.nowMs(), limits);
      scores.set(peer, score);
      return isCutOff(score, clock.nowMs());
    },
  };
}

/** Names an inbound connection: by the address and port that it comes from. */
function arrivalOf(remote: Multiaddr): string {
  const port = remote.getComponents().find(({ name }) => name === "tcp")?.value;
  return `${hostIn(remote)} ${port}`;
}

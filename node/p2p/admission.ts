import type { ConnectionGater, PeerId } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import type { PeerIdText } from "../core/ids.ts";
import type { AdmittedPeer, Clock } from "../ports/index.ts";
import { dialAddresses } from "./dial-addresses.ts";
import { cleanScore, isCutOff, type Offence, type PeerScore, type ScoreLimits, scoreAfter } from "./peer-score.ts";

/** Who may connect: peers the registry lists, unless cut off for breaking a protocol. Nobody before the first list. */
export interface Admission {
  /** What libp2p asks once Noise has proved a PeerId. Listed relays may connect too, but are not members. */
  readonly gater: ConnectionGater;
  /** Replaces the list; returns who is no longer on it. */
  replace(peers: readonly AdmittedPeer[]): readonly PeerIdText[];
  /** Whether a peer is listed and not cut off. */
  admits(peer: PeerIdText): boolean;
  /** Whether a peer may be connected: admitted, or a relay. */
  allows(peer: PeerIdText): boolean;
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
  readonly limits: ScoreLimits;
}): Admission {
  const { self, relays, clock, limits } = deps;
  let listed = new Map<PeerIdText, readonly Multiaddr[]>();
  const scores = new Map<PeerIdText, PeerScore>();

  const admits = (peer: PeerIdText) => listed.has(peer) && !isCutOff(scores.get(peer) ?? cleanScore, clock.nowMs());
  const allows = (peer: PeerIdText) => relays.has(peer) || admits(peer);
  const denies = (peer: PeerId) => !allows(peer.toString());

  return {
    gater: {
      // without it, some of libp2p's default gaters refuse private addresses
      denyDialMultiaddr: () => false,
      denyDialPeer: denies,
      denyInboundEncryptedConnection: denies,
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
      return [...before.keys()].filter((peer) => !listed.has(peer));
    },
    admits,
    allows,
    addressesOf: (peer) => listed.get(peer) ?? [],
    offend(peer, offence) {
      const score = scoreAfter(scores.get(peer) ?? cleanScore, offence, clock.nowMs(), limits);
      scores.set(peer, score);
      return isCutOff(score, clock.nowMs());
    },
  };
}

import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import type { AdmittedPeer } from "../ports/index.ts";

/**
 * The addresses at which a listed peer can be dialled, with its PeerId at the end of each.
 *
 * Left out: what is not a multiaddr, what names another peer, and HTTP gateways, which are for auditors.
 */
export function dialAddresses(peer: AdmittedPeer): readonly Multiaddr[] {
  return peer.multiaddrs.flatMap((text) => {
    let address: Multiaddr;
    try {
      address = multiaddr(text);
    } catch {
      return [];
    }
    const parts = address.getComponents();
    if (parts.length === 0 || parts.some(({ name }) => name === "http" || name === "https")) return [];
    const last = parts.at(-1);
    if (last?.name !== "p2p") return [address.encapsulate(`/p2p/${peer.peerId}`)];
    return last.value === peer.peerId ? [address] : [];
  });
}

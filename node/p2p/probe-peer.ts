import { generateKeyPair } from "@libp2p/crypto/keys";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { webSockets } from "@libp2p/websockets";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import type { PeerIdText } from "../core/ids.ts";

/** So many addresses are tried at most. */
const mostAddresses = 8;
/** How long all of them may take together, milliseconds. */
const patienceMs = 3_000;

/**
 * The first of these addresses at which a node with this PeerId answers now; undefined where none does in time. It is
 * asked as a stranger, under a key of this question only: the handshake shows who is there, and ends the connection.
 */
export async function answeringAddress(
  peerId: PeerIdText,
  addresses: readonly string[],
  options: { readonly timeoutMs?: number } = {},
): Promise<string | undefined> {
  const met = Promise.withResolvers<void>();
  let address: string | undefined;
  const stranger = await createLibp2p({
    privateKey: await generateKeyPair("Ed25519"),
    addresses: { listen: [] },
    transports: [tcp(), webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: {
      denyDialMultiaddr: () => false,
      denyOutboundEncryptedConnection(peer, connection) {
        if (peer.toString() === peerId) {
          address ??= connection.remoteAddr.toString();
          met.resolve();
        }
        return true;
      },
    },
  });
  const signal = AbortSignal.timeout(options.timeoutMs ?? patienceMs);
  try {
    const dials = addresses.slice(0, mostAddresses).map(async (text) => {
      await stranger.dial(multiaddr(text), { signal });
    });
    await Promise.race([Promise.allSettled(dials), met.promise]);
    return address;
  } finally {
    await stranger.stop();
  }
}

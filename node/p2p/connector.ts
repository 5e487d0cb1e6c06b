import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import { FedledgerError } from "../core/errors/error.ts";
import type { PeerIdText } from "../core/ids.ts";
import type { Admission } from "./admission.ts";
import type { P2pLimits } from "./limits.ts";
import { streamFault, unreachable } from "./peer-fault.ts";

/** Opens connections and streams to admitted peers. */
export interface Connector {
  /** Whether there is an open connection. */
  isConnected(peer: PeerIdText): boolean;
  /** Connects, or finds the connection that is there. Rejects with PEER_NOT_ADMITTED, PEER_UNREACHABLE. */
  connect(peer: PeerIdText, signal: AbortSignal): Promise<Connection>;
  /** A new stream that speaks `protocol`. Rejects with PEER_NOT_ADMITTED, PEER_UNREACHABLE, PEER_REFUSED. */
  open(peer: PeerIdText, protocol: string, signal: AbortSignal): Promise<Stream>;
}

/** A connector over a libp2p node. */
export function createConnector(deps: {
  readonly libp2p: Libp2p;
  readonly admission: Admission;
  readonly limits: Pick<P2pLimits, "dialTimeoutMs">;
}): Connector {
  const { libp2p, admission, limits } = deps;
  const openConnections = (peer: PeerIdText) =>
    libp2p.getConnections(peerIdFromString(peer)).filter(({ status }) => status === "open");

  async function connect(peer: PeerIdText, signal: AbortSignal): Promise<Connection> {
    if (!admission.admits(peer)) throw new FedledgerError("PEER_NOT_ADMITTED", { peerId: peer });
    const [connection] = openConnections(peer).sort((a, b) => Number(!!a.limits) - Number(!!b.limits));
    if (connection) return connection;
    const addresses = admission.addressesOf(peer);
    if (addresses.length === 0) throw unreachable(peer, "it has registered no address that can be dialled");
    try {
      return await libp2p.dial([...addresses], {
        signal: AbortSignal.any([signal, AbortSignal.timeout(limits.dialTimeoutMs)]),
      });
    } catch (error) {
      signal.throwIfAborted();
      throw unreachable(peer, error);
    }
  }

  return {
    isConnected: (peer) => openConnections(peer).length > 0,
    connect,
    async open(peer, protocol, signal) {
      const connection = await connect(peer, signal);
      try {
        // relayed connections are limited; what is sent over them is for the caller to choose
        return await connection.newStream(protocol, { signal, runOnLimitedConnection: true });
      } catch (error) {
        signal.throwIfAborted();
        throw streamFault(error, peer, protocol);
      }
    },
  };
}

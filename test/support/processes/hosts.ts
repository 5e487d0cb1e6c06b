import { createHost, type Host, type HostOptions } from "../../../node/p2p/index.ts";
import { silentLog } from "../silent-log.ts";

/** A stopped host on loopback whose key is `index` in every byte. */
export function hostOf(index: number, options: Partial<HostOptions> = {}): Promise<Host> {
  return createHost({ seed: new Uint8Array(32).fill(index), log: silentLog, ...options });
}

/** The host as the registry would list it. */
export function listing({ transport }: Host) {
  return { peerId: transport.peerId, multiaddrs: transport.multiaddrs() };
}

/** Started hosts that admit each other and are all connected. Stop them with {@link stopAll}. */
export async function connectedHosts(count: number, options: Partial<HostOptions> = {}): Promise<Host[]> {
  const hosts = await Promise.all(Array.from({ length: count }, (_, i) => hostOf(i + 1, options)));
  await Promise.all(hosts.map((host) => host.start()));
  const connected = Promise.all(hosts.map((host) => untilConnected(host, count - 1)));
  for (const host of hosts) host.transport.admit(hosts.map(listing));
  await connected;
  return hosts;
}

/** Resolves when the host is connected with this many admitted peers. */
export function untilConnected(host: Host, count: number): Promise<void> {
  return untilTrue(host, ["peer:connect"], () => host.transport.connected().length >= count);
}

/** Resolves when the host has no connection with the peer. */
export function untilDisconnected(host: Host, peerId: string): Promise<void> {
  return untilTrue(host, ["peer:disconnect"], () => !host.libp2p.getPeers().some((peer) => peer.toString() === peerId));
}

/** Stops all of them. */
export async function stopAll(hosts: readonly { stop(): Promise<void> }[]): Promise<void> {
  await Promise.all(hosts.map((host) => host.stop()));
}

function untilTrue(
  host: Host,
  events: readonly ("peer:connect" | "peer:disconnect")[],
  condition: () => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!condition()) return;
      for (const event of events) host.libp2p.removeEventListener(event, look);
      resolve();
    };
    for (const event of events) host.libp2p.addEventListener(event, look);
    look();
  });
}

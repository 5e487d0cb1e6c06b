import { createBlockExchange, type Host } from "../../p2p/index.ts";
import type { BlobStore, BlockReader, Log } from "../../ports/index.ts";
import { createGateway, createHeliaStore, createKuboStore, type Gateway, gatewayUrls } from "../../storage/index.ts";
import type { NodeSettings } from "./node-options.ts";

/** A node's blobs: in the folder, or in a Kubo daemon. */
export type NodeStore = BlobStore & { readonly blocks: BlockReader; close(): Promise<void> };

/**
 * Opens a node's store, which serves what it keeps to members from then on. Rejects with DIRECTORY_IN_USE,
 * STORAGE_FAILED, INVALID_CONFIG.
 */
export async function openStore(
  { ipfs }: Pick<NodeSettings, "ipfs">,
  host: Host,
  directory: string,
  log: Log,
): Promise<NodeStore> {
  const blockStream = createBlockExchange({ host, log });
  const store =
    ipfs === undefined
      ? await createHeliaStore({ directory, libp2p: host.libp2p, blockStream, log })
      : createKuboStore({ url: ipfs, pinName: `fedledger ${host.transport.peerId}`, blockStream, log });
  await store.start();
  return { ...store, close: () => store.stop() };
}

/**
 * Opens a node's gateway, where it is not switched off. Rejects with ADDRESS_IN_USE, INVALID_CONFIG.
 *
 * @param isPublic whether the blobs of all tasks that the node works on are for everybody
 */
export async function openGateway(
  {
    gateway = "127.0.0.1:0",
    gatewayOrigin,
    announce = [],
  }: Pick<NodeSettings, "gateway" | "gatewayOrigin" | "announce">,
  blocks: BlockReader,
  log: Log,
  isPublic: () => boolean,
): Promise<Gateway | undefined> {
  if (gateway === "off") return undefined;
  const colon = gateway.lastIndexOf(":");
  const server = createGateway({
    host: gateway.slice(0, colon),
    port: Number(gateway.slice(colon + 1)),
    names: gatewayUrls(announce).map((url) => new URL(url).hostname),
    ...(gatewayOrigin && { origins: gatewayOrigin }),
    isPublic,
    blocks,
    log,
  });
  await server.start();
  return server;
}

import { createHost } from "../../p2p/index.ts";
import type { BlobStore, Transport } from "../../ports/index.ts";
import { createTaskTransports } from "../../rounds/hearing/task-transports.ts";
import { type OwnContact, ownContact } from "../../rounds/state/contact.ts";
import { claimFolder, createClock } from "../../system/index.ts";
import { createClosing } from "./closing.ts";
import type { FoundNode } from "./find-node.ts";
import type { NodeEvents } from "./node-options.ts";
import { openGateway, openStore } from "./open-blobs.ts";
import { requireAlone, tryStore } from "./try-first.ts";

/** What all tasks of a node share: one host, one store, one gateway. */
export interface OpenNode {
  readonly store: BlobStore;
  /** The host's transport, as it is to one task. */
  transportOf(taskId: number): Transport;
  /** What the registry is to show of the node. */
  readonly contact: OwnContact;
  /** Where auditors get its blobs by HTTP; undefined where that is switched off. */
  readonly gatewayUrl: string | undefined;
  /** Closes all in the reverse order of opening. */
  close(): Promise<void>;
}

/**
 * Opens the folder, the network and the blobs of a node; closed again when that fails. Rejects with NODE_RUNNING,
 * FOLDER_UNUSABLE, ACCOUNT_ELSEWHERE, ADDRESS_IN_USE, INVALID_CONFIG, DIRECTORY_IN_USE, STORAGE_FAILED,
 * STORE_UNREACHABLE.
 *
 * @param isPublic whether the blobs of all its tasks are for everybody
 */
export async function openNode(
  { options, keys, chain, directory, invitation, log }: FoundNode,
  { onReceived = () => undefined }: Pick<NodeEvents, "onReceived">,
  isPublic: () => boolean,
): Promise<OpenNode> {
  const { onClose, close } = createClosing(log);
  try {
    // the folder, which no other process works in
    const claimed = claimFolder(directory);
    onClose(() => claimed.release());
    await requireAlone(chain);
    // the network
    const host = await createHost({
      seed: keys.libp2pSeed,
      listen: options.listen ?? ["/ip4/127.0.0.1/tcp/0"],
      clock: createClock(),
      mdns: options.mdns ?? false,
      log: log.child({ module: "p2p" }),
    });
    await host.start();
    onClose(() => host.stop());
    // the blobs
    const store = await openStore(options, host, directory, log.child({ module: "storage" }));
    onClose(() => store.close());
    await tryStore(store);
    const gateway = await openGateway(options, store.blocks, log, isPublic);
    if (gateway) onClose(() => gateway.stop());
    // how others reach it
    const transport = announcing(host.transport, options.announce, gateway?.multiaddr());
    const granted = { chain, transport, invitation: await invitation.checked() };
    return {
      store: counting(store, onReceived),
      transportOf: createTaskTransports(transport),
      contact: ownContact(granted, { encryptionKey: keys.encryption.publicKey }),
      gatewayUrl: gateway?.url(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The store, telling how many bytes came from other members. */
function counting(store: BlobStore, onReceived: (bytes: number) => void): BlobStore {
  return {
    ...store,
    get: async (contentId, options) => {
      let received = 0;
      const bytes = await store.get(contentId, {
        ...options,
        onProgress: (progress) => {
          if (progress.from !== "local") received = progress.bytes;
          options.onProgress?.(progress);
        },
      });
      if (received > 0) onReceived(received);
      return bytes;
    },
  };
}

/**
 * The transport with the addresses that the registry is to list: the announced ones or those listened on, and the
 * gateway's.
 */
function announcing(
  transport: Transport,
  announce: readonly string[] | undefined,
  gateway: string | undefined,
): Transport {
  return {
    ...transport,
    multiaddrs: () => [...(announce ?? transport.multiaddrs()), ...(gateway ? [gateway] : [])],
  };
}

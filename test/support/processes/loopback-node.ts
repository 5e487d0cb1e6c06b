import { deriveNodeKeys } from "../../../node/chain/index.ts";
import type { Bytes32, Hex } from "../../../node/core/ids.ts";
import { createBlockExchange, createHost } from "../../../node/p2p/index.ts";
import type { Chain } from "../../../node/ports/index.ts";
import type { RoleDeps } from "../../../node/rounds/machine/role-process.ts";
import type { Progress } from "../../../node/rounds/progress/progress.ts";
import { createHeliaStore } from "../../../node/storage/index.ts";
import { createClock, createRandom } from "../../../node/system/index.ts";
import { silentLog } from "../silent-log.ts";

/** What a role of this process needs, over real libp2p and Helia on loopback, with everything in memory. */
export interface LoopbackNode {
  readonly deps: RoleDeps;
  readonly encryptionKey: Bytes32;
  close(): Promise<void>;
}

/** Opens a node for a role that no command starts, such as a malicious one. */
export async function openLoopbackNode(options: {
  readonly privateKey: Hex;
  readonly chain: Chain;
  readonly taskId: number;
  readonly onProgress?: (progress: Progress) => void;
}): Promise<LoopbackNode> {
  const { privateKey, chain, taskId, onProgress } = options;
  const keys = deriveNodeKeys(privateKey);
  const clock = createClock();
  const host = await createHost({ seed: keys.libp2pSeed, listen: ["/ip4/127.0.0.1/tcp/0"], clock, log: silentLog });
  await host.start();
  const blockStream = createBlockExchange({ host, log: silentLog });
  const store = await createHeliaStore({ libp2p: host.libp2p, blockStream, log: silentLog });
  await store.start();
  const own = { random: createRandom(), keys: keys.encryption, log: silentLog };
  const deps = { taskId, chain, store, transport: host.transport, clock, ...own };
  return {
    deps: { ...deps, ...(onProgress && { onProgress }) },
    encryptionKey: keys.encryption.publicKey,
    async close() {
      await store.stop();
      await host.stop();
    },
  };
}

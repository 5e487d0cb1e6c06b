import {
  createDirectoryStore,
  createGateway,
  createGatewayStore,
  createHeliaStore,
  createKuboStore,
  createLayeredStore,
} from "../../../node/storage/index.ts";
import { blobStoreCompliance } from "../../compliance/blob-store.ts";
import { startKuboShim } from "../../support/processes/kubo-shim.ts";
import { silentLog as log } from "../../support/silent-log.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

blobStoreCompliance("Helia in memory", true, async () => {
  const store = await createHeliaStore({ log });
  await store.start();
  return { store, close: () => store.stop() };
});

blobStoreCompliance("Helia on disk", true, async () => {
  const directory = await temporaryDirectory();
  const store = await createHeliaStore({ directory: directory.path, log });
  await store.start();
  return {
    store,
    async close() {
      await store.stop();
      await directory.remove();
    },
  };
});

blobStoreCompliance("Kubo over RPC", true, async () => {
  const shim = await startKuboShim();
  return { store: createKuboStore({ url: shim.url }), close: () => shim.stop() };
});

blobStoreCompliance("layers, the first of them writable", true, async () => {
  const store = await createHeliaStore({ log });
  await store.start();
  const other = await createHeliaStore({ log });
  await other.start();
  return {
    store: createLayeredStore([store, other]),
    async close() {
      await store.stop();
      await other.stop();
    },
  };
});

blobStoreCompliance("gateway", false, async () => {
  const behind = await createHeliaStore({ log });
  await behind.start();
  const gateway = createGateway({ blocks: behind.blocks, log });
  await gateway.start();
  return {
    store: createGatewayStore([gateway.url()]),
    fill: async (bytes) => void (await behind.put(bytes)),
    async close() {
      await gateway.stop();
      await behind.stop();
    },
  };
});

blobStoreCompliance("directory of a running Helia store", false, async () => {
  const directory = await temporaryDirectory();
  const behind = await createHeliaStore({ directory: directory.path, log });
  await behind.start();
  return {
    store: await createDirectoryStore(directory.path),
    fill: async (bytes) => void (await behind.put(bytes)),
    async close() {
      await behind.stop();
      await directory.remove();
    },
  };
});

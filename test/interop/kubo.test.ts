import { expect } from "chai";
import { cidOf } from "../../node/core/bytes/content-id.ts";
import { createGatewayStore, createHeliaStore, createKuboStore } from "../../node/storage/index.ts";
import { type BlobStoreSubject, blobStoreCompliance } from "../compliance/blob-store.ts";
import { memberStoreCompliance, type OpenMemberStore } from "../compliance/member-store.ts";
import { testBlob } from "../support/blobs.ts";
import { ipfsCommand, startKubo } from "../support/processes/kubo-daemon.ts";
import { silentLog as log } from "../support/silent-log.ts";

if (ipfsCommand !== undefined) {
  blobStoreCompliance("a real Kubo daemon", true, async (): Promise<BlobStoreSubject> => {
    const kubo = await startKubo();
    return { store: createKuboStore({ url: kubo.rpc }), close: kubo.stop };
  });
  const daemon: OpenMemberStore = async (blockStream) => {
    const kubo = await startKubo();
    const store = createKuboStore({ url: kubo.rpc, blockStream, log });
    await store.start();
    const stop = async () => {
      await store.stop();
      await kubo.stop();
    };
    return { ...store, stop };
  };
  const embedded: OpenMemberStore = async (blockStream, { libp2p }) => {
    const store = await createHeliaStore({ libp2p, blockStream, log });
    await store.start();
    return store;
  };
  memberStoreCompliance("Helia and a real Kubo daemon", embedded, daemon);
  memberStoreCompliance("two real Kubo daemons", daemon, daemon);

  describe("a real Kubo daemon", () => {
    it("gives a model's blob the CID that `ipfs add` with the profile's options gives", async () => {
      const kubo = await startKubo();
      const bytes = testBlob(3_000_001, 1);
      const contentId = await createKuboStore({ url: kubo.rpc }).put(bytes);
      const options = ["--cid-version=1", "--raw-leaves", "--chunker=size-1048576", "--max-file-links=1024"];
      const added = kubo.ipfs(["add", "--only-hash", "-Q", ...options], bytes);
      expect(added).to.equal(cidOf(contentId, bytes.length).toString());
      await kubo.stop();
    });

    it("knows the node's blobs again by the name of their pins, and has no pin of what was given up", async () => {
      const kubo = await startKubo();
      const store = createKuboStore({ url: kubo.rpc, pinName: "fedledger a" });
      const bytes = testBlob(2_500_000, 2);
      const contentId = await store.put(bytes);
      const root = cidOf(contentId, bytes.length);
      const again = createKuboStore({ url: kubo.rpc, pinName: "fedledger a" });
      await again.start();
      expect(await again.blocks.has(root)).to.equal(true);
      expect(kubo.ipfs(["pin", "ls", "--type=recursive", "--names"])).to.contain(`${root} recursive fedledger a`);
      await again.remove(contentId, bytes.length);
      expect(kubo.ipfs(["pin", "ls", "--type=recursive", "-q"])).not.to.contain(root.toString());
      await kubo.stop();
    });
  });

  blobStoreCompliance("a real Kubo gateway", false, async (): Promise<BlobStoreSubject> => {
    const kubo = await startKubo();
    const store = createKuboStore({ url: kubo.rpc });
    return {
      store: createGatewayStore([kubo.gateway]),
      fill: async (bytes) => void (await store.put(bytes)),
      close: kubo.stop,
    };
  });
} else {
  describe("BlobStore: a real Kubo daemon", () => {
    it.skip(
      "skipped: there is no `ipfs` on PATH, nor IPFS=path (test/support/processes/kubo-daemon.ts says how to build it)",
    );
  });
}

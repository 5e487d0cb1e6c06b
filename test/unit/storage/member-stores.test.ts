import { expect } from "chai";
import { create } from "kubo-rpc-client";
import { cidOf, contentIdOf } from "../../../node/core/bytes/content-id.ts";
import { createGateway, createHeliaStore, createKuboStore } from "../../../node/storage/index.ts";
import { memberStoreCompliance, type OpenMemberStore } from "../../compliance/member-store.ts";
import { testBlob } from "../../support/blobs.ts";
import { expectCode } from "../../support/expect-code.ts";
import { startKuboShim } from "../../support/processes/kubo-shim.ts";
import { silentLog as log } from "../../support/silent-log.ts";

const helia: OpenMemberStore = async (blockStream, { libp2p }) => {
  const store = await createHeliaStore({ libp2p, blockStream, log });
  await store.start();
  return store;
};

const kubo: OpenMemberStore = async (blockStream) => {
  const shim = await startKuboShim();
  const store = createKuboStore({ url: shim.url, blockStream, log });
  await store.start();
  const stop = async () => {
    await store.stop();
    await shim.stop();
  };
  return { ...store, stop };
};

memberStoreCompliance("Helia and Helia", helia, helia);
memberStoreCompliance("Helia and a Kubo daemon", helia, kubo);
memberStoreCompliance("two Kubo daemons", kubo, kubo);

describe("a store in a Kubo daemon", () => {
  it("serves its own blobs and nothing else that the daemon has, and knows them again", async () => {
    const shim = await startKuboShim();
    const first = createKuboStore({ url: shim.url, pinName: "fedledger a", log });
    await first.start();
    const bytes = testBlob(2_500_000, 1);
    const contentId = await first.put(bytes);
    const foreign = await create({ url: `${shim.url}/api/v0` }).add(testBlob(300, 2), {
      cidVersion: 1,
      rawLeaves: true,
    });
    for (const [pinName, has] of [
      ["fedledger a", true],
      ["fedledger", false],
    ] as const) {
      const again = createKuboStore({ url: shim.url, pinName, log });
      await again.start();
      const gateway = createGateway({ blocks: again.blocks, log });
      await gateway.start();
      const ask = async (cid: object) => (await fetch(`${gateway.url()}/ipfs/${cid}?format=raw`)).status;
      expect(await ask(cidOf(contentId, bytes.length))).to.equal(has ? 200 : 404);
      expect(await ask(foreign.cid)).to.equal(404);
      await gateway.stop();
    }
    await first.remove(contentId, bytes.length);
    expect(await first.blocks.has(cidOf(contentId, bytes.length)), "what was given up").to.equal(false);
    await shim.stop();
  });

  it("says of a daemon that is away that it is, and goes on when it is there again", async () => {
    const shim = await startKuboShim();
    const { port } = new URL(shim.url);
    const store = createKuboStore({ url: shim.url, log });
    await store.start();
    const bytes = testBlob(300, 3);
    await store.put(bytes);
    await shim.stop();
    const contentId = await contentIdOf(bytes);
    const uses = [
      () => store.put(bytes),
      () => store.get(contentId, { lengthBytes: 300 }),
      () => store.has(contentId, 300),
      () => store.remove(contentId, 300),
      () => store.start(),
    ];
    for (const use of uses) await expectCode("STORE_UNREACHABLE", use);
    const back = await startKuboShim({ port: Number(port) });
    expect(await store.put(bytes)).to.equal(contentId);
    expect(Buffer.compare(await store.get(contentId, { lengthBytes: 300 }), bytes)).to.equal(0);
    await back.stop();
  });
});

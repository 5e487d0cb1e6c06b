import { expect } from "chai";
import { cidOf, contentIdOf } from "../../node/core/bytes/content-id.ts";
import { createBlockExchange, type Host } from "../../node/p2p/index.ts";
import type { BlobStore, BlockExchange, BlockReader } from "../../node/ports/index.ts";
import { createGateway, createGatewayStore } from "../../node/storage/index.ts";
import { testBlob } from "../support/blobs.ts";
import { expectCode } from "../support/expect-code.ts";
import { connectedHosts, stopAll } from "../support/processes/hosts.ts";
import { silentLog as log } from "../support/silent-log.ts";

/** A member's store, started. */
export interface MemberStore extends BlobStore {
  readonly blocks: BlockReader;
  stop(): Promise<void>;
}

/** Opens a store, of whatever kind, that fetches and serves by this road, on this host. */
export type OpenMemberStore = (blockStream: BlockExchange, host: Host) => Promise<MemberStore>;

/** The suite that the stores of any two members run: what keeps a blob makes no difference to who gets it. */
export function memberStoreCompliance(name: string, openOne: OpenMemberStore, openOther: OpenMemberStore): void {
  describe(`stores of two members: ${name}`, () => {
    let hosts: Host[] = [];
    let [one, other]: (MemberStore | undefined)[] = [];
    const stores = () => [one, other] as [MemberStore, MemberStore];
    before(async () => {
      hosts = await connectedHosts(2);
      const [a, b] = hosts as [Host, Host];
      one = await openOne(createBlockExchange({ host: a, log }), a);
      other = await openOther(createBlockExchange({ host: b, log }), b);
    });
    after(async () => {
      await one?.stop();
      await other?.stop();
      await stopAll(hosts);
    });

    for (const lengthBytes of [300, 2_500_000]) {
      it(`give each other ${lengthBytes} bytes, and keep them`, async () => {
        for (const [giver, taker, host] of [[...stores(), 0] as const, [...stores().toReversed(), 1] as const]) {
          const bytes = testBlob(lengthBytes, lengthBytes + (host as number));
          const contentId = await (giver as MemberStore).put(bytes);
          const providers = [(hosts[host as number] as Host).transport.peerId];
          const seen: string[] = [];
          const received = await (taker as MemberStore).get(contentId, {
            lengthBytes,
            providers,
            onProgress: ({ from }) => void seen.push(from),
          });
          expect(Buffer.compare(received, bytes)).to.equal(0);
          expect(new Set(seen), "it came from the member").to.deep.equal(new Set(providers));
          expect(await (taker as MemberStore).has(contentId, lengthBytes)).to.equal(true);
        }
      });
    }

    it("give what they fetched to gateways, too", async () => {
      const [giver, taker] = stores();
      const bytes = testBlob(2_000_001, 12);
      const contentId = await giver.put(bytes);
      const providers = [(hosts[0] as Host).transport.peerId];
      await taker.get(contentId, { lengthBytes: bytes.length, providers });
      for (const { blocks } of stores()) {
        const gateway = createGateway({ blocks, log });
        await gateway.start();
        const received = await createGatewayStore([gateway.url()]).get(contentId, { lengthBytes: bytes.length });
        expect(Buffer.compare(received, bytes)).to.equal(0);
        await gateway.stop();
      }
    });

    it("say that they do not have what they do not have", async () => {
      const contentId = await contentIdOf(testBlob(100, 98));
      const [giver, taker] = stores();
      const providers = [(hosts[0] as Host).transport.peerId];
      await expectCode("BLOB_NOT_FOUND", () => taker.get(contentId, { lengthBytes: 100, providers }));
      expect(await giver.blocks.has(cidOf(contentId, 100))).to.equal(false);
    });
  });
}

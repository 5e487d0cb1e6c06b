import * as dagPb from "@ipld/dag-pb";
import { expect } from "chai";
import { importBytes } from "ipfs-unixfs-importer";
import { CID } from "multiformats/cid";
import { sha256 } from "multiformats/hashes/sha2";
import {
  blobBlockCount,
  blobChildren,
  blobRoot,
  isBlockOf,
  linksOf,
  parseCid,
  walkBlob,
} from "../../../../node/core/bytes/blob-dag.ts";
import { contentIdFromCid, UNIXFS_PROFILE } from "../../../../node/core/bytes/content-id.ts";
import { testBlob } from "../../../support/blobs.ts";
import { expectCode } from "../../../support/expect-code.ts";

const mebibyte = 1 << 20;

/** The blocks of a blob as the importer makes them. */
async function imported(bytes: Uint8Array) {
  const blocks = new Map<string, Uint8Array>();
  const { cid } = await importBytes(
    bytes,
    {
      put: (key, block) => {
        blocks.set(key.toString(), block as Uint8Array);
        return key;
      },
    },
    UNIXFS_PROFILE,
  );
  return { contentId: contentIdFromCid(cid), blocks };
}

describe("a blob's blocks", () => {
  for (const lengthBytes of [1, mebibyte, mebibyte + 1, 5_000_000]) {
    it(`are foreseen for ${lengthBytes} bytes`, async () => {
      const bytes = testBlob(lengthBytes, 1);
      const { contentId, blocks } = await imported(bytes);
      const block = (cid: CID) => blocks.get(cid.toString()) as Uint8Array;
      const rebuilt = new Uint8Array(lengthBytes);
      let count = 0;
      for await (const node of walkBlob(blobRoot(contentId, lengthBytes), async ({ cid }) => block(cid))) {
        expect(await isBlockOf(node.cid, block(node.cid))).to.equal(true);
        if (node.height === 0) rebuilt.set(block(node.cid), node.offset);
        count++;
      }
      expect(Buffer.compare(rebuilt, bytes)).to.equal(0);
      expect(count).to.equal(blocks.size);
      expect(blobBlockCount(lengthBytes)).to.equal(count);
    });
  }

  it("are counted with two levels of inner nodes above 1 GiB", () => {
    expect(blobBlockCount(1024 * mebibyte)).to.equal(1025);
    expect(blobBlockCount(1024 * mebibyte + 1)).to.equal(1025 + 2 + 1);
  });

  it("are refused where another root holds the same bytes, or more, or fewer", async () => {
    const bytes = testBlob(2 * mebibyte, 2);
    const { contentId, blocks } = await imported(bytes);
    const root = blobRoot(contentId, bytes.length);
    const rightful = blocks.get(root.cid.toString()) as Uint8Array;
    expect(blobChildren(root, rightful)).to.have.length(2);
    const { Data, Links } = dagPb.decode(rightful);
    const renamed = dagPb.encode(
      dagPb.prepare({ Data: Data as Uint8Array, Links: Links.map((link) => ({ ...link, Name: "x" })) }),
    );
    await expectCode("BLOB_CORRUPT", () => blobChildren(root, renamed));
    await expectCode("BLOB_CORRUPT", () => blobChildren(root, Uint8Array.of(1, 2, 3)));
    await expectCode("BLOB_TOO_LARGE", () => blobChildren(blobRoot(contentId, 2 * mebibyte - 1), rightful));
    await expectCode("BLOB_CORRUPT", () => blobChildren(blobRoot(contentId, 2 * mebibyte + 1), rightful));
    await expectCode("BLOB_TOO_LARGE", () => blobChildren(blobRoot(contentId, 10), new Uint8Array(11)));
    await expectCode("BLOB_CORRUPT", () => blobChildren(blobRoot(contentId, 10), new Uint8Array(9)));
  });

  it("have CIDs of SHA-256 only, and links in raw and dag-pb only", async () => {
    const digest = await sha256.digest(Uint8Array.of(1));
    const raw = CID.createV1(0x55, digest);
    expect(parseCid(raw.toString()).equals(raw)).to.equal(true);
    expect(parseCid(raw.bytes).equals(raw)).to.equal(true);
    expect(linksOf(raw, Uint8Array.of(1))).to.deep.equal([]);
    expect(await isBlockOf(raw, Uint8Array.of(1))).to.equal(true);
    expect(await isBlockOf(raw, Uint8Array.of(2))).to.equal(false);
    await expectCode("INVALID_ARGUMENT", () => linksOf(CID.createV1(0x71, digest), Uint8Array.of(1)));
    await expectCode("INVALID_ARGUMENT", () => linksOf(CID.createV1(0x70, digest), Uint8Array.of(1)));
    await expectCode("INVALID_ARGUMENT", () => parseCid("nonsense"));
    // an identity CID: its bytes are in its name
    await expectCode("INVALID_ARGUMENT", () => parseCid(Uint8Array.of(1, 0x55, 0, 1, 1)));
  });
});

import { createHash } from "node:crypto";
import { unixfs } from "@helia/unixfs";
import * as dagPb from "@ipld/dag-pb";
import { MemoryBlockstore } from "blockstore-core";
import { expect } from "chai";
import { CID } from "multiformats/cid";
import { cidOf, contentIdFromCid, contentIdOf, UNIXFS_PROFILE } from "../../../../node/core/bytes/content-id.ts";
import { toHex } from "../../../../node/core/bytes/hex.ts";
import type { Bytes32 } from "../../../../node/core/ids.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { vectors } from "../../../support/vectors.ts";

const mebibyte = 1 << 20;
const blob = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i % 251);
const sha256 = (bytes: Uint8Array): Bytes32 => toHex(createHash("sha256").update(bytes).digest());

describe("content ids", () => {
  for (const { name, lengthBytes, contentId, cid } of vectors<{
    name: string;
    lengthBytes: number;
    contentId: Bytes32;
    cid: string;
  }>("content-id")) {
    it(`vector: ${name}`, async () => {
      expect(await contentIdOf(blob(lengthBytes))).to.equal(contentId);
      expect(cidOf(contentId, lengthBytes).toString()).to.equal(cid);
      expect(contentIdFromCid(CID.parse(cid))).to.equal(contentId);
    });

    it(`${name}: Helia's addBytes with the profile gives the same CID`, async () => {
      const stored = await unixfs({ blockstore: new MemoryBlockstore() }).addBytes(blob(lengthBytes), UNIXFS_PROFILE);
      expect(stored.toString()).to.equal(cid);
    });
  }

  it("up to one chunk is the plain SHA-256 of the bytes", async () => {
    for (const length of [1, 1000, mebibyte]) expect(await contentIdOf(blob(length))).to.equal(sha256(blob(length)));
  });

  it("above one chunk is the digest of a dag-pb node over raw leaves, built here by hand", async () => {
    const bytes = blob(2 * mebibyte + 77);
    const sizes = [mebibyte, mebibyte, 77];
    let at = 0;
    const Links = sizes.map((size) => {
      const leaf = bytes.subarray(at, at + size);
      at += size;
      return { Name: "", Tsize: size, Hash: cidOf(sha256(leaf), size) };
    });
    // UnixFS protobuf: Type = File (1: 2), filesize (3), blocksizes (4), varints.
    const varint = (value: number): number[] =>
      value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
    const Data = Uint8Array.from([
      8,
      2,
      24,
      ...varint(bytes.length),
      ...sizes.flatMap((size) => [32, ...varint(size)]),
    ]);
    expect(await contentIdOf(bytes)).to.equal(sha256(dagPb.encode({ Data, Links })));
  });

  it("one changed byte makes another id", async () => {
    const bytes = blob(mebibyte + 5);
    const before = await contentIdOf(bytes);
    bytes[mebibyte + 1]! ^= 1;
    expect(await contentIdOf(bytes)).not.to.equal(before);
  });

  it("refuses empty blobs, other lengths of ids, and other hash functions", async () => {
    const id = await contentIdOf(blob(1));
    await expectCode("INVALID_ARGUMENT", () => contentIdOf(new Uint8Array(0)));
    await expectCode("INVALID_ARGUMENT", () => contentIdOf(new Uint8Array(2 ** 31)));
    await expectCode("INVALID_ARGUMENT", () => cidOf("0x12", 1));
    await expectCode("INVALID_ARGUMENT", () => cidOf(id, 0));
    await expectCode("INVALID_ARGUMENT", () => cidOf(id, 0.5));
    const identity = CID.parse("bafkqaaa");
    await expectCode("INVALID_ARGUMENT", () => contentIdFromCid(identity));
  });
});

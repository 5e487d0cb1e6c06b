import { expect } from "chai";
import { contentIdOf } from "../../node/core/bytes/content-id.ts";
import type { BlobStore } from "../../node/ports/index.ts";
import { testBlob } from "../support/blobs.ts";
import { expectCode } from "../support/expect-code.ts";

const mebibyte = 1 << 20;
/**
 * Lengths around the borders of UnixFS chunks, some of several megabytes, and of sealed blobs, of which no length is a
 * whole number of chunks.
 */
const lengths = [1, 255, 65 * 4 + 52, mebibyte - 1, mebibyte, mebibyte + 1, mebibyte + 52, 2 * mebibyte, 5_000_000];

/** A store under test, and another way to fill it where it can only be read. */
export interface BlobStoreSubject {
  readonly store: BlobStore;
  /** Puts a blob where the store will find it; default the store's own `put`. */
  readonly fill?: (bytes: Uint8Array) => Promise<void>;
  readonly close?: () => Promise<void>;
}

/** The suite that every BlobStore runs; `writable` is false for those that refuse `put` and `remove`. */
export function blobStoreCompliance(name: string, writable: boolean, open: () => Promise<BlobStoreSubject>): void {
  describe(`BlobStore: ${name}`, () => {
    let subject: BlobStoreSubject;
    let store: BlobStore;
    before(async () => {
      subject = await open();
      store = subject.store;
    });
    after(() => subject.close?.());

    const fill = async (bytes: Uint8Array) => {
      if (subject.fill) await subject.fill(bytes);
      else await store.put(bytes);
      return contentIdOf(bytes);
    };

    for (const lengthBytes of lengths) {
      it(`gives back ${lengthBytes} bytes as they were put`, async () => {
        const bytes = testBlob(lengthBytes, lengthBytes);
        const contentId = await fill(bytes);
        expect(await store.has(contentId, lengthBytes)).to.equal(true);
        const received = await store.get(contentId, { lengthBytes });
        expect(Buffer.compare(received, bytes)).to.equal(0);
      });
    }

    it("keeps nothing of the buffers it takes and gives", async () => {
      const bytes = testBlob(2_000, 7);
      const contentId = await fill(bytes);
      (await store.get(contentId, { lengthBytes: 2_000 })).fill(0);
      bytes.fill(1);
      const again = await store.get(contentId, { lengthBytes: 2_000 });
      expect(Buffer.compare(again, testBlob(2_000, 7))).to.equal(0);
    });

    it("tells of progress, up to all bytes", async () => {
      const bytes = testBlob(3 * mebibyte, 11);
      const contentId = await fill(bytes);
      const seen: number[] = [];
      await store.get(contentId, {
        lengthBytes: bytes.length,
        onProgress: ({ bytes: count, of }) => {
          expect(of).to.equal(bytes.length);
          seen.push(count);
        },
      });
      expect(seen.at(-1)).to.equal(bytes.length);
      expect(seen).to.deep.equal(seen.toSorted((a, b) => a - b));
    });

    it("rejects with BLOB_NOT_FOUND for what nobody has", async () => {
      const contentId = await contentIdOf(testBlob(100, 99));
      expect(await store.has(contentId, 100)).to.equal(false);
      await expectCode("BLOB_NOT_FOUND", () => store.get(contentId, { lengthBytes: 100 }));
    });

    it("rejects with BLOB_TOO_LARGE for a file longer than allowed, in one chunk and in several", async () => {
      const small = testBlob(1_000, 3);
      await expectCode("BLOB_TOO_LARGE", async () => store.get(await fill(small), { lengthBytes: 999 }));
      const large = testBlob(3 * mebibyte, 4);
      await expectCode("BLOB_TOO_LARGE", async () => store.get(await fill(large), { lengthBytes: 2 * mebibyte }));
    });

    it("rejects with BLOB_CORRUPT for a file shorter than told", async () => {
      const bytes = testBlob(1_000, 5);
      await expectCode("BLOB_CORRUPT", async () => store.get(await fill(bytes), { lengthBytes: 1_001 }));
    });

    it("rejects with the signal's reason", async () => {
      const bytes = testBlob(3 * mebibyte, 6);
      const contentId = await fill(bytes);
      const reason = new Error("enough");
      const outcome = store.get(contentId, { lengthBytes: bytes.length, signal: AbortSignal.abort(reason) });
      expect(await outcome.catch((error: unknown) => error)).to.equal(reason);
    });

    if (!writable) {
      it("refuses put and remove with STORE_READ_ONLY", async () => {
        const bytes = testBlob(10, 1);
        await expectCode("STORE_READ_ONLY", () => store.put(bytes));
        await expectCode("STORE_READ_ONLY", async () => store.remove(await contentIdOf(bytes), 10));
      });
      return;
    }

    it("puts under the content id of the profile, any number of times", async () => {
      const bytes = testBlob(mebibyte + 5, 8);
      const contentId = await contentIdOf(bytes);
      expect(await store.put(bytes)).to.equal(contentId);
      expect(await store.put(bytes)).to.equal(contentId);
    });

    it("refuses a blob of no bytes", async () => {
      await expectCode("INVALID_ARGUMENT", () => store.put(new Uint8Array(0)));
    });

    it("removes what is there and what is not", async () => {
      const bytes = testBlob(2 * mebibyte + 1, 9);
      const contentId = await store.put(bytes);
      await store.remove(contentId, bytes.length);
      await store.remove(contentId, bytes.length);
      expect(await store.put(bytes)).to.equal(contentId);
      expect(await store.has(contentId, bytes.length)).to.equal(true);
    });
  });
}

import type { Blockstore, InputPair } from "interface-blockstore";
import { type Cid, isBlockOf } from "../../core/bytes/blob-dag.ts";
import { contentIdFromCid } from "../../core/bytes/content-id.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Log } from "../../ports/index.ts";
import { storageLimits } from "../blocks/limits.ts";
import { readBlock } from "../blocks/read-block.ts";

/** What this wrapper needs of the store below it. */
export type PlainBlockstore = Pick<Blockstore, "get" | "put" | "has" | "delete" | "getAll">;

/**
 * A block store that trusts nothing it finds: what the store below gives is hashed, and a block that does not match its
 * CID (half written before a power cut, or damaged) is dropped as if it had never been there. `has` reads a block once
 * in the life of the process; `get` checks every time. Bytes are copied when put, so callers keep theirs.
 *
 * `get` rejects with BLOB_NOT_FOUND for blocks that are absent and BLOB_CORRUPT for those just dropped.
 */
export function checkedBlockstore(
  below: PlainBlockstore,
  options: { readonly log: Log; readonly copies: boolean },
): Blockstore {
  const { log, copies } = options;
  const checked = new Set<string>();
  const keyOf = (cid: Cid) => contentIdFromCid(cid);

  async function read(cid: Cid): Promise<Uint8Array> {
    const contentId = keyOf(cid);
    let block: Uint8Array;
    try {
      block = await readBlock(below, cid);
    } catch (error) {
      throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 0 }, error);
    }
    if (!(await isBlockOf(cid, block))) {
      log.warn("damaged block dropped", { cid: cid.toString(), bytes: block.length });
      checked.delete(contentId);
      await below.delete(cid);
      throw new FedledgerError("BLOB_CORRUPT", { contentId, reason: "the stored block is damaged" });
    }
    remember(contentId);
    return block;
  }

  function remember(contentId: string): void {
    if (checked.size >= storageLimits.checkedBlocks) checked.clear();
    checked.add(contentId);
  }

  async function put(cid: Cid, bytes: InputPair["bytes"]): Promise<Cid> {
    const block = bytes instanceof Uint8Array ? bytes : await readBlock({ get: () => bytes }, cid);
    await below.put(cid, copies ? block.slice() : block);
    remember(keyOf(cid));
    return cid;
  }

  async function remove(cid: Cid): Promise<void> {
    checked.delete(keyOf(cid));
    await below.delete(cid);
  }

  return {
    put,
    async *putMany(source) {
      for await (const { cid, bytes } of source) yield put(cid, bytes);
    },
    async *get(cid) {
      yield await read(cid);
    },
    async *getMany(source) {
      for await (const cid of source) {
        yield {
          cid,
          bytes: (async function* () {
            yield await read(cid);
          })(),
        };
      }
    },
    async has(cid) {
      if (!(await below.has(cid))) return false;
      if (checked.has(keyOf(cid))) return true;
      return read(cid).then(
        () => true,
        () => false,
      );
    },
    delete: remove,
    async *deleteMany(source) {
      for await (const cid of source) {
        await remove(cid);
        yield cid;
      }
    },
    getAll: (getAllOptions) => below.getAll(getAllOptions),
  };
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FsBlockstore } from "blockstore-fs";
import { NextToLast } from "blockstore-fs/sharding";
import type { Cid } from "../../core/bytes/blob-dag.ts";

/**
 * Helia's file block store (one file a block, written aside and renamed), reading each file in one go rather than in
 * pieces of 64 KiB.
 */
export class FileBlockstore extends FsBlockstore {
  readonly #files: NextToLast;

  /** Opens with `open()`; the directory is made if it is not there. */
  constructor(directory: string) {
    const shardingStrategy = new NextToLast();
    super(directory, { shardingStrategy });
    this.#files = shardingStrategy;
  }

  /** The block's bytes as they are in the file. Rejects with the file system's error. */
  override async *get(cid: Cid): AsyncGenerator<Uint8Array> {
    const { dir, file } = this.#files.encode(cid);
    yield await readFile(join(this.path, dir, file));
  }
}

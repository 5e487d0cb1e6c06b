import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { FedledgerError } from "../core/errors/error.ts";

/**
 * A small file for one secret, readable and writable by its owner only (0600). It is overwritten where it stands and
 * flushed, so that what was in it before is gone as far as the disk lets it: a copy made by a file system's snapshot,
 * or by a disk that moves what it writes, is beyond it. Rejects with FILE_UNREADABLE and FILE_UNWRITABLE.
 */
export function createSecretFile(path: string): {
  read(): Promise<Uint8Array | undefined>;
  write(bytes: Uint8Array): Promise<void>;
} {
  return {
    async read() {
      try {
        const file = await open(path, "r");
        try {
          return new Uint8Array(await file.readFile());
        } finally {
          await file.close();
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw new FedledgerError("FILE_UNREADABLE", { path, reason: (error as Error).message }, error);
      }
    },
    async write(bytes) {
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        const file = await open(path, "r+").catch(() => open(path, "wx", 0o600));
        try {
          await file.chmod(0o600);
          await file.write(bytes, 0, bytes.length, 0);
          await file.truncate(bytes.length);
          await file.sync();
        } finally {
          await file.close();
        }
      } catch (error) {
        throw new FedledgerError("FILE_UNWRITABLE", { path, reason: (error as Error).message }, error);
      }
    },
  };
}

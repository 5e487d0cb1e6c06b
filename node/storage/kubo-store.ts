import { create } from "kubo-rpc-client";
import { cidOf, contentIdFromCid, contentIdOf, unixfsChunkBytes, unixfsMaxChildren } from "../core/bytes/content-id.ts";
import { FedledgerError } from "../core/errors/error.ts";
import type { Bytes32 } from "../core/ids.ts";
import type { BlobStore } from "../ports/index.ts";
import { storageLimits } from "./blocks/limits.ts";

/** Where a Kubo daemon is. */
export interface KuboOptions {
  /** RPC address, such as http://127.0.0.1:5001. */
  readonly url: string;
  /** Value of the Authorization header, such as "Bearer …"; default none. */
  readonly authorization?: string;
  /** How long one call may take, beside a second for each megabyte that it moves; default 15000. */
  readonly timeoutMs?: number;
}

/** Links of a node in Kubo's own default; more than so many leaves need the option that old versions lack. */
const kuboDefaultLinks = 174;

/**
 * A blob store in a Kubo daemon, over its RPC. What it stores has the same content ids as everywhere; a daemon that
 * gives another CID is refused with STORAGE_FAILED, as is one that does not answer. `get` hashes all bytes it is given.
 * Throws INVALID_CONFIG for what is not an http(s) URL.
 */
export function createKuboStore(options: KuboOptions): BlobStore {
  const { url, authorization, timeoutMs = storageLimits.httpTimeoutMs } = options;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new FedledgerError("INVALID_CONFIG", { name: "kubo", reason: `${url} is not an http(s) URL` });
  }
  const client = create({
    url: `${url.replace(/\/+$/, "").replace(/\/api\/v0$/, "")}/api/v0`,
    ...(authorization === undefined ? {} : { headers: { authorization } }),
  });

  async function call<T>(
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
    lengthBytes = 0,
  ): Promise<T> {
    signal?.throwIfAborted();
    const allowedMs = timeoutMs + Math.ceil(lengthBytes / storageLimits.slowestBytesPerMs);
    try {
      return await work(AbortSignal.any([AbortSignal.timeout(allowedMs), ...(signal ? [signal] : [])]));
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof FedledgerError) throw error;
      const { message, cause } = error as Error;
      const reason = cause instanceof Error ? `${message} (${cause.message})` : message;
      throw new FedledgerError("STORAGE_FAILED", { path: url, reason }, error);
    }
  }

  async function bytesOf(contentId: Bytes32, lengthBytes: number, signal: AbortSignal, count: (bytes: number) => void) {
    const into = new Uint8Array(lengthBytes);
    let at = 0;
    for await (const part of client.cat(cidOf(contentId, lengthBytes), { signal })) {
      if (at + part.length > lengthBytes) {
        throw new FedledgerError("BLOB_TOO_LARGE", { contentId, limitBytes: lengthBytes });
      }
      into.set(part, at);
      at += part.length;
      count(at);
    }
    return into.subarray(0, at);
  }

  return {
    put: async (bytes, { signal } = {}) => {
      const contentId = await contentIdOf(bytes);
      return call(
        signal,
        async (either) => {
          const leaves = Math.ceil(bytes.length / unixfsChunkBytes);
          const { cid } = await client.add(bytes, {
            cidVersion: 1,
            rawLeaves: true,
            chunker: `size-${unixfsChunkBytes}`,
            pin: true,
            signal: either,
            ...(leaves > kuboDefaultLinks ? { maxFileLinks: unixfsMaxChildren } : {}),
          });
          if (cid.equals(cidOf(contentId, bytes.length))) return contentId;
          const reason = `the daemon made ${contentIdFromCid(cid)} of ${contentId}`;
          throw new FedledgerError("STORAGE_FAILED", { path: url, reason });
        },
        bytes.length,
      );
    },
    get: (contentId, { lengthBytes, signal, onProgress }) =>
      call(
        signal,
        async (either) => {
          let bytes: Uint8Array;
          try {
            bytes = await bytesOf(contentId, lengthBytes, either, (count) =>
              onProgress?.({ bytes: count, of: lengthBytes, from: "ipfs" }),
            );
          } catch (error) {
            if (!isAbsence(error)) throw error;
            throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 1 }, error);
          }
          if (bytes.length !== lengthBytes || (await contentIdOf(bytes)) !== contentId) {
            throw new FedledgerError("BLOB_CORRUPT", { contentId, source: url });
          }
          await client.pin.add(cidOf(contentId, lengthBytes), { signal: either });
          return bytes;
        },
        lengthBytes,
      ),
    has: (contentId, lengthBytes) =>
      call(undefined, async (signal) => {
        try {
          for await (const _ of client.pin.ls({ paths: cidOf(contentId, lengthBytes), type: "recursive", signal }))
            return true;
          return false;
        } catch (error) {
          if (isAbsence(error)) return false;
          throw error;
        }
      }),
    remove: (contentId, lengthBytes) =>
      call(undefined, async (signal) => {
        try {
          await client.pin.rm(cidOf(contentId, lengthBytes), { signal });
        } catch (error) {
          if (!isAbsence(error)) throw error;
        }
      }),
  };
}

/** Whether the daemon says, or shows by its silence, that it does not have the content: status 500 or a timeout. */
function isAbsence(error: unknown): boolean {
  const { name, response } = error as { name?: string; response?: { status?: number } };
  return name === "TimeoutError" || (name === "HTTPError" && response?.status === 500);
}

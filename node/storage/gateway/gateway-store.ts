import { type Cid, isBlockOf } from "../../core/bytes/blob-dag.ts";
import { contentIdFromCid } from "../../core/bytes/content-id.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { BlobStore } from "../../ports/index.ts";
import { storageLimits } from "../blocks/limits.ts";
import { readOnlyStore } from "../blocks/read-only-store.ts";
import { rawBlockType } from "./gateway-server.ts";

/** So long a gateway is waited for before the next one is asked beside it. */
const patienceMs = 1_000;

/**
 * Reads blobs from trustless gateways (a member's, Kubo's, a public one), checking every block. Each block is asked of
 * the URLs in turn, beginning with the one that answered last. Beside one that is silent the next is asked; one that
 * lies or is away is passed over.
 * Throws INVALID_CONFIG for what is not an http(s) URL.
 */
export function createGatewayStore(urls: readonly string[], options: { readonly timeoutMs?: number } = {}): BlobStore {
  const timeoutMs = options.timeoutMs ?? storageLimits.httpTimeoutMs;
  const gateways = urls.map(baseOf);
  let best = 0;

  async function firstOf<T>(ask: (base: string, stop: AbortSignal) => Promise<T | undefined>): Promise<T | undefined> {
    const others = new AbortController();
    const running = new Map<number, Promise<{ readonly at: number; readonly answer: T | undefined }>>();
    const first = best;
    for (let asked = 0; asked < gateways.length || running.size > 0; ) {
      if (asked < gateways.length) {
        const at = (first + asked++) % gateways.length;
        running.set(
          at,
          ask(gateways[at] as string, others.signal).then((answer) => ({ at, answer })),
        );
      }
      const done = await Promise.race([...running.values(), ...(asked < gateways.length ? [patience()] : [])]);
      if (done === undefined) continue;
      running.delete(done.at);
      if (done.answer === undefined) continue;
      best = done.at;
      others.abort();
      return done.answer;
    }
    return undefined;
  }

  const patience = () =>
    new Promise<undefined>((resolve) => {
      setTimeout(() => resolve(undefined), patienceMs).unref();
    });

  const request = (base: string, cid: Cid, method: "GET" | "HEAD", signals: readonly AbortSignal[]) =>
    fetch(`${base}/ipfs/${cid}?format=raw`, {
      method,
      headers: { accept: rawBlockType },
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...signals]),
    });

  return readOnlyStore({
    name: urls.join(", "),
    parallel: storageLimits.parallelHttpGets,
    async block(cid, signal) {
      const contentId = contentIdFromCid(cid);
      let liar: string | undefined;
      const block = await firstOf(async (base, stop) => {
        try {
          const response = await request(base, cid, "GET", signal ? [signal, stop] : [stop]);
          if (!response.ok) {
            await response.body?.cancel();
            return undefined;
          }
          const bytes = await bodyOf(response, storageLimits.blockBytes);
          if (bytes && (await isBlockOf(cid, bytes))) return bytes;
          liar ??= base;
        } catch {
          signal?.throwIfAborted();
        }
        return undefined;
      });
      if (block) return block;
      throw liar === undefined
        ? new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: gateways.length })
        : new FedledgerError("BLOB_CORRUPT", { contentId, source: liar });
    },
    has: async (cid) =>
      (await firstOf((base, stop) =>
        request(base, cid, "HEAD", [stop]).then(
          ({ ok }) => ok || undefined,
          () => undefined,
        ),
      )) ?? false,
  });
}

/** The body, or undefined if it is longer than the limit. */
async function bodyOf(response: Response, limitBytes: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > limitBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function baseOf(url: string): string {
  const protocol = URL.canParse(url) ? new URL(url).protocol : "";
  if (protocol === "http:" || protocol === "https:") return url.replace(/\/+$/, "");
  throw new FedledgerError("INVALID_CONFIG", { name: "content source", reason: `${url} is not an http(s) URL` });
}

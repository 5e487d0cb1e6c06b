import type { Stream } from "@libp2p/interface";
import { FedledgerError } from "../../core/errors/error.ts";
import { unreachable } from "../peer-fault.ts";

/** Where a stream leads and how long it may stand still. */
export interface StreamContext {
  readonly peerId: string;
  readonly idleTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Reads exact numbers of bytes. */
export interface StreamReader {
  /**
   * Fills the target. Rejects with PEER_UNREACHABLE when the stream ends before, PEER_TIMEOUT when it stands still, or
   * the signal's reason.
   */
  fill(target: Uint8Array): Promise<void>;
}

/** Above this many unread bytes the sender is held back. */
const highWaterBytes = 2 << 20;

/**
 * A reader with backpressure (libp2p's own async iterator has none). It must be created before the stream gets data.
 */
export function streamReader(stream: Stream, context: StreamContext): StreamReader {
  const { peerId, signal } = context;
  const queue: Uint8Array[] = [];
  let queuedBytes = 0;
  let used = 0;
  let ended: { readonly error?: Error | undefined } | undefined;
  let wake = () => {};

  stream.addEventListener("message", ({ data }) => {
    for (const bytes of data instanceof Uint8Array ? [data] : data) queue.push(bytes);
    queuedBytes += data.byteLength;
    // not at once: resume() may be on the stack, and would undo half of it
    if (queuedBytes > highWaterBytes) queueMicrotask(holdBack);
    wake();
  });
  stream.addEventListener("end", () => {
    ended ??= {};
    wake();
  });
  stream.addEventListener("close", ({ error }) => {
    ended = { error: ended?.error ?? error };
    wake();
  });

  /** Moves bytes from the head of the queue into the target; how many. */
  function take(head: Uint8Array, target: Uint8Array): number {
    const count = Math.min(target.length, head.length - used);
    target.set(head.subarray(used, used + count));
    used += count;
    queuedBytes -= count;
    if (used === head.length) {
      queue.shift();
      used = 0;
    }
    if (queuedBytes < highWaterBytes / 2 && !ended && stream.status === "open") stream.resume();
    return count;
  }

  function holdBack(): void {
    if (queuedBytes > highWaterBytes && stream.status === "open" && !ended) stream.pause();
  }

  const more = () =>
    standstill(context, (resolve) => {
      wake = resolve;
    });

  return {
    async fill(target) {
      let at = 0;
      while (at < target.length) {
        signal?.throwIfAborted();
        const head = queue[0];
        if (head) {
          at += take(head, target.subarray(at));
          continue;
        }
        if (ended) throw unreachable(peerId, ended.error ?? "the stream ended too early");
        await more();
      }
    },
  };
}

/**
 * Sends, and waits while the other side is slower than we are. Rejects with PEER_UNREACHABLE, PEER_TIMEOUT, or the
 * signal's reason.
 */
export async function sendBytes(stream: Stream, bytes: Uint8Array, context: StreamContext): Promise<void> {
  const { peerId, signal } = context;
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    signal?.throwIfAborted();
    try {
      stream.send(bytes.subarray(at, at + pieceBytes));
    } catch (error) {
      throw unreachable(peerId, error);
    }
    // not stream.onDrain(): its promise is not renewed after the first drain
    while (stream.writableNeedsDrain && stream.status === "open") {
      let forget = () => {};
      try {
        await standstill(context, (resolve) => {
          stream.addEventListener("drain", resolve);
          stream.addEventListener("close", resolve);
          forget = () => {
            stream.removeEventListener("drain", resolve);
            stream.removeEventListener("close", resolve);
          };
        });
      } finally {
        forget();
      }
    }
    if (stream.status !== "open") throw unreachable(peerId, "the stream was closed");
  }
}

/** Bytes handed to the stream at once; the fastest of those tried. */
const pieceBytes = 256 * 1024;

/** Resolves when `subscribe`'s argument is called; rejects after the idle time or on abort. */
function standstill(context: StreamContext, subscribe: (resolve: () => void) => void): Promise<void> {
  const { peerId, idleTimeoutMs, signal } = context;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(
    () => reject(new FedledgerError("PEER_TIMEOUT", { peerId, timeoutMs: idleTimeoutMs })),
    idleTimeoutMs,
  );
  const onAbort = () => reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  subscribe(resolve);
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  });
}

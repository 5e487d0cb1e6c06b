import type { Reply, ToldHeads, Transport } from "./transport.ts";

/** A socket that nobody uses is closed after this time: it would keep the process alive. */
const idleMs = 5_000;
/** Ids of subscriptions, apart from those of requests. */
const firstOwnId = 2 ** 40;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
}

/**
 * All requests over one WebSocket, opened when it is needed and again after it broke. While anybody listens for new
 * heads it subscribes to them; an endpoint that knows no subscriptions is asked, as over HTTP.
 */
export function webSocketTransport(url: string, headers: Readonly<Record<string, string>>): Transport {
  const waiting = new Map<number, (reply: Reply | Error) => void>();
  const listeners = new Set<() => void>();
  let opening: Promise<WebSocket> | undefined;
  let current: WebSocket | undefined;
  let nextOwnId = firstOwnId;
  let subscribing: number | undefined;
  let isSubscribed = false;
  let idle: ReturnType<typeof setTimeout> | undefined;

  function end(socket: WebSocket, reason: string): void {
    if (socket !== current) return;
    current = undefined;
    opening = undefined;
    isSubscribed = false;
    socket.close();
    for (const settle of [...waiting.values()]) settle(new Error(reason));
    for (const listener of [...listeners]) listener();
  }

  /** Asks once a socket to be told of heads; what it answers comes as a message. */
  function subscribe(socket: WebSocket): void {
    subscribing = nextOwnId++;
    const request = { jsonrpc: "2.0", id: subscribing, method: "eth_subscribe", params: ["newHeads"] };
    socket.send(JSON.stringify(request));
  }

  function hear(text: string): void {
    const message = parse(text);
    if (message?.method === "eth_subscription") {
      for (const listener of [...listeners]) listener();
    } else if (message?.id !== undefined && message.id === subscribing) {
      isSubscribed = typeof message.result === "string";
    } else {
      // An answer without an id can only be that of the one request that waits.
      const settle = waiting.get(Number(message?.id)) ?? (waiting.size === 1 ? [...waiting.values()][0] : undefined);
      settle?.({ status: 200, text, retryAfter: null });
    }
  }

  async function open(): Promise<WebSocket> {
    // Node's own takes headers, which browsers' do not.
    const socket = new WebSocket(url, { headers } as unknown as string[]);
    const opened = Promise.withResolvers<void>();
    socket.addEventListener("open", () => opened.resolve());
    // What failed is asked of HTTP, where it has a status.
    socket.addEventListener("error", () => opened.reject(new Error("the WebSocket does not open")));
    socket.addEventListener("close", () => opened.reject(new Error("the WebSocket was closed")));
    await opened.promise;
    socket.addEventListener("message", ({ data }) => hear(String(data)));
    socket.addEventListener("close", () => end(socket, "the WebSocket was closed"));
    current = socket;
    if (listeners.size > 0) subscribe(socket);
    return socket;
  }

  function opened(): Promise<WebSocket> {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  function restSoon(): void {
    clearTimeout(idle);
    if (waiting.size > 0 || listeners.size > 0) return;
    idle = setTimeout(() => {
      opening?.then((socket) => socket.close()).catch(() => {});
    }, idleMs);
  }

  const heads: ToldHeads = {
    isLive: () => isSubscribed,
    onNew(listener) {
      listeners.add(listener);
      if (listeners.size === 1) opening?.then(subscribe).catch(() => {});
      return () => {
        listeners.delete(listener);
        restSoon();
      };
    },
  };

  return {
    heads,
    async send(id, body, signal) {
      clearTimeout(idle);
      const failed = () => whyNot(url, headers, signal);
      const socket = await abortable(opened(), signal).catch(async (error: unknown) => {
        signal.throwIfAborted();
        return (await failed()) ?? Promise.reject(error);
      });
      if (!(socket instanceof WebSocket)) return socket;
      const answered = Promise.withResolvers<Reply>();
      waiting.set(id, (reply) => (reply instanceof Error ? answered.reject(reply) : answered.resolve(reply)));
      try {
        socket.send(body);
        return await abortable(answered.promise, signal);
      } catch (error) {
        // One that says nothing in time may be dead without knowing it.
        if ((signal.reason as Error | undefined)?.name === "TimeoutError")
          end(socket, "another request got no answer in time");
        throw error;
      } finally {
        waiting.delete(id);
        restSoon();
      }
    },
  };
}

/** The reply of the same URL over HTTP, which says why a handshake was refused; undefined where it says nothing. */
async function whyNot(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal) {
  const response = await fetch(url.replace(/^ws/, "http"), { headers, signal });
  await response.body?.cancel();
  const { status } = response;
  if (![401, 403, 429, 503].includes(status)) return undefined;
  return { status, text: "", retryAfter: response.headers.get("retry-after") };
}

async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function parse(text: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

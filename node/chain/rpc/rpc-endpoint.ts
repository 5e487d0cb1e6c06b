import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";

/** An error as an endpoint answers it. */
export interface JsonRpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** What an endpoint answered. */
export type JsonRpcAnswer = { readonly result: unknown } | { readonly error: JsonRpcError };

/** One JSON-RPC endpoint over HTTP. */
export interface Endpoint {
  /** Scheme and host: paths and queries often hold keys and are never shown. */
  readonly name: string;
  /**
   * One request. Rejects with RPC_UNREACHABLE when there is no JSON-RPC answer in time, or with the signal's reason.
   */
  ask(method: string, params: readonly unknown[], signal?: AbortSignal): Promise<JsonRpcAnswer>;
  /** The error that says this endpoint is of no use now. */
  failed(reason: string, cause?: unknown): FedledgerError;
}

// Limit exceeded (EIP-1474) and the texts with which providers say the same.
const limitExceeded = -32_005;
const rateLimited = /rate limit|too many requests|capacity|exceeded.*(?:second|credits|compute)/i;

/** The logs of a task with many members and rounds are some megabytes. */
const largestAnswerBytes = 1 << 28;
/** So much of what an endpoint says is shown. */
const shownCharacters = 200;

/** An endpoint. Nothing is sent yet. Throws INVALID_CONFIG for what is not an HTTP(S) URL. */
export function createEndpoint(urlText: string, timeoutMs: number): Endpoint {
  const { url, name, headers } = parse(urlText);
  let nextId = 1;

  const failed = (reason: string, cause?: unknown) =>
    new FedledgerError("RPC_UNREACHABLE", { url: name, reason: shown(reason) }, cause);

  async function post(body: string, signal?: AbortSignal): Promise<{ status: number; text: string }> {
    signal?.throwIfAborted();
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, {
        method: "POST",
        headers,
        body,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      const text = await readText(response);
      if (text === undefined) throw failed(`its answer has more than ${largestAnswerBytes} bytes`);
      return { status: response.status, text };
    } catch (error) {
      if (isFedledgerError(error)) throw error;
      if (signal?.aborted) throw signal.reason;
      throw failed(timeout.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error), error);
    }
  }

  return {
    name,
    failed,
    async ask(method, params, signal) {
      const { status, text } = await post(JSON.stringify({ jsonrpc: "2.0", id: nextId++, method, params }), signal);
      const answer = readAnswer(text);
      // Some providers send JSON-RPC errors with a 4xx status: those are answers too.
      if (status === 429 || status >= 500) throw failed(`HTTP status ${status}`);
      if (answer === undefined) throw failed(`what it answers is no JSON-RPC (HTTP status ${status})`);
      if ("error" in answer && isOverload(method, answer.error)) throw failed(answer.error.message);
      return answer;
    },
  };
}

/** What fetch failed by. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: Error & { code?: string } };
  return cause?.code ?? (cause?.message || message);
}

/** The body as text; undefined where it is longer than {@link largestAnswerBytes}. */
async function readText(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let lengthBytes = 0;
  for await (const chunk of response.body ?? []) {
    lengthBytes += chunk.length;
    if (lengthBytes > largestAnswerBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** A node that answers "not now": another one may help. For logs the same code means that the range is too long. */
function isOverload(method: string, error: JsonRpcError): boolean {
  return rateLimited.test(error.message) || (error.code === limitExceeded && method !== "eth_getLogs");
}

function shown(text: string): string {
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)} …`;
}

function readAnswer(text: string): JsonRpcAnswer | undefined {
  let value: { result?: unknown; error?: JsonRpcError } | null;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (value.error) {
    const { code, message, data } = value.error;
    return { error: { code: Number(code), message: String(message), data } };
  }
  return value.result === undefined ? undefined : { result: value.result };
}

function parse(text: string): { url: string; name: string; headers: Record<string, string> } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new FedledgerError("INVALID_CONFIG", { name: "rpc", reason: "expected an http:// or https:// URL" });
  }
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (url.username || url.password) {
    const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.authorization = `Basic ${Buffer.from(user).toString("base64")}`;
    url.username = "";
    url.password = "";
  }
  return { url: url.href, name: url.origin, headers };
}

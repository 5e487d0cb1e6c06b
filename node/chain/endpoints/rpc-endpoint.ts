import { FedledgerError } from "../../core/errors/error.ts";
import type { Clock } from "../../ports/index.ts";
import type { JsonRpcAnswer, JsonRpcError } from "./json-rpc-answer.ts";
import { createPace, machineClock } from "./pace.ts";
import { readRefusal, restWanted } from "./refusal-texts.ts";
import { httpTransport, largestAnswerBytes, type Reply, type ToldHeads, TooLong, type Transport } from "./transport.ts";
import { webSocketTransport } from "./web-socket.ts";

/** One JSON-RPC endpoint. */
export interface Endpoint {
  /** Scheme and host: paths and queries often hold keys and are never shown. */
  readonly name: string;
  /**
   * One request. Rejects with RPC_UNREACHABLE where there is no answer in time, RPC_BUSY where it wants to be asked
   * later, RPC_KEY_REFUSED, RPC_WRONG_ANSWER where what it says is no answer to this request, or the signal's reason.
   */
  ask(method: string, params: readonly unknown[], signal?: AbortSignal): Promise<JsonRpcAnswer>;
  /** How long until it may be asked again, milliseconds; 0 where it does not rest. */
  restMs(): number;
  /** Heads that it tells by itself; undefined where it has to be asked. */
  readonly heads: ToldHeads | undefined;
  /** The error that says what is wrong with this endpoint. */
  failed(code: EndpointFault, reason: string, cause?: unknown): FedledgerError;
}

/** What can be wrong with an endpoint. */
export type EndpointFault = "RPC_UNREACHABLE" | "RPC_BUSY" | "RPC_KEY_REFUSED" | "RPC_WRONG_ANSWER" | "RPC_REFUSED";

/** So much of what an endpoint says is shown. */
const shownCharacters = 200;

/** An endpoint. Nothing is sent yet. Throws INVALID_CONFIG for what is no http(s) or ws(s) URL. */
export function createEndpoint(urlText: string, timeoutMs: number, clock: Clock = machineClock): Endpoint {
  const { name, transport } = parse(urlText);
  const pace = createPace(clock);
  let nextId = 1;

  const failed = (code: EndpointFault, reason: string, cause?: unknown) =>
    new FedledgerError(code, { url: name, reason: shown(reason) }, cause);

  async function send(id: number, body: string, signal?: AbortSignal): Promise<Reply> {
    signal?.throwIfAborted();
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      return await transport.send(id, body, signal ? AbortSignal.any([signal, timeout]) : timeout);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof TooLong) throw failed("RPC_WRONG_ANSWER", `it has more than ${largestAnswerBytes} bytes`);
      throw failed("RPC_UNREACHABLE", timeout.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error), error);
    }
  }

  /** What a reply without JSON-RPC in it means. */
  function withoutAnswer({ status, text, retryAfter }: Reply): FedledgerError {
    const said = `HTTP status ${status}`;
    if (status === 429 || (status === 503 && retryAfter !== null)) return overloaded(said, retryAfter, undefined);
    if (status === 401 || status === 403) return failed("RPC_KEY_REFUSED", said);
    if (status >= 500) return failed("RPC_UNREACHABLE", said);
    return failed("RPC_WRONG_ANSWER", `${text.trim() ? "what it says is no JSON-RPC" : "it says nothing"} (${said})`);
  }

  function overloaded(reason: string, retryAfter: string | null, error: JsonRpcError | undefined): FedledgerError {
    pace.refused(restWanted(retryAfter, error, clock.nowMs()));
    return failed("RPC_BUSY", reason);
  }

  /** An error that it answers: thrown where it says that this endpoint is of no use now, else an answer. */
  function readError(method: string, error: JsonRpcError, { status, retryAfter }: Reply): JsonRpcAnswer {
    const meaning = readRefusal(method, status, error);
    const reason = error.message || `error ${error.code}, HTTP status ${status}`;
    if (meaning === "later") throw overloaded(reason, retryAfter, error);
    if (meaning === "key") throw failed("RPC_KEY_REFUSED", reason);
    if (meaning === "answer" && status >= 500) throw failed("RPC_UNREACHABLE", `${reason} (HTTP status ${status})`);
    return { error };
  }

  return {
    name,
    failed,
    restMs: pace.restMs,
    heads: transport.heads,
    async ask(method, params, signal) {
      await pace.turn(signal);
      const id = nextId++;
      const reply = await send(id, JSON.stringify({ jsonrpc: "2.0", id, method, params }), signal);
      const answer = readAnswer(reply.text);
      if (answer === undefined && reply.status === 413) return readError(method, { code: 413, message: "" }, reply);
      if (answer === undefined) throw withoutAnswer(reply);
      if ("error" in answer) return readError(method, answer.error, reply);
      // A status of failure with a result: whatever stands between has its say.
      if (reply.status >= 400) throw withoutAnswer(reply);
      if (answer.id !== id) throw failed("RPC_WRONG_ANSWER", `${method}: it answers another request`);
      pace.served();
      return { result: answer.result };
    },
  };
}

/** What fetch failed by. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: Error & { code?: string } };
  return cause?.code ?? (cause?.message || message);
}

function shown(text: string): string {
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)} …`;
}

function readAnswer(text: string): { id: unknown; result: unknown } | { error: JsonRpcError } | undefined {
  let value: { id?: unknown; result?: unknown; error?: unknown } | null;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (value.error) return { error: toError(value.error) };
  return value.result === undefined ? undefined : { id: value.id, result: value.result };
}

/** An error in any of the forms that are seen: an object (JSON-RPC 2.0), or its text alone. */
function toError(error: unknown): JsonRpcError {
  if (typeof error !== "object" || error === null) return { code: 0, message: String(error) };
  const { code, message, data } = error as Partial<JsonRpcError>;
  return { code: Number(code ?? 0), message: String(message ?? ""), data };
}

function parse(text: string): { name: string; transport: Transport } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^(?:https?|wss?):$/.test(url.protocol)) {
    const reason = "expected an http://, https://, ws:// or wss:// URL";
    throw new FedledgerError("INVALID_CONFIG", { name: "rpc", reason });
  }
  const headers: Record<string, string> = {};
  if (url.username || url.password) {
    const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.authorization = `Basic ${Buffer.from(user).toString("base64")}`;
    url.username = "";
    url.password = "";
  }
  const transport = url.protocol.startsWith("ws")
    ? webSocketTransport(url.href, headers)
    : httpTransport(url.href, { ...headers, "content-type": "application/json" });
  return { name: url.origin, transport };
}

/** Whether an endpoint's URL is of this machine, whose operator is ours. */
export function isOnThisMachine(url: string): boolean {
  return URL.canParse(url) && /^(?:127\.|localhost$|\[::1\]$)/.test(new URL(url).hostname);
}

import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { Clock } from "../../ports/index.ts";
import type { JsonRpcAnswer, JsonRpcError } from "./json-rpc-answer.ts";
import { createPace, machineClock } from "./pace.ts";
import { readRefusal, restWanted } from "./refusal-texts.ts";

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
  /** The error that says what is wrong with this endpoint. */
  failed(code: EndpointFault, reason: string, cause?: unknown): FedledgerError;
}

/** What can be wrong with an endpoint. */
export type EndpointFault = "RPC_UNREACHABLE" | "RPC_BUSY" | "RPC_KEY_REFUSED" | "RPC_WRONG_ANSWER" | "RPC_REFUSED";

/** The logs of a task with many members and rounds are some megabytes. */
const largestAnswerBytes = 1 << 28;
/** So much of what an endpoint says is shown. */
const shownCharacters = 200;

/** What came over HTTP. */
interface Reply {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
}

/** An endpoint. Nothing is sent yet. Throws INVALID_CONFIG for what is not an HTTP(S) URL. */
export function createEndpoint(urlText: string, timeoutMs: number, clock: Clock = machineClock): Endpoint {
  const { url, name, headers } = parse(urlText);
  const pace = createPace(clock);
  let nextId = 1;

  const failed = (code: EndpointFault, reason: string, cause?: unknown) =>
    new FedledgerError(code, { url: name, reason: shown(reason) }, cause);

  async function post(body: string, signal?: AbortSignal): Promise<Reply> {
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
      if (text === undefined) throw failed("RPC_WRONG_ANSWER", `it has more than ${largestAnswerBytes} bytes`);
      return { status: response.status, text, retryAfter: response.headers.get("retry-after") };
    } catch (error) {
      if (isFedledgerError(error)) throw error;
      if (signal?.aborted) throw signal.reason;
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
    async ask(method, params, signal) {
      await pace.turn(signal);
      const id = nextId++;
      const reply = await post(JSON.stringify({ jsonrpc: "2.0", id, method, params }), signal);
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

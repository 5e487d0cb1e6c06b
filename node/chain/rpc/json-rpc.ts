import pRetry from "p-retry";
import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { Log } from "../../ports/index.ts";
import { shapeFault } from "./answer-shapes.ts";
import { createEndpoint, type Endpoint, type JsonRpcAnswer } from "./rpc-endpoint.ts";

/** JSON-RPC over several endpoints of one chain. */
export interface JsonRpc {
  readonly chainId: number;
  /**
   * The result of a request, from the first endpoint that has one. Rejects with RPC_UNREACHABLE when none has,
   * with CHAIN_MISMATCH when the only one that does is on another chain, or with the signal's reason.
   */
  request<T>(method: string, params: readonly unknown[], signal?: AbortSignal): Promise<T>;
  /** Like `request`, but an error that an endpoint answers is a value, not a failure of the endpoint. */
  ask(method: string, params: readonly unknown[], signal?: AbortSignal): Promise<JsonRpcAnswer>;
  /**
   * Says that what the endpoint in use answered does not fit the rest: from now on the next one is asked first, where
   * there is one. Returns the name of the one that was in use.
   */
  doubt(): string;
}

/** How to reach a chain. */
export interface JsonRpcOptions {
  /** HTTP(S) URLs, best first; user information in one becomes basic authentication. */
  readonly urls: readonly string[];
  readonly log: Log;
  /** Time one endpoint has to answer; default 15,000. */
  readonly requestTimeoutMs?: number;
  /** How often all endpoints are tried again before giving up, with growing pauses from 100 ms; default 3. */
  readonly retries?: number;
}

/**
 * Connects to a chain. The endpoint in use stays in use until it fails; then the next one takes its place.
 * Rejects with RPC_UNREACHABLE when no endpoint answers, CHAIN_MISMATCH when they are on different chains.
 */
export async function createJsonRpc(options: JsonRpcOptions, signal?: AbortSignal): Promise<JsonRpc> {
  const { log, requestTimeoutMs = 15_000, retries = 3 } = options;
  const endpoints = options.urls.map((url) => createEndpoint(url, requestTimeoutMs));
  const [best] = endpoints;
  if (best === undefined) throw new FedledgerError("INVALID_CONFIG", { name: "urls", reason: "give an RPC URL" });
  const checked = new Set<Endpoint>();
  let chainId: number | undefined;
  let current = best;

  async function checkChain(endpoint: Endpoint, stop?: AbortSignal): Promise<void> {
    if (checked.has(endpoint)) return;
    const answer = await endpoint.ask("eth_chainId", [], stop);
    if ("error" in answer) throw endpoint.failed(answer.error.message);
    requireShape(endpoint, "eth_chainId", answer);
    const actual = Number(answer.result);
    chainId ??= actual;
    if (actual !== chainId) throw new FedledgerError("CHAIN_MISMATCH", { actual, expected: chainId });
    checked.add(endpoint);
  }

  /** An endpoint's answer, of the right chain and of the right form. */
  async function askOne(
    endpoint: Endpoint,
    method: string,
    params: readonly unknown[],
    errorsAreAnswers: boolean,
    stop?: AbortSignal,
  ): Promise<JsonRpcAnswer> {
    await checkChain(endpoint, stop);
    const answer = await endpoint.ask(method, params, stop);
    if ("error" in answer && !errorsAreAnswers) throw endpoint.failed(`${method}: ${answer.error.message}`);
    requireShape(endpoint, method, answer);
    return answer;
  }

  async function onePass(
    method: string,
    params: readonly unknown[],
    errorsAreAnswers: boolean,
    stop?: AbortSignal,
  ): Promise<JsonRpcAnswer> {
    const first = endpoints.indexOf(current);
    let failure: unknown;
    for (const endpoint of [...endpoints.slice(first), ...endpoints.slice(0, first)]) {
      try {
        const answer = await askOne(endpoint, method, params, errorsAreAnswers, stop);
        if (endpoint !== current) {
          log.warn("Ethereum endpoint changed", { from: current.name, to: endpoint.name, error: failure });
          current = endpoint;
        }
        return answer;
      } catch (error) {
        if (!isFedledgerError(error)) throw error;
        failure ??= error;
      }
    }
    throw failure;
  }

  const run = (method: string, params: readonly unknown[], errorsAreAnswers: boolean, stop?: AbortSignal) =>
    pRetry(() => onePass(method, params, errorsAreAnswers, stop), {
      retries,
      minTimeout: 100,
      factor: 3,
      ...(stop && { signal: stop }),
      shouldRetry: ({ error }) => isFedledgerError(error, "RPC_UNREACHABLE"),
    });

  const { failures, ownChainId } = await pRetry(
    async () => {
      const outcomes = await Promise.allSettled(endpoints.map((endpoint) => checkChain(endpoint, signal)));
      const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
      if (chainId === undefined) throw reasons[0];
      return { failures: reasons, ownChainId: chainId };
    },
    {
      retries,
      minTimeout: 100,
      factor: 3,
      ...(signal && { signal }),
      shouldRetry: ({ error }) => isFedledgerError(error, "RPC_UNREACHABLE"),
    },
  );
  for (const failure of failures) {
    if (!isFedledgerError(failure, "RPC_UNREACHABLE")) throw failure;
    log.warn("Ethereum endpoint does not answer", { error: failure });
  }

  return {
    chainId: ownChainId,
    doubt() {
      const { name } = current;
      current = endpoints[(endpoints.indexOf(current) + 1) % endpoints.length] ?? current;
      return name;
    },
    ask: (method, params, stop) => run(method, params, true, stop),
    async request<T>(method: string, params: readonly unknown[], stop?: AbortSignal): Promise<T> {
      const answer = await run(method, params, false, stop);
      return (answer as { result: T }).result;
    },
  };
}

/** An endpoint whose answer is not what the method gives is of no use: another one is asked. Throws RPC_UNREACHABLE. */
function requireShape(endpoint: Endpoint, method: string, answer: JsonRpcAnswer): void {
  const fault = "result" in answer ? shapeFault(method, answer.result) : undefined;
  if (fault !== undefined) throw endpoint.failed(fault);
}

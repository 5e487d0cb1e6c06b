import pRetry from "p-retry";
import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { Clock, Log } from "../../ports/index.ts";
import { askAgreed, needsAgreement } from "../endpoints/agreement.ts";
import { shapeFault } from "../endpoints/answer-shapes.ts";
import type { JsonRpcAnswer } from "../endpoints/json-rpc-answer.ts";
import { machineClock } from "../endpoints/pace.ts";
import { createEndpoint, type Endpoint } from "../endpoints/rpc-endpoint.ts";
import type { ToldHeads } from "../endpoints/transport.ts";
import { isOutage } from "./outage.ts";

/** JSON-RPC over several endpoints of one chain. */
export interface JsonRpc {
  readonly chainId: number;
  /**
   * The result of a request, from the first endpoint that has one. Where none has, rejects with what the first one
   * failed by: RPC_UNREACHABLE, RPC_BUSY, RPC_KEY_REFUSED, RPC_WRONG_ANSWER, RPC_REFUSED; with CHAIN_MISMATCH when the
   * only one that does is on another chain, or with the signal's reason.
   */
  request<T>(method: string, params: readonly unknown[], signal?: AbortSignal): Promise<T>;
  /** Like `request`, but an error that an endpoint answers is a value, not a failure of the endpoint. */
  ask(method: string, params: readonly unknown[], signal?: AbortSignal): Promise<JsonRpcAnswer>;
  /**
   * Says that what the endpoint in use answered does not fit the rest: from now on the next one is asked first, where
   * there is one. Returns the name of the one that was in use.
   */
  doubt(): string;
  /** New heads that the endpoint in use tells by itself; undefined where none can. */
  readonly heads?: ToldHeads | undefined;
}

/** How to reach a chain. */
export interface JsonRpcOptions {
  /** http(s) and ws(s) URLs, best first; user information in one becomes basic authentication. */
  readonly urls: readonly string[];
  readonly log: Log;
  /** Time one endpoint has to answer; default 15,000. */
  readonly requestTimeoutMs?: number;
  /** How often all endpoints are tried again before giving up, with growing pauses from 100 ms; default 3. */
  readonly retries?: number;
  /** How long endpoints that want to be asked later are waited for; default 60,000. */
  readonly busyPatienceMs?: number;
  /** How many endpoints must say the same of the record; default 1: the one in use is believed. */
  readonly agree?: number | undefined;
  readonly clock?: Clock;
}

/** A question, and what to make of the answer. */
interface Question {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly errorsAreAnswers: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Connects to a chain. The endpoint in use stays in use until it fails; then the next one takes its place. One that
 * wants to be asked later is waited for. Rejects as `request` does when no endpoint answers, and with CHAIN_MISMATCH
 * when they are on different chains.
 */
export async function createJsonRpc(options: JsonRpcOptions, signal?: AbortSignal): Promise<JsonRpc> {
  const { log, requestTimeoutMs = 15_000, clock = machineClock } = options;
  const endpoints = options.urls.map((url) => createEndpoint(url, requestTimeoutMs, clock));
  const { agree = 1 } = options;
  if (new Set(options.urls).size < agree) {
    const reason = `${agree} endpoints must agree, and --rpc names ${new Set(options.urls).size}`;
    throw new FedledgerError("INVALID_CONFIG", { name: "rpcAgree", reason });
  }
  const [best] = endpoints;
  if (best === undefined) throw new FedledgerError("INVALID_CONFIG", { name: "urls", reason: "give an RPC URL" });
  const checked = new Set<Endpoint>();
  let chainId: number | undefined;
  let current = best;

  async function checkChain(endpoint: Endpoint, stop: AbortSignal | undefined): Promise<void> {
    if (checked.has(endpoint)) return;
    const answer = await endpoint.ask("eth_chainId", [], stop);
    if ("error" in answer) throw endpoint.failed("RPC_REFUSED", `eth_chainId: ${answer.error.message}`);
    requireShape(endpoint, "eth_chainId", [], answer);
    const actual = Number(answer.result);
    chainId ??= actual;
    if (actual !== chainId)
      throw new FedledgerError("CHAIN_MISMATCH", { url: endpoint.name, actual, expected: chainId });
    checked.add(endpoint);
  }

  /** An endpoint's answer, of the right chain and of the right form. */
  async function askOne(endpoint: Endpoint, question: Question): Promise<JsonRpcAnswer> {
    const { method, params, errorsAreAnswers, signal: stop } = question;
    try {
      await checkChain(endpoint, stop);
      const answer = await endpoint.ask(method, params, stop);
      if ("error" in answer && !errorsAreAnswers) {
        throw endpoint.failed("RPC_REFUSED", `${method}: ${answer.error.message}`);
      }
      requireShape(endpoint, method, params, answer);
      return answer;
    } catch (error) {
      // What comes back after an outage may be on another chain.
      if (isFedledgerError(error, "RPC_UNREACHABLE")) checked.delete(endpoint);
      throw error;
    }
  }

  /** All endpoints in turn, from the one in use; those that rest come last. */
  function inTurn(): readonly Endpoint[] {
    const first = endpoints.indexOf(current);
    const turn = [...endpoints.slice(first), ...endpoints.slice(0, first)];
    return turn.sort((a, b) => a.restMs() - b.restMs());
  }

  async function onePass(question: Question): Promise<JsonRpcAnswer> {
    let failure: unknown;
    for (const endpoint of inTurn()) {
      try {
        const answer = await askOne(endpoint, question);
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

  async function agreed(question: Question): Promise<JsonRpcAnswer> {
    const { method, params, signal: stop } = question;
    const askOneOf = (endpoint: Endpoint, other: string, others: readonly unknown[]) =>
      askOne(endpoint, { method: other, params: others, errorsAreAnswers: true, signal: stop });
    const answer = await askAgreed(inTurn(), { method, params, needed: agree, askOne: askOneOf });
    if (!("error" in answer) || question.errorsAreAnswers) return answer;
    throw current.failed("RPC_REFUSED", `${method}: ${answer.error.message}`);
  }

  async function connect(): Promise<{ failures: readonly unknown[]; ownChainId: number }> {
    const outcomes = await Promise.allSettled(endpoints.map((endpoint) => checkChain(endpoint, signal)));
    const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    if (chainId === undefined || checked.size < agree) throw failures[0];
    return { failures, ownChainId: chainId };
  }

  const run = (method: string, params: readonly unknown[], errorsAreAnswers: boolean, stop?: AbortSignal) =>
    withPatience(
      () =>
        (agree > 1 && needsAgreement(method) ? agreed : onePass)({ method, params, errorsAreAnswers, signal: stop }),
      { ...options, clock },
      stop,
    );

  const { failures, ownChainId } = await withPatience(connect, { ...options, clock }, signal);
  for (const failure of failures) {
    if (!isOutage(failure)) throw failure;
    log.warn("Ethereum endpoint is of no use now", { error: failure });
  }

  const telling = endpoints.flatMap(({ heads }) => heads ?? []);
  const heads: ToldHeads = {
    // What one endpoint tells, others need not have yet.
    isLive: () => agree === 1 && current.heads?.isLive() === true,
    onNew(listener) {
      const stops = telling.map((each) => each.onNew(listener));
      return () => {
        for (const stop of stops) stop();
      };
    },
  };

  return {
    chainId: ownChainId,
    doubt() {
      const { name } = current;
      current = endpoints[(endpoints.indexOf(current) + 1) % endpoints.length] ?? current;
      return name;
    },
    heads: telling.length > 0 ? heads : undefined,
    ask: (method, params, stop) => run(method, params, true, stop),
    async request<T>(method: string, params: readonly unknown[], stop?: AbortSignal): Promise<T> {
      const answer = await run(method, params, false, stop);
      return (answer as { result: T }).result;
    },
  };
}

/**
 * Tries again what failed by an outage that may pass. That is as often as `retries` says where an endpoint is away or
 * wrong, and for `busyPatienceMs` where it wants to be asked later. A key or a request that is refused now is refused
 * later, too.
 */
function withPatience<T>(
  work: () => Promise<T>,
  {
    clock,
    retries = 3,
    busyPatienceMs = 60_000,
  }: Pick<JsonRpcOptions, "retries" | "busyPatienceMs"> & { clock: Clock },
  signal?: AbortSignal,
): Promise<T> {
  const lastMs = clock.nowMs() + busyPatienceMs;
  const isBusy = (error: unknown) => isFedledgerError(error, "RPC_BUSY");
  return pRetry(work, {
    ...{ retries, minTimeout: 100, factor: 3 },
    ...(signal && { signal }),
    // One that is busy is asked again in its own time.
    shouldConsumeRetry: ({ error }) => !isBusy(error),
    shouldRetry: ({ error }) => (isBusy(error) ? clock.nowMs() < lastMs : maySucceed(error)),
  });
}

function maySucceed(error: unknown): boolean {
  const passing = ["RPC_UNREACHABLE", "RPC_WRONG_ANSWER", "RPC_DISAGREE"] as const;
  return passing.some((code) => isFedledgerError(error, code));
}

/**
 * An endpoint whose answer is not what the method gives is of no use: another one is asked. Throws RPC_WRONG_ANSWER.
 */
function requireShape(endpoint: Endpoint, method: string, params: readonly unknown[], answer: JsonRpcAnswer): void {
  const fault = "result" in answer ? shapeFault(method, params, answer.result) : undefined;
  if (fault !== undefined) throw endpoint.failed("RPC_WRONG_ANSWER", fault);
}

import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { JsonRpcAnswer } from "./json-rpc-answer.ts";

import type { Endpoint } from "./rpc-endpoint.ts";

/** What a node asks about its own account and its own transactions: a lie about it deceives nobody about the record. */
const ownAffairs: ReadonlySet<string> = new Set([
  ...["eth_sendRawTransaction", "eth_getTransactionCount", "eth_getBalance", "eth_estimateGas"],
  ...["eth_gasPrice", "eth_maxPriorityFeePerGas", "eth_feeHistory"],
]);

/** Whether endpoints that must agree are all asked: about the record, and not about the node's own affairs. */
export function needsAgreement(method: string): boolean {
  return !ownAffairs.has(method);
}

/** One endpoint's answer to a request. */
export type AskOne = (endpoint: Endpoint, method: string, params: readonly unknown[]) => Promise<JsonRpcAnswer>;

interface Given {
  readonly endpoint: Endpoint;
  readonly answer: JsonRpcAnswer;
}

/**
 * The answer that `needed` endpoints give. Each is asked in turn until so many say the same. The newest block is the
 * newest one that so many have. A receipt that too few have is not there yet. An error stands where results are too
 * few.
 *
 * Rejects with RPC_DISAGREE where too few say the same, and with the first failure where too few answer at all.
 */
export async function askAgreed(endpoints: readonly Endpoint[], question: AgreedQuestion): Promise<JsonRpcAnswer> {
  const { method, params } = question;
  const isOfHead = method === "eth_blockNumber" || (method === "eth_getBlockByNumber" && isTag(params[0]));
  return isOfHead ? agreedHead(endpoints, question) : agreedAnswer(endpoints, question);
}

/** A request of which so many endpoints must say the same. */
export interface AgreedQuestion {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly needed: number;
  readonly askOne: AskOne;
}

async function agreedAnswer(endpoints: readonly Endpoint[], question: AgreedQuestion): Promise<JsonRpcAnswer> {
  const { method, params, needed, askOne } = question;
  const failures: unknown[] = [];
  const groups = new Map<string, Given[]>();
  let refusal: JsonRpcAnswer | undefined;
  // The first ones at once, then one after the other as far as they are needed.
  const waiting = [...endpoints];
  for (let next = waiting.splice(0, needed); next.length > 0; next = waiting.splice(0, 1)) {
    for (const outcome of await askEach(next, (endpoint) => askOne(endpoint, method, params))) {
      if ("failure" in outcome) failures.push(outcome.failure);
      else if ("error" in outcome.answer) refusal ??= outcome.answer;
      else {
        const says = sayingOf(method, outcome.answer.result);
        const group = [...(groups.get(says) ?? []), outcome];
        groups.set(says, group);
        if (group.length >= needed) return outcome.answer;
      }
    }
  }
  return settleFor(question, { groups, failures, refusal });
}

/** What stands where no answer has enough endpoints behind it. */
function settleFor(
  { method, needed }: AgreedQuestion,
  heard: {
    groups: ReadonlyMap<string, readonly Given[]>;
    failures: readonly unknown[];
    refusal?: JsonRpcAnswer | undefined;
  },
): JsonRpcAnswer {
  const { groups, failures, refusal } = heard;
  const answered = [...groups.values()].reduce((sum, group) => sum + group.length, 0);
  if (method === "eth_getTransactionReceipt" && answered >= needed) return { result: null };
  if (refusal !== undefined && answered < needed) return refusal;
  if (answered < needed) throw failures[0];
  const names = [...groups.values()].map((group) => group.map(({ endpoint }) => endpoint.name).join(" and "));
  throw new FedledgerError("RPC_DISAGREE", { method, needed, groups: names.join(" against ") });
}

/** The newest block that enough endpoints have: the lowest of their highest, with one hash. */
async function agreedHead(endpoints: readonly Endpoint[], question: AgreedQuestion): Promise<JsonRpcAnswer> {
  const { method, params, needed, askOne } = question;
  const outcomes = await askEach(endpoints, (endpoint) => askOne(endpoint, method, params));
  const failures = outcomes.flatMap((outcome) => ("failure" in outcome ? [outcome.failure] : []));
  const given = outcomes.flatMap((outcome) => ("failure" in outcome ? [] : [outcome]));
  const known = given.filter(({ answer }) => "result" in answer && answer.result !== null);
  if (known.length < needed) {
    if (given.length < needed) throw failures[0];
    return given.find(({ answer }) => !("result" in answer && answer.result !== null))?.answer ?? { result: null };
  }
  const heights = known.map(({ answer }) => heightOf((answer as { result: unknown }).result)).sort((a, b) => b - a);
  if (method === "eth_blockNumber") return { result: quantity(heights[needed - 1] as number) };
  let disagreement: unknown;
  // One that forges the newest block has nobody behind it: a lower one may have enough.
  for (const height of new Set(heights.slice(needed - 1))) {
    try {
      const asBlock = { ...question, params: [quantity(height), ...params.slice(1)] };
      return await agreedAnswer(
        known.map(({ endpoint }) => endpoint),
        asBlock,
      );
    } catch (error) {
      if (!isFedledgerError(error)) throw error;
      disagreement ??= error;
    }
  }
  throw disagreement;
}

async function askEach(
  endpoints: readonly Endpoint[],
  ask: (endpoint: Endpoint) => Promise<JsonRpcAnswer>,
): Promise<readonly (Given | { readonly failure: unknown })[]> {
  return await Promise.all(
    endpoints.map((endpoint) =>
      ask(endpoint).then(
        (answer) => ({ endpoint, answer }),
        (failure: unknown) => {
          if (!isFedledgerError(failure)) throw failure;
          return { failure };
        },
      ),
    ),
  );
}

const quantity = (value: number) => `0x${value.toString(16)}`;

const isTag = (block: unknown) => typeof block === "string" && !block.startsWith("0x");

function heightOf(result: unknown): number {
  return Number(typeof result === "string" ? result : (result as { number: string }).number);
}

/**
 * What an answer says, as a text to compare. Nodes add fields of their own to blocks, receipts and logs, so only what
 * is read of them counts.
 */
function sayingOf(method: string, result: unknown): string {
  if (result === null || typeof result !== "object") return JSON.stringify(result).toLowerCase();
  const { hash, transactionHash, blockHash, status } = result as Record<string, unknown>;
  if (method === "eth_getBlockByNumber" || method === "eth_getBlockByHash") return String(hash).toLowerCase();
  if (method === "eth_getTransactionReceipt") return [transactionHash, blockHash, status].join().toLowerCase();
  if (method !== "eth_getLogs") return JSON.stringify(result).toLowerCase();
  const logs = result as readonly { topics: readonly string[]; data: string; blockHash: string; logIndex: string }[];
  return logs
    .map((log) => [log.blockHash, log.logIndex, log.data, ...log.topics].join())
    .join(";")
    .toLowerCase();
}

import type { JsonRpcError } from "./json-rpc-answer.ts";

/**
 * What an endpoint's refusal means: fewer blocks or fewer logs at once, later, no right to ask, or an answer like any
 * other, such as a revert.
 */
export type RefusalMeaning = "fewer-blocks" | "fewer-logs" | "later" | "key" | "answer";

// No code tells these apart: each provider has its own, and the same one for several (EIP-1474 knows only -32005).
const rateTexts =
  /rate.?limit|too many requests|(?:units|credits|requests?|calls?)\s+(?:per|a)\s+(?:second|minute|day)|\/\s*(?:second|sec|minute)\b|request (?:limit|count|rate)|daily|monthly|\bquota\b/i;
const resultTexts =
  /more than [\d,]+ (?:results|logs)|response size|too many (?:results|logs)|max results|response is too (?:big|large)|quer(?:y|ies) (?:timeout|timed out|took too long|duration)/i;
const rangeTexts =
  /block range|blocks? range|range (?:is )?too|range [\d,]+ exceeds|ranges over|limited to .{0,20}(?:range|blocks)|too many blocks|too wide|maximum (?:block|range)|max (?:block )?range|\blogs? .{0,40}(?:capacity|limit)|-toBlock'? range/i;
const busyTexts = /capacity|throughput|limit exceeded|overload|try again later|\bbusy\b/i;
const keyTexts =
  /unauthori[sz]ed|must (?:be )?authenticat|authenticate your request|invalid (?:api |project |app |access )?(?:key|id|token)\b|missing (?:api key|token)|forbidden|access denied|project id settings|payment required/i;
const revertTexts = /revert|vm exception|out of gas|gas required/i;

const limitExceeded = -32_005;
const tooManyRequests = 429;
const tooLarge = 413;

/**
 * Reads a refusal by what it says, and by HTTP status and code only where it says nothing known. Logs alone can be too
 * many at once.
 */
export function readRefusal(method: string, status: number, error: JsonRpcError): RefusalMeaning {
  const { code, message } = error;
  if (isOfTheChain(status, error)) return "answer";
  if (rateTexts.test(message)) return "later";
  const ofLogs = method === "eth_getLogs" ? readLogRefusal(status, error) : undefined;
  if (ofLogs !== undefined) return ofLogs;
  if (busyTexts.test(message) || status === tooManyRequests || code === tooManyRequests) return "later";
  if (noRight.has(status) || keyTexts.test(message)) return "key";
  return code === limitExceeded ? "later" : "answer";
}

const noRight: ReadonlySet<number> = new Set([401, 403]);

/** Whether the node says what a call or a transaction came to, and not its provider. */
function isOfTheChain(status: number, { message, data }: JsonRpcError): boolean {
  if (noRight.has(status) || status === tooManyRequests || status >= 500) return false;
  return typeof data === "string" || revertTexts.test(message);
}

function readLogRefusal(status: number, { code, message }: JsonRpcError): RefusalMeaning | undefined {
  if (resultTexts.test(message)) return "fewer-logs";
  if (rangeTexts.test(message) || status === tooLarge || code === tooLarge) return "fewer-blocks";
  return code === limitExceeded ? "fewer-logs" : undefined;
}

const allowances: readonly RegExp[] = [
  /limited to (?:a )?(?:0 - )?([\d,]+)(k?)/i,
  /exceeds (?:the )?limit (?:of )?([\d,]+)(k?)/i,
  /max(?:imum)?(?: allowed)?(?: number of requested)?(?: block)?s?(?: range)?(?: allowed)?(?: is)?(?: set to)?:? ?([\d,]+)(k?)/i,
  /up to (?:a )?([\d,]+)(k?) blocks?/i,
  /ranges over ([\d,]+)(k?)/i,
  /limit is ([\d,]+)(k?)/i,
  /at most ([\d,]+)(k?) blocks?/i,
];
const suggestedRange = /\[\s*(0x[0-9a-f]+)\s*,\s*(0x[0-9a-f]+)\s*\]/i;

/** How many blocks at once a refusal of logs allows, where it says so: always above 0. */
export function allowedBlocks(message: string): number | undefined {
  for (const pattern of allowances) {
    const [, digits, thousands] = pattern.exec(message) ?? [];
    const blocks = Number(digits?.replaceAll(",", "")) * (thousands ? 1_000 : 1);
    if (blocks > 0) return blocks;
  }
  return suggestedBlocks(message);
}

/** How many blocks the range has that a refusal proposes instead; undefined where it proposes none. */
export function suggestedBlocks(message: string): number | undefined {
  const [, from, to] = suggestedRange.exec(message) ?? [];
  const blocks = Number(to) - Number(from) + 1;
  return blocks > 0 ? blocks : undefined;
}

/**
 * How long an endpoint wants to be left alone, milliseconds: by the header Retry-After (RFC 9110, seconds or a date),
 * or by the field that Infura has in its errors; undefined where it does not say.
 */
export function restWanted(header: string | null, error: JsonRpcError | undefined, nowMs: number): number | undefined {
  const inError = (error?.data as { rate?: { backoff_seconds?: unknown } } | undefined)?.rate?.backoff_seconds;
  const seconds = Number(header ?? inError ?? Number.NaN);
  if (seconds >= 0) return seconds * 1_000;
  const dateMs = Date.parse(header ?? "");
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

import { z } from "zod";

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const quantity = z.string().regex(/^0x[0-9a-fA-F]{1,64}$/);
const hash = z.string().regex(/^0x[0-9a-fA-F]{64}$/);
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);

const block = z.looseObject({ number: quantity, hash, parentHash: hash, timestamp: quantity });
const log = z.looseObject({
  ...{ address, topics: z.array(hash).max(4), data: hex },
  ...{ blockNumber: quantity, blockHash: hash, logIndex: quantity, transactionHash: hash },
});
const receipt = z.looseObject({ blockNumber: quantity, gasUsed: quantity, transactionHash: hash });

/**
 * What each method that is asked answers (execution-apis of ethereum.org); a method that is not here is not looked at.
 */
const shapes: Readonly<Record<string, z.ZodType>> = {
  eth_chainId: quantity,
  eth_blockNumber: quantity,
  eth_getBalance: quantity,
  eth_gasPrice: quantity,
  eth_maxPriorityFeePerGas: quantity,
  eth_estimateGas: quantity,
  eth_getTransactionCount: quantity,
  eth_call: hex,
  eth_getCode: hex,
  eth_sendRawTransaction: hash,
  eth_getBlockByNumber: block.nullable(),
  eth_getBlockByHash: block.nullable(),
  eth_getTransactionReceipt: receipt.nullable(),
  eth_getLogs: z.array(log),
};

type RawBlock = { readonly number: string; readonly hash: string };
type Shown = z.infer<typeof log> & { readonly removed?: unknown };

/** What an answer of the right shape says that cannot be the answer to this request, in words. */
const contradictions: Readonly<Record<string, (params: readonly never[], result: never) => string | undefined>> = {
  eth_getBlockByNumber: ([number]: readonly string[], found: RawBlock | null) =>
    found && number?.startsWith("0x") && Number(found.number) !== Number(number) ? "it is another block" : undefined,
  eth_getBlockByHash: ([wanted]: readonly string[], found: RawBlock | null) =>
    found && found.hash.toLowerCase() !== wanted?.toLowerCase() ? "it is another block" : undefined,
  eth_getTransactionReceipt: ([wanted]: readonly string[], found: { transactionHash: string } | null) =>
    found && found.transactionHash.toLowerCase() !== wanted?.toLowerCase() ? "it is another receipt" : undefined,
  eth_getLogs: ([filter]: readonly AskedLogs[], logs: readonly Shown[]) => logsFault(filter ?? {}, logs),
};

/** A filter as eth_getLogs takes it. */
interface AskedLogs {
  readonly address?: string;
  readonly topics?: readonly (string | readonly string[] | null)[];
  readonly fromBlock?: string;
  readonly toBlock?: string;
  readonly blockHash?: string;
}

/**
 * What is wrong with the logs of a filter: of another address, event or block than was asked for, taken back, told
 * twice, in another order than that of the chain, or of two blocks with one number.
 */
function logsFault(filter: AskedLogs, logs: readonly Shown[]): string | undefined {
  for (const [at, log] of logs.entries()) {
    const before = logs[at - 1];
    const fault = strangerFault(filter, log) ?? (before && orderFault(before, log));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function strangerFault({ address: wanted, topics = [], fromBlock, toBlock, blockHash }: AskedLogs, log: Shown) {
  const number = Number(log.blockNumber);
  if (wanted !== undefined && log.address.toLowerCase() !== wanted.toLowerCase()) return "a log is another contract's";
  if (!topics.every((topic, i) => fitsTopic(topic, log.topics[i]))) return "a log is of another event";
  if (number < (asNumber(fromBlock) ?? 0) || number > (asNumber(toBlock) ?? number)) return "a log is of another block";
  if (blockHash !== undefined && log.blockHash !== blockHash) return "a log is of another block";
  return log.removed ? "a log is taken back" : undefined;
}

function orderFault(before: Shown, log: Shown): string | undefined {
  const blocks = Number(log.blockNumber) - Number(before.blockNumber);
  const places = Number(log.logIndex) - Number(before.logIndex);
  if (blocks === 0 && before.blockHash !== log.blockHash) return "logs are of two blocks with one number";
  if (blocks === 0 && places === 0) return "a log is told twice";
  return blocks < 0 || (blocks === 0 && places < 0) ? "logs are out of order" : undefined;
}

const fitsTopic = (wanted: string | readonly string[] | null, topic: string | undefined) =>
  wanted === null || [wanted].flat().some((each) => each.toLowerCase() === topic?.toLowerCase());

const asNumber = (tag: string | undefined) => (tag?.startsWith("0x") ? Number(tag) : undefined);

/** What is wrong with a method's result, in words; undefined where nothing is. */
export function shapeFault(method: string, params: readonly unknown[], result: unknown): string | undefined {
  const parsed = shapes[method]?.safeParse(result);
  if (parsed !== undefined && !parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue && issue.path.length > 0 ? ` at ${issue.path.join(".")}` : "";
    return `${method}: it is no answer${where}`;
  }
  const contradiction = contradictions[method]?.(params as never, result as never);
  return contradiction && `${method}: ${contradiction}`;
}

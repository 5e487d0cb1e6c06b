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

/** What is wrong with a method's result, in words; undefined where nothing is. */
export function shapeFault(method: string, result: unknown): string | undefined {
  const parsed = shapes[method]?.safeParse(result);
  if (parsed === undefined || parsed.success) return undefined;
  const [issue] = parsed.error.issues;
  const where = issue && issue.path.length > 0 ? ` at ${issue.path.join(".")}` : "";
  return `${method}: its answer is none${where}`;
}

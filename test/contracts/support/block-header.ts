import { encodeRlp, toBeHex } from "ethers";

/** The part of a node's JSON-RPC that this needs. */
interface Node {
  send(method: string, params: unknown[]): Promise<unknown>;
}

/** Fields of a header in the order of its RLP; a number is written without leading zeros. */
const fields: readonly (readonly [name: string, isNumber: boolean])[] = [
  ["parentHash", false],
  ["sha3Uncles", false],
  ["miner", false],
  ["stateRoot", false],
  ["transactionsRoot", false],
  ["receiptsRoot", false],
  ["logsBloom", false],
  ["difficulty", true],
  ["number", true],
  ["gasLimit", true],
  ["gasUsed", true],
  ["timestamp", true],
  ["extraData", false],
  ["mixHash", false],
  ["nonce", false],
  ["baseFeePerGas", true],
  ["withdrawalsRoot", false],
  ["blobGasUsed", true],
  ["excessBlobGas", true],
  ["parentBeaconBlockRoot", false],
  ["requestsHash", false],
];

/** The RLP of a block's header, the newest by default, and its mix. */
export async function headerOf(node: Node, block: number | "latest" = "latest") {
  const tag = typeof block === "number" ? `0x${block.toString(16)}` : block;
  const found = (await node.send("eth_getBlockByNumber", [tag, false])) as Record<string, string | undefined>;
  const minimal = (value: string): string => (BigInt(value) === 0n ? "0x" : toBeHex(BigInt(value)));
  const present = fields.filter(([name]) => found[name] !== undefined);
  const header = encodeRlp(present.map(([name, isNumber]) => (isNumber ? minimal(found[name]!) : found[name]!)));
  return { header, mix: found.mixHash!, number: Number(found.number) };
}

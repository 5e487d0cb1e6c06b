import { encodeRlp, keccak256 } from "ethers";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Hex } from "../../core/ids.ts";
import type { JsonRpc } from "./json-rpc.ts";
import { toQuantity } from "./log-ranges.ts";

/**
 * Fields of a header in their order, by their names in JSON-RPC, and which of them are numbers (EIP-1559, 4895, 4844,
 * 4788, 7685, 7928, 7843).
 */
const fields = [
  ["parentHash", "bytes"],
  ["sha3Uncles", "bytes"],
  ["miner", "bytes"],
  ["stateRoot", "bytes"],
  ["transactionsRoot", "bytes"],
  ["receiptsRoot", "bytes"],
  ["logsBloom", "bytes"],
  ["difficulty", "number"],
  ["number", "number"],
  ["gasLimit", "number"],
  ["gasUsed", "number"],
  ["timestamp", "number"],
  ["extraData", "bytes"],
  ["mixHash", "bytes"],
  ["nonce", "bytes"],
  ["baseFeePerGas", "number"],
  ["withdrawalsRoot", "bytes"],
  ["blobGasUsed", "number"],
  ["excessBlobGas", "number"],
  ["parentBeaconBlockRoot", "bytes"],
  ["requestsHash", "bytes"],
  ["blockAccessListHash", "bytes"],
  ["slotNumber", "number"],
] as const;

/** A header as JSON-RPC gives it. */
export type RawHeader = { readonly hash: Hex } & { readonly [Name in (typeof fields)[number][0]]?: Hex | null };

/**
 * RLP of the header of a block, by its number or "latest": its keccak256 is the block's hash, or this rejects with
 * UNKNOWN_HEADER, as on a chain whose headers have other fields. Rejects with RPC_UNREACHABLE, also while there is no
 * such block.
 */
export async function readHeader(rpc: JsonRpc, block: number | "latest", signal?: AbortSignal): Promise<Hex> {
  const tag = typeof block === "number" ? toQuantity(block) : block;
  const raw = await rpc.request<RawHeader | null>("eth_getBlockByNumber", [tag, false], signal);
  if (!raw) throw new FedledgerError("RPC_UNREACHABLE", { url: "any", reason: `block ${block} is not there yet` });
  return encodeHeader(raw);
}

/** RLP of a header as JSON-RPC gives it. Throws UNKNOWN_HEADER where its hash is not the block's. */
export function encodeHeader(raw: RawHeader): Hex {
  const values = fields.flatMap(([name, kind]) => {
    const value = raw[name];
    if (value === undefined || value === null) return [];
    return [kind === "number" ? wholeBytes(value) : value];
  });
  const header = encodeRlp(values) as Hex;
  const actual = keccak256(header);
  if (actual === raw.hash.toLowerCase()) return header;
  throw new FedledgerError("UNKNOWN_HEADER", { number: Number(raw.number), actual, expected: raw.hash });
}

/** A number as RLP has it: no bytes for zero, no zeros in front. */
function wholeBytes(quantity: Hex): Hex {
  const digits = BigInt(quantity).toString(16);
  return digits === "0" ? "0x" : `0x${digits.padStart(digits.length + (digits.length % 2), "0")}`;
}

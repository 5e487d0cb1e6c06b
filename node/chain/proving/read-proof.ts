import { dataSlice, decodeRlp, keccak256 } from "ethers";
import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32, Hex } from "../../core/ids.ts";
import { encodeHeader, type RawHeader } from "../rpc/block-header.ts";
import type { JsonRpc } from "../rpc/json-rpc.ts";
import { toQuantity } from "../rpc/log-ranges.ts";
import { type ProvenAccount, provenAccount } from "./prove-account.ts";

/** A block whose header was seen to hash to its hash. */
export interface ProvenBlock {
  readonly number: number;
  readonly hash: Bytes32;
  readonly stateRoot: Bytes32;
}

/** What is not proven, and why: in words. */
export interface Unproven {
  readonly unproven: string;
}

/** geth's limit of a request is 1,024. */
const slotsAtOnce = 256;

/**
 * The state root of a block, by its hash: keccak256 of the header's RLP is the hash. Unproven where the chain's headers
 * have fields that are not known here, or the endpoint has no such block. Rejects with RPC_WRONG_ANSWER where it gives
 * another block.
 */
export async function provenBlock(
  rpc: JsonRpc,
  endpoint: string,
  hash: Bytes32,
  signal?: AbortSignal,
): Promise<ProvenBlock | Unproven> {
  const raw = await rpc.request<RawHeader | null>("eth_getBlockByHash", [hash, false], signal);
  if (raw === null) return { unproven: `${endpoint} knows no block ${hash}` };
  try {
    const header = encodeHeader(raw);
    const isAsked = keccak256(header) === hash.toLowerCase();
    if (!isAsked) throw wrong(endpoint, `it gives another block for ${hash}`);
    // of what was hashed, and not of what is told beside it
    const [, , , stateRoot, , , , , number] = decodeRlp(header) as Hex[];
    return {
      number: Number(number === "0x" ? 0 : number),
      hash,
      stateRoot: dataSlice(stateRoot ?? "0x", 0, 32) as Bytes32,
    };
  } catch (error) {
    if (!isFedledgerError(error, "UNKNOWN_HEADER")) throw error;
    return { unproven: `the header of block ${hash} does not hash to it: its form is not known here, or it is a lie` };
  }
}

/**
 * An account and its slots, proven by a block's state root. Unproven where the endpoint gives no proof: it does not
 * know eth_getProof, or has thrown that block's state away. Rejects with RPC_WRONG_ANSWER where its proof proves
 * something else.
 */
export async function readProof(
  rpc: JsonRpc,
  endpoint: string,
  block: ProvenBlock,
  asked: { readonly address: Address; readonly slots: readonly Bytes32[] },
  signal?: AbortSignal,
): Promise<ProvenAccount | Unproven> {
  const { address, slots } = asked;
  const words: Bytes32[] = [];
  let codeHash: Bytes32 | undefined;
  for (let from = 0; from === 0 || from < slots.length; from += slotsAtOnce) {
    const part = slots.slice(from, from + slotsAtOnce);
    const answer = await rpc.ask("eth_getProof", [address, part, toQuantity(block.number)], signal);
    if ("error" in answer) return { unproven: `proof pruned, or not to be had: ${answer.error.message}` };
    if (answer.result === null) return { unproven: "proof pruned, or not to be had" };
    const proven = await provenAccount(block.stateRoot, address, part, answer.result);
    if (proven === undefined) {
      throw wrong(endpoint, `its proof of ${address} does not lead to the state root of block ${block.hash}`);
    }
    words.push(...proven.words);
    codeHash = proven.codeHash;
  }
  return codeHash === undefined ? { unproven: "nothing was asked for" } : { codeHash, words };
}

function wrong(url: string, reason: string): FedledgerError {
  return new FedledgerError("RPC_WRONG_ANSWER", { url, reason });
}

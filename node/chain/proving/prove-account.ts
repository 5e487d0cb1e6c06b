import { decodeRlp } from "ethers";
import { z } from "zod";
import { toHex, word } from "../../core/bytes/hex.ts";
import type { Address, Bytes32, Hex } from "../../core/ids.ts";
import { provenValue } from "./merkle-proof.ts";

const hex = z.string().regex(/^0x(?:[0-9a-fA-F]{2})*$/);
const nodes = z.array(hex).max(128);
const answer = z.object({
  accountProof: nodes,
  storageProof: z.array(z.object({ key: z.string().regex(/^0x[0-9a-fA-F]{1,64}$/), proof: nodes })),
});

/** What a state root proves of an account. */
export interface ProvenAccount {
  /** keccak256 of its code. */
  readonly codeHash: Bytes32;
  /** The words of the slots asked for, in their order; zero where nothing was written. */
  readonly words: readonly Bytes32[];
}

/** Hash of the trie without any node, which is what an account without storage has. */
const emptyRoot = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";

/**
 * What eth_getProof's answer (EIP-1186) proves of an account and its slots by a state root. Nothing beside the nodes is
 * believed. Undefined where it does not prove all that was asked for.
 *
 * @param given as the endpoint answered; of any shape
 */
export async function provenAccount(
  stateRoot: Bytes32,
  address: Address,
  slots: readonly Bytes32[],
  given: unknown,
): Promise<ProvenAccount | undefined> {
  const parsed = answer.safeParse(given);
  if (!parsed.success) return undefined;
  const { accountProof, storageProof } = parsed.data;
  const account = itemsOf(await provenValue(stateRoot, address, accountProof as Hex[]));
  const [, , storageRoot, codeHash] = account ?? [];
  if (storageRoot === undefined || codeHash === undefined) return undefined;
  const proofs = new Map(storageProof.map(({ key, proof }) => [BigInt(key), proof as Hex[]]));
  const words: Bytes32[] = [];
  for (const slot of slots) {
    const proof = proofs.get(BigInt(slot));
    if (proof === undefined) return undefined;
    const value = storageRoot === emptyRoot ? new Uint8Array() : await provenValue(storageRoot, slot, proof);
    const read = value && wordOf(value);
    if (read === undefined) return undefined;
    words.push(read);
  }
  return { codeHash, words };
}

/** The fields of an account: nonce, balance, storage root, hash of its code. */
function itemsOf(value: Uint8Array | undefined): Bytes32[] | undefined {
  const items = value && rlpOf(value);
  return Array.isArray(items) && items.length === 4 ? (items as Bytes32[]) : undefined;
}

/** A slot's word from its RLP, which has no zeros in front; undefined for what is none. */
function wordOf(value: Uint8Array): Bytes32 | undefined {
  if (value.length === 0) return toHex(word(0n));
  const item = rlpOf(value);
  return typeof item === "string" && item.length <= 66 && item !== "0x" ? toHex(word(BigInt(item))) : undefined;
}

function rlpOf(value: Uint8Array): unknown {
  try {
    return decodeRlp(value);
  } catch {
    return undefined;
  }
}

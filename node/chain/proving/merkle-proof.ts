import { verifyMerkleProof } from "@ethereumjs/mpt";
import { fromHex } from "../../core/bytes/hex.ts";
import type { Bytes32, Hex } from "../../core/ids.ts";

/**
 * What a Merkle Patricia trie of this root has at a key (Ethereum's yellow paper, appendix D; keys are hashed, as in
 * the state and in a contract's storage): RLP, of no bytes where it has nothing there. Undefined where these nodes do
 * not prove it.
 *
 * @param nodes RLP of the nodes from the root down, as eth_getProof gives them (EIP-1186)
 */
export async function provenValue(root: Bytes32, key: Hex, nodes: readonly Hex[]): Promise<Uint8Array | undefined> {
  try {
    const trie = { root: fromHex(root), useKeyHashing: true };
    return (await verifyMerkleProof(fromHex(key), nodes.map(fromHex), trie)) ?? new Uint8Array();
  } catch {
    // the library says only that it is none
    return undefined;
  }
}

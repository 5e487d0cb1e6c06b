import { base58btc } from "multiformats/bases/base58";
import { CID } from "multiformats/cid";
import { FedledgerError } from "../errors/error.ts";
import type { Hex, PeerIdText } from "../ids.ts";
import { fromHex, toHex } from "./hex.ts";

/**
 * The multihash bytes of a PeerId, as the registry holds them. Reads both text forms of the libp2p specification
 * (peer-ids, "String representation"): base58btc of the multihash, or a CIDv1 of codec libp2p-key. Throws
 * INVALID_ARGUMENT.
 */
export function peerIdToHex(text: string): Hex {
  try {
    if (text.startsWith("1") || text.startsWith("Qm")) return toHex(base58btc.baseDecode(text));
    return toHex(CID.parse(text).multihash.bytes);
  } catch (error) {
    throw new FedledgerError("INVALID_ARGUMENT", { name: "peerId", value: text, expected: "a libp2p PeerId" }, error);
  }
}

/**
 * The usual text of a PeerId, base58btc, from its multihash bytes. Throws INVALID_ARGUMENT for what is not hexadecimal.
 */
export function peerIdFromHex(multihash: string): PeerIdText {
  return base58btc.baseEncode(fromHex(multihash));
}

import { type Cid, parseCid } from "../../core/bytes/blob-dag.ts";

/** Protocol of verified block streams, docs/protocol/messages.md. */
export const blocksProtocol = "/fedledger/blocks/1";

/** First byte of a response. */
export const blocksStatus = { ok: 0, notFound: 1, busy: 2 } as const;

/** Longest CID of a request, in bytes. */
export const maxCidBytes = 64;

/** Bytes of a request: the length of the CID, the CID, and how many blocks to leave out (uint32). */
export function encodeBlocksRequest(cid: Cid, skipBlocks: number): Uint8Array {
  const bytes = new Uint8Array(1 + cid.bytes.length + 4);
  bytes[0] = cid.bytes.length;
  bytes.set(cid.bytes, 1);
  new DataView(bytes.buffer).setUint32(1 + cid.bytes.length, skipBlocks);
  return bytes;
}

/** The fields of a request; `rest` is what follows its first byte. Throws INVALID_ARGUMENT. */
export function decodeBlocksRequest(rest: Uint8Array): { readonly cid: Cid; readonly skipBlocks: number } {
  const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
  return { cid: parseCid(rest.slice(0, -4)), skipBlocks: view.getUint32(rest.length - 4) };
}

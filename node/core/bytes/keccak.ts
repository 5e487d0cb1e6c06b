import { createKeccak } from "hash-wasm";

// One WebAssembly instance for the process: compiled when the module loads, without any state between two calls.
const hasher = await createKeccak(256);

/** Ethereum's Keccak-256: 32 bytes. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  return hasher.init().update(bytes).digest("binary");
}

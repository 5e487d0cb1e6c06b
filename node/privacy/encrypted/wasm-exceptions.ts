import { setFlagsFromString } from "node:v8";

/** A module whose only type takes a reference to an exception (WebAssembly exception handling, `exnref` 0x69). */
const probe = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 1, 0x69, 0]);

/**
 * Lets this process compile WebAssembly that keeps references to exceptions, as SEAL's build does. V8 has them in Node
 * 22 and 24, but behind a flag; from Node 25 on they are simply there.
 */
export function allowExceptionReferences(): void {
  if (!WebAssembly.validate(probe)) setFlagsFromString("--experimental-wasm-exnref");
}

import { toHex } from "../../node/core/bytes/hex.ts";
import { keccak256 } from "../../node/core/bytes/keccak.ts";
import type { Address, Bytes32, Hex } from "../../node/core/ids.ts";

/** An integer as the vectors write it where it may pass 2^53. */
export const uintHex = (value: bigint): Hex => `0x${value.toString(16)}`;

/** 32 bytes for a label. */
export const hash = (label: string): Bytes32 => toHex(keccak256(new TextEncoder().encode(label)));

/** An account for a label. */
export const account = (label: string): Address => toHex(keccak256(new TextEncoder().encode(label)).subarray(12));

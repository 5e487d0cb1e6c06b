import { concatBytes, fromHex, word } from "../../core/bytes/hex.ts";
import type { Address } from "../../core/ids.ts";
import type { SealedName, SealedTask } from "../../ports/sealing.ts";

const purposes = { update: 1, model: 2 } as const;

/**
 * What every hash and key of sealed blobs begins with: `label ‖ uint256 chainId ‖ federation ‖ uint32 taskId`
 * (docs/protocol/sealed.md).
 */
export function taskContext(label: string, { chainId, federation, taskId }: SealedTask): Uint8Array {
  return concatBytes(new TextEncoder().encode(label), word(chainId), fromHex(federation), uint32(taskId));
}

/** A task's context with the sender behind it. */
export function senderContext(label: string, task: SealedTask, sender: Address): Uint8Array {
  return concatBytes(taskContext(label, task), fromHex(sender));
}

/** What the key of one blob is bound to: the sender's context, then `uint32 round ‖ uint8 purpose ‖ root`. */
export function blobContext(task: SealedTask, { round, sender, purpose, root }: SealedName): Uint8Array {
  const context = senderContext("fedledger/sealed/1", task, sender);
  return concatBytes(context, uint32(round), Uint8Array.of(purposes[purpose]), fromHex(root));
}

/** Four bytes, big-endian. */
export function uint32(value: number): Uint8Array {
  return word(value).subarray(28);
}

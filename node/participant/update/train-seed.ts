import { abiWords, concatBytes } from "../../core/bytes/hex.ts";
import { keccak256 } from "../../core/bytes/keccak.ts";
import type { Address, RoundNumber, TaskId } from "../../core/ids.ts";

const label = new TextEncoder().encode("fedledger/seed/1");

/**
 * Seed of one local training, uint32: the first four bytes of
 * `keccak256("fedledger/seed/1" ‖ word(localSeed) ‖ word(taskId) ‖ word(round) ‖ word(account))`.
 *
 * @param localSeed this participant's own seed, a safe integer from 0
 */
export function trainSeed(localSeed: number, taskId: TaskId, round: RoundNumber, account: Address): number {
  const hash = keccak256(concatBytes(label, abiWords(localSeed, taskId, round, account)));
  return new DataView(hash.buffer, hash.byteOffset).getUint32(0);
}

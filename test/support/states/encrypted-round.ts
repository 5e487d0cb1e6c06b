import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { contentIdOf } from "../../../node/core/bytes/content-id.ts";
import { bytesToLanes } from "../../../node/core/bytes/lanes.ts";
import type { Bytes32 } from "../../../node/core/ids.ts";
import type { Commitment } from "../../../node/core/records.ts";
import { extendAccumulator, updateRootOf } from "../../../node/core/words/commitment.ts";
import { type Bfv, createBfv } from "../../../node/privacy/encrypted/bfv.ts";
import type { GroupKey } from "../../../node/privacy/encrypted/key-blob.ts";
import { drawSecretKey } from "../../../node/privacy/encrypted/secret-key.ts";
import { createRandom } from "../../../node/system/random.ts";
import { honestUpdate } from "../history/history-writer.ts";
import { readFrom } from "../memory-store.ts";
import { closedEncrypted, encryptedRules } from "./encrypted-states.ts";
import { hashOf, participants } from "./round-states.ts";

/** An encrypted round among four, with everything that is behind it. */
export interface EncryptedRound {
  readonly bfv: Bfv;
  readonly key: GroupKey;
  readonly base: Int32Array;
  /** What was encrypted, by slot. */
  readonly updates: readonly { readonly lanes: Int32Array; readonly weight: number }[];
  readonly commitments: readonly Commitment[];
  readonly blobs: Map<Bytes32, Uint8Array>;
  /** Gets a blob; rejects with BLOB_NOT_FOUND. */
  readonly get: (named: { readonly contentId: Bytes32 }) => Promise<Uint8Array>;
  /** Opens a ciphertext of the round. */
  readonly open: (sum: Uint8Array) => Promise<Int32Array>;
  /** The closed round with these commitments. */
  closed(commitments?: readonly Commitment[]): ReturnType<typeof closedEncrypted>;
  /** What a participant of a slot would commit to. */
  commit(slot: number, bytes: Uint8Array, weight?: number): Promise<Commitment>;
}

/** Makes one; `change` may replace what a slot encrypts, already times its weight. */
export async function encryptedRoundOfFour(
  change: (lanes: Int32Array, slot: number) => Int32Array = (lanes) => lanes,
): Promise<EncryptedRound> {
  const { parameterCount } = encryptedRules;
  const bfv = createBfv();
  const secretKey = drawSecretKey(createRandom());
  const key = { publicKey: await bfv.createPublicKey(secretKey), secretKey };
  const blobs = new Map<Bytes32, Uint8Array>();
  const commit = async (slot: number, bytes: Uint8Array, weight = slot + 1): Promise<Commitment> => {
    const participant = participants[slot]!;
    const contentId = await contentIdOf(bytes);
    blobs.set(contentId, bytes);
    const updateRoot = updateRootOf(participant, chunkTreeRoot(bytesToLanes(bytes)));
    return { taskId: 1, round: 1, participant, slot, weight, updateRoot, contentId };
  };
  const updates = participants.map((_, slot) => ({ lanes: honestUpdate(encryptedRules, slot, 1), weight: slot + 1 }));
  const commitments: Commitment[] = [];
  for (const [slot, { lanes, weight }] of updates.entries()) {
    const weighted = change(
      lanes.map((lane) => lane * weight),
      slot,
    );
    commitments.push(await commit(slot, await bfv.encrypt(key.publicKey, weighted), weight));
  }
  return {
    ...{ bfv, key, updates, commitments, blobs, commit },
    base: new Int32Array(parameterCount).map((_, i) => 1000 * i),
    get: ({ contentId }) => readFrom(blobs, contentId),
    open: (sum) => bfv.decrypt(secretKey, sum, parameterCount),
    closed: (given = commitments) =>
      closedEncrypted([], { commitments: given, accumulator: given.reduce(extendAccumulator, hashOf(70)) }),
  };
}

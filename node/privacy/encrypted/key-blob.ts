import { concatBytes, fromHex, hexEquals, toHex, word } from "../../core/bytes/hex.ts";
import { keccak256 } from "../../core/bytes/keccak.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32, RoundNumber, TaskId } from "../../core/ids.ts";
import { hpkeOverheadBytes, openSealed, sealTo } from "../hpke.ts";
import type { Bfv } from "./bfv.ts";
import { publicKeyBytes, secretKeyBytes } from "./parameters.ts";

/** A round's group key: who is drawn in the round holds both parts. */
export interface GroupKey {
  /** As Bfv.createPublicKey gives it. */
  readonly publicKey: Uint8Array;
  /** 1,024 bytes. */
  readonly secretKey: Uint8Array;
}

/** What the chain holds of a group key, in the fields of an advertisement. */
export interface GroupKeyHashes {
  /** keccak256 of the public key. */
  readonly maskKey: Bytes32;
  /** keccak256(0x09 ‖ secret key). */
  readonly seedHash: Bytes32;
}

/** What a key blob is bound to, beside its receiver. */
export interface KeyBlobContext {
  readonly federation: Address;
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  /** The round's start value: another opening of the round is another context. */
  readonly start: Bytes32;
  readonly dealer: Address;
}

/** A drawn participant. */
export interface KeyReceiver {
  readonly account: Address;
  /** Its registered X25519 key; absent where it has registered none: it gets no copy. */
  readonly encryptionKey?: Bytes32;
}

const purpose = new TextEncoder().encode("fedledger/group-key/1");
/** Bytes of one copy of the secret key. */
const copyBytes = secretKeyBytes + hpkeOverheadBytes;

/** Length of the key blob of a round with so many drawn participants: 131,072, and 1,072 for each. */
export function keyBlobBytesOf(drawn: number): number {
  return publicKeyBytes + drawn * copyBytes;
}

/** The hashes by which a key is known on the chain. */
export function groupKeyHashes({ publicKey, secretKey }: GroupKey): GroupKeyHashes {
  return {
    maskKey: toHex(keccak256(publicKey)),
    seedHash: toHex(keccak256(concatBytes(Uint8Array.of(0x09), secretKey))),
  };
}

/**
 * The key blob: the public key, then for each slot of the round the secret key sealed to the participant drawn for it;
 * zeros where it has registered no key that anything can be sealed to. `receivers` in the order of the slots.
 */
export async function sealKeyBlob(
  key: GroupKey,
  context: KeyBlobContext,
  receivers: readonly (KeyReceiver | undefined)[],
): Promise<Uint8Array> {
  const blob = new Uint8Array(keyBlobBytesOf(receivers.length));
  blob.set(key.publicKey);
  for (const [slot, receiver] of receivers.entries()) {
    if (receiver?.encryptionKey === undefined) continue;
    const copy = await sealedCopy(key.secretKey, receiver.encryptionKey, contextOf(context, receiver.account));
    if (copy !== undefined) blob.set(copy, publicKeyBytes + slot * copyBytes);
  }
  return blob;
}

/**
 * The group key that was dealt, from the blob of its content id: the participant's own copy of the secret key, checked
 * against both hashes on the chain, and that the two parts belong together.
 *
 * Rejects with GROUP_KEY_INVALID where any of it does not hold: the dealer's fault, or there is no copy for this
 * participant.
 */
export async function openKeyBlob(input: {
  readonly bfv: Pick<Bfv, "checkKeyPair">;
  readonly blob: Uint8Array;
  readonly context: KeyBlobContext;
  readonly hashes: GroupKeyHashes;
  /** Participants drawn in the round. */
  readonly drawn: number;
  /** This participant's. */
  readonly slot: number;
  readonly me: Address;
  /** X25519. */
  readonly privateKey: Uint8Array;
}): Promise<GroupKey> {
  const { bfv, blob, context, hashes, drawn, slot, me, privateKey } = input;
  if (blob.length !== keyBlobBytesOf(drawn)) {
    throw invalid(`its blob has ${blob.length} bytes, not ${keyBlobBytesOf(drawn)}`);
  }
  const publicKey = blob.slice(0, publicKeyBytes);
  const at = publicKeyBytes + slot * copyBytes;
  const info = contextOf(context, me);
  const secretKey = await openSealed(privateKey, blob.subarray(at, at + copyBytes), { info }).catch(
    (error: unknown) => {
      throw invalid("the copy for this participant does not open", error);
    },
  );
  const found = groupKeyHashes({ publicKey, secretKey });
  if (!hexEquals(found.maskKey, hashes.maskKey)) throw invalid("its public key is not the one on the chain");
  if (!hexEquals(found.seedHash, hashes.seedHash)) throw invalid("its secret key is not the one on the chain");
  await bfv.checkKeyPair(publicKey, secretKey);
  return { publicKey, secretKey };
}

async function sealedCopy(secretKey: Uint8Array, to: Bytes32, info: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    return await sealTo(to, secretKey, { info });
  } catch (error) {
    // a member that registered no key loses its own copy only
    if (error instanceof FedledgerError && error.code === "HPKE_KEY_INVALID") return undefined;
    throw error;
  }
}

/** purpose ‖ federation ‖ uint32 taskId ‖ uint32 round ‖ start ‖ dealer ‖ receiver. */
function contextOf({ federation, taskId, round, start, dealer }: KeyBlobContext, to: Address): Uint8Array {
  return concatBytes(
    purpose,
    fromHex(federation),
    word(taskId).subarray(-4),
    word(round).subarray(-4),
    fromHex(start),
    fromHex(dealer),
    fromHex(to),
  );
}

function invalid(reason: string, cause?: unknown): FedledgerError {
  return new FedledgerError("GROUP_KEY_INVALID", { reason }, cause);
}

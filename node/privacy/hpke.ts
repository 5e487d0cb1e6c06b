import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { concatBytes, fromHex } from "../core/bytes/hex.ts";
import { FedledgerError } from "../core/errors/error.ts";
import type { Bytes32 } from "../core/ids.ts";

/** Bytes by which a sealed message is longer than its plaintext: the encapsulated key, 32, and the tag, 16. */
export const hpkeOverheadBytes = 48;
const encapsulatedBytes = 32;

/** What a sealed message is bound to: it opens under the same bytes only. */
export interface HpkeContext {
  /** HPKE's `info`: what the message is for, who sends it, whom it is for. */
  readonly info: Uint8Array;
  /** Authenticated beside it (default none). */
  readonly aad?: Uint8Array;
}

/**
 * Seals a message for the owner of an X25519 key, in one shot (RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256),
 * HKDF-SHA256, AES-256-GCM): the encapsulated key, 32 bytes, then the ciphertext. Two calls never give the same bytes:
 * the sender's key is fresh, from WebCrypto. Rejects with HPKE_KEY_INVALID for a public key that is not 32 bytes or of
 * small order.
 */
export async function sealTo(
  publicKey: Bytes32,
  message: Uint8Array,
  { info, aad = none }: HpkeContext,
): Promise<Uint8Array> {
  const suite = createSuite();
  try {
    const recipientPublicKey = await suite.kem.deserializePublicKey(fromHex(publicKey));
    const { enc, ct } = await suite.seal({ recipientPublicKey, info: whole(info) }, whole(message), whole(aad));
    return concatBytes(new Uint8Array(enc), new Uint8Array(ct));
  } catch (error) {
    throw new FedledgerError("HPKE_KEY_INVALID", { publicKey }, error);
  }
}

/**
 * Opens what {@link sealTo} made for this key and context. Rejects with HPKE_NOT_OPENED for anything else: too short,
 * changed, for another key, or sealed in another context.
 */
export async function openSealed(
  privateKey: Uint8Array,
  sealed: Uint8Array,
  { info, aad = none }: HpkeContext,
): Promise<Uint8Array> {
  const suite = createSuite();
  try {
    const recipientKey = await suite.kem.deserializePrivateKey(whole(privateKey));
    const enc = whole(sealed.subarray(0, encapsulatedBytes));
    const ct = whole(sealed.subarray(encapsulatedBytes));
    return new Uint8Array(await suite.open({ recipientKey, enc, info: whole(info) }, ct, whole(aad)));
  } catch (error) {
    throw new FedledgerError("HPKE_NOT_OPENED", { lengthBytes: sealed.length }, error);
  }
}

const none = new Uint8Array();

function createSuite(): CipherSuite {
  return new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}

/** The bytes as a buffer of their own: WebCrypto must not see what lies around a view. */
function whole(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer as ArrayBuffer;
}

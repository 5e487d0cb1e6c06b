import { setImmediate } from "node:timers/promises";
import type { ClassHandle, MainModule, SEALContext } from "node-seal";
import { FedledgerError } from "../../core/errors/error.ts";
import { checkCipher } from "./cipher-sum.ts";
import {
  blockBytes,
  cipherBytesOf,
  cipherModulus,
  plainModulus,
  publicKeyBytes,
  ringDegree,
  specialModulus,
  sumLimit,
} from "./parameters.ts";
import {
  firstBadKeyCoefficient,
  packCoefficients,
  type SealKind,
  splitSealBytes,
  unpackCoefficients,
} from "./seal-bytes.ts";
import { secretCoefficients } from "./secret-key.ts";
import { allowExceptionReferences } from "./wasm-exceptions.ts";

/**
 * BFV encryption by Microsoft SEAL, compiled to WebAssembly. Its own randomness is WebCrypto's; nothing is loaded
 * before the first call. Every method rejects with ENCRYPTION_UNAVAILABLE where SEAL cannot be loaded; a later call
 * tries again.
 */
export interface Bfv {
  /**
   * A public key for the secret key, in the form of docs/protocol/encrypted.md; a fresh one at each call. Rejects with
   * GROUP_KEY_INVALID.
   */
  createPublicKey(secretKey: Uint8Array): Promise<Uint8Array>;
  /** Rejects with GROUP_KEY_INVALID unless both keys are well-formed, and what the one encrypts the other decrypts. */
  checkKeyPair(publicKey: Uint8Array, secretKey: Uint8Array): Promise<void>;
  /**
   * The values, encrypted: 12 bytes each, in whole blocks. Randomised: never the same bytes twice. A look at the event
   * loop every few blocks. Rejects with GROUP_KEY_INVALID, INVALID_ARGUMENT for a value that is not within ±2^29,
   * exclusively, and the signal's reason.
   */
  encrypt(publicKey: Uint8Array, values: Int32Array, signal?: AbortSignal): Promise<Uint8Array>;
  /**
   * The first `count` values of a ciphertext, or of a sum of at most 64, each within ±2^29 (the sum modulo 2^30 where
   * it is not). Rejects with CIPHERTEXT_INVALID, GROUP_KEY_INVALID, and the signal's reason.
   */
  decrypt(secretKey: Uint8Array, cipher: Uint8Array, count: number, signal?: AbortSignal): Promise<Int32Array>;
}

/** Loads SEAL at the first call. */
export function createBfv(): Bfv {
  let loading: Promise<Engine> | undefined;
  const engine = (): Promise<Engine> => {
    loading ??= loadEngine().catch((error: unknown) => {
      loading = undefined;
      throw new FedledgerError("ENCRYPTION_UNAVAILABLE", { reason: String(error) }, error);
    });
    return loading;
  };
  return {
    createPublicKey: async (secretKey) => createPublicKey(await engine(), secretKey),
    checkKeyPair: async (publicKey, secretKey) => {
      const probe = Int32Array.from({ length: ringDegree }, (_, i) =>
        i % 2 === 0 ? sumLimit - 1 - i : i - sumLimit + 1,
      );
      const found = await decrypt(
        await engine(),
        secretKey,
        await encrypt(await engine(), publicKey, probe),
        ringDegree,
      );
      if (found.some((value, i) => value !== probe[i]))
        throw invalidKey("the secret key does not open what the public key closes");
    },
    encrypt: async (publicKey, values, signal) => encrypt(await engine(), publicKey, values, signal),
    decrypt: async (secretKey, cipher, count, signal) => decrypt(await engine(), secretKey, cipher, count, signal),
  };
}

/** SEAL with the parameters of this protocol, and the heads of what it writes. */
interface Engine {
  readonly seal: MainModule;
  readonly context: SEALContext;
  readonly heads: Readonly<Record<SealKind, Uint8Array>>;
}

/** Blocks between two looks at the event loop: about 25 ms. */
const blocksAtOnce = 16;
const bodyBytes = 8 * ringDegree;

async function loadEngine(): Promise<Engine> {
  allowExceptionReferences();
  const { default: initialize } = await import("node-seal");
  const seal = await initialize();
  return withHandles((own) => {
    const primes = own(
      seal.vecFromArrayModulus([own(new seal.Modulus(BigInt(cipherModulus))), own(new seal.Modulus(specialModulus))]),
    );
    const parameters = own(new seal.EncryptionParameters(seal.SchemeType.bfv));
    parameters.setPolyModulusDegree(ringDegree);
    parameters.setCoeffModulus(primes);
    parameters.setPlainModulus(own(new seal.Modulus(BigInt(plainModulus))));
    const context = new seal.SEALContext(parameters, true, seal.SecLevelType.tc128);
    const generator = own(new seal.KeyGenerator(context));
    const secretKey = own(generator.secretKey());
    const publicKey = own(generator.createPublicKey());
    const encryptor = own(new seal.Encryptor(context, publicKey));
    const plaintext = own(new seal.Plaintext(ringDegree));
    const ciphertext = own(new seal.Ciphertext(context));
    encryptor.encrypt(plaintext, ciphertext);
    const headOf = (kind: SealKind, object: Saved) => splitSealBytes(kind, save(seal, object)).head;
    const heads = {
      plaintext: headOf("plaintext", plaintext),
      ciphertext: headOf("ciphertext", ciphertext),
      publicKey: headOf("publicKey", publicKey),
      secretKey: headOf("secretKey", secretKey),
    };
    return { seal, context, heads };
  });
}

function createPublicKey(engine: Engine, secretKey: Uint8Array): Uint8Array {
  const { seal, context } = engine;
  return withHandles((own) => {
    const generator = own(new seal.KeyGenerator(context, own(readSecretKey(engine, secretKey))));
    return splitSealBytes("publicKey", save(seal, own(generator.createPublicKey()))).body;
  });
}

async function encrypt(
  engine: Engine,
  publicKey: Uint8Array,
  values: Int32Array,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { seal, context, heads } = engine;
  const cipher = new Uint8Array(cipherBytesOf(values.length));
  return await withHandlesAsync(async (own) => {
    const encryptor = own(new seal.Encryptor(context, own(readPublicKey(engine, publicKey))));
    const plaintext = own(new seal.Plaintext());
    const ciphertext = own(new seal.Ciphertext(context));
    for (let block = 0; block * blockBytes < cipher.length; block++) {
      if (block % blocksAtOnce === blocksAtOnce - 1) await pause(signal);
      const part = values.subarray(block * ringDegree, (block + 1) * ringDegree);
      plaintext.loadFromArray(context, withHead(heads.plaintext, plaintextBody(part)));
      encryptor.encrypt(plaintext, ciphertext);
      const { body } = splitSealBytes("ciphertext", save(seal, ciphertext));
      packCoefficients(body, cipher.subarray(block * blockBytes, (block + 1) * blockBytes));
    }
    return cipher;
  });
}

async function decrypt(
  engine: Engine,
  secretKey: Uint8Array,
  cipher: Uint8Array,
  count: number,
  signal?: AbortSignal,
): Promise<Int32Array> {
  checkCipher(cipher, count);
  const { seal, context, heads } = engine;
  const values = new Int32Array(count);
  return await withHandlesAsync(async (own) => {
    const decryptor = own(new seal.Decryptor(context, own(readSecretKey(engine, secretKey))));
    const plaintext = own(new seal.Plaintext());
    const ciphertext = own(new seal.Ciphertext(context));
    const body = new Uint8Array(2 * bodyBytes);
    for (let block = 0; block * ringDegree < count; block++) {
      if (block % blocksAtOnce === blocksAtOnce - 1) await pause(signal);
      unpackCoefficients(cipher.subarray(block * blockBytes, (block + 1) * blockBytes), body);
      ciphertext.loadFromArray(context, withHead(heads.ciphertext, body));
      decryptor.decrypt(ciphertext, plaintext);
      readPlaintext(save(seal, plaintext), values.subarray(block * ringDegree, (block + 1) * ringDegree));
    }
    return values;
  });
}

/** The values as coefficients modulo 2^30. */
function plaintextBody(values: Int32Array): Uint8Array {
  const body = new Uint8Array(bodyBytes);
  const view = new DataView(body.buffer);
  values.forEach((value, i) => {
    if (Math.abs(value) >= sumLimit) {
      throw new FedledgerError("INVALID_ARGUMENT", {
        name: `values[${i}]`,
        value,
        expected: "an integer within ±2^29",
      });
    }
    view.setUint32(8 * i, value & (plainModulus - 1), true);
  });
  return body;
}

/** The coefficients that SEAL wrote, without the zeros behind the last one that is not, as signed values. */
function readPlaintext(bytes: Uint8Array, values: Int32Array): void {
  const { body } = splitSealBytes("plaintext", bytes);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let i = 0; i < values.length; i++) {
    const value = 8 * i < body.length ? view.getUint32(8 * i, true) : 0;
    values[i] = value >= sumLimit ? value - plainModulus : value;
  }
}

function readPublicKey({ seal, context, heads }: Engine, bytes: Uint8Array) {
  if (bytes.length !== publicKeyBytes)
    throw invalidKey(`a public key has ${publicKeyBytes} bytes, not ${bytes.length}`);
  const bad = firstBadKeyCoefficient(bytes);
  if (bad >= 0) throw invalidKey(`coefficient ${bad} of the public key is not below its modulus`);
  const key = new seal.PublicKey();
  key.loadFromArray(context, withHead(heads.publicKey, bytes));
  return key;
}

/**
 * The secret key as SEAL holds it: the number-theoretic transform of its coefficients under both primes, which SEAL
 * itself computes.
 */
function readSecretKey({ seal, context, heads }: Engine, bytes: Uint8Array) {
  const coefficients = secretCoefficients(bytes);
  return withHandles((own) => {
    const plaintext = own(new seal.Plaintext());
    plaintext.loadFromArray(context, withHead(heads.plaintext, plaintextBody(Int32Array.from(coefficients))));
    own(new seal.Evaluator(context)).plainTransformToNttInplace(plaintext, own(context.keyParmsId()));
    const key = new seal.SecretKey();
    key.loadFromArray(context, save(seal, plaintext));
    return key;
  });
}

interface Saved {
  saveToArray(mode: MainModule["ComprModeType"]["none"]): Uint8Array;
}

function save(seal: MainModule, object: Saved): Uint8Array {
  return object.saveToArray(seal.ComprModeType.none);
}

function withHead(head: Uint8Array, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await setImmediate();
  signal?.throwIfAborted();
}

type Own = <H extends ClassHandle>(handle: H) => H;

/** What the work owns lives in WebAssembly's memory, which nobody collects: it is deleted when the work ends. */
function withHandles<T>(work: (own: Own) => T): T {
  const owned: ClassHandle[] = [];
  try {
    return work((handle) => {
      owned.push(handle);
      return handle;
    });
  } finally {
    for (const handle of owned.reverse()) handle.delete();
  }
}

/** As {@link withHandles}, until the promise has settled. */
async function withHandlesAsync<T>(work: (own: Own) => Promise<T>): Promise<T> {
  const owned: ClassHandle[] = [];
  try {
    return await work((handle) => {
      owned.push(handle);
      return handle;
    });
  } finally {
    for (const handle of owned.reverse()) handle.delete();
  }
}

function invalidKey(reason: string): FedledgerError {
  return new FedledgerError("GROUP_KEY_INVALID", { reason });
}

/** WebCrypto's work in other threads, which a clock must wait for: it ends by no promise callback of ours. */
export interface CryptoWork {
  /** Whether any is under way. */
  isUnderWay(): boolean;
  stop(): void;
}

const methods = [
  "digest",
  "sign",
  "deriveBits",
  "encrypt",
  "decrypt",
  "generateKey",
  "importKey",
  "exportKey",
] as const;

/** Watches for such work from now on. */
export function watchCryptoWork(): CryptoWork {
  const subtle = crypto.subtle as unknown as Record<string, unknown>;
  let running = 0;
  for (const method of methods) {
    const call = (subtle[method] as (...given: unknown[]) => Promise<unknown>).bind(subtle);
    subtle[method] = (...given: unknown[]) => {
      running += 1;
      return call(...given).finally(() => {
        running -= 1;
      });
    };
  }
  return {
    isUnderWay: () => running > 0,
    stop() {
      // what stands on the object itself hides the prototype's methods
      for (const method of methods) delete subtle[method];
    },
  };
}

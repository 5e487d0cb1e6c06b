/** A process that can be killed at any of its calls to the world outside. */
export interface Mortal {
  /** The same object whose async methods answer only while the process lives. */
  guard<T extends object>(port: T): T;
  kill(): void;
  readonly alive: boolean;
}

/** Methods that answer at once and change nothing outside. */
const pure = new Set<string | symbol>([
  "nowMs",
  "recoverAttester",
  "recoverSigner",
  "attestationDigest",
  "connected",
  "multiaddrs",
]);
/** Methods that answer at once and do. */
const effects = new Set<string | symbol>(["admit", "subscribe", "respond"]);

/**
 * A process that dies by itself at its `dieAtCall`-th call outside, half of the times before the call has an effect,
 * half of the times after it. After death no call has an effect, and none that is under way ever comes back: as with
 * kill -9.
 */
export function createMortal(
  options: { dieAtCall?: number; afterEffect?: boolean; onDeath?: () => void } = {},
): Mortal {
  let alive = true;
  let calls = 0;
  const never = (): Promise<never> => new Promise(() => undefined);
  const kill = (): void => {
    if (!alive) return;
    alive = false;
    options.onDeath?.();
  };
  const outlive = async (result: Promise<unknown>, diesHere: boolean): Promise<unknown> => {
    try {
      const value = await result;
      if (diesHere) kill();
      return alive ? value : await never();
    } catch (error) {
      if (!alive) return await never();
      throw error;
    }
  };
  const stream = async function* (source: AsyncIterable<unknown>): AsyncGenerator<unknown> {
    for await (const item of source) {
      if (!alive) await never();
      yield item;
    }
  };
  return {
    guard: (port) =>
      new Proxy(port, {
        get(target, name) {
          const value = Reflect.get(target, name);
          if (typeof value !== "function") return value;
          if (pure.has(name)) return value.bind(target);
          return (...args: unknown[]) => {
            if (effects.has(name)) return alive ? Reflect.apply(value, target, args) : () => undefined;
            if (!alive) return never();
            const diesHere = ++calls === options.dieAtCall;
            if (diesHere && !options.afterEffect) {
              kill();
              return never();
            }
            const result = Reflect.apply(value, target, args);
            if (result instanceof Promise) return outlive(result, diesHere);
            return Symbol.asyncIterator in Object(result) ? stream(result) : result;
          };
        },
      }),
    kill,
    get alive() {
      return alive;
    },
  };
}

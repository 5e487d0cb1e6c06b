/** Time, for deadlines of our own; the chain's clock is in its heads. */
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, options?: { signal?: AbortSignal }): Promise<void>;
}

/** Randomness from a cryptographically secure source (a seeded one in simulations). */
export interface Random {
  bytes(length: number): Uint8Array;
}

/**
 * Log levels: error = the node cannot go on; warn = may become so; info = once a round or rarer; debug = per message.
 */
export interface Log {
  error(message: string, data?: LogData): void;
  warn(message: string, data?: LogData): void;
  info(message: string, data?: LogData): void;
  debug(message: string, data?: LogData): void;
  /** A log whose lines carry these fields too. */
  child(data: LogData): Log;
}

/** Fields of a log line: constant message, data beside it; never weights, samples, keys. */
export type LogData = Readonly<Record<string, unknown>>;

/**
 * A small durable map for work already done (node:sqlite behind it). Values are bytes; a put is on disk when it
 * resolves.
 */
export interface Journal {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, value: Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
  close(): Promise<void>;
}

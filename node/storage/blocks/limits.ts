/** Every limit of the stores; docs/limits.md says why each is what it is. */
export const storageLimits = {
  /** Blocks written to disk at once while more are received. */
  parallelWrites: 4,
  /** Blocks asked for at once by bitswap. */
  parallelWants: 16,
  /** How long bitswap may bring nothing before it is given up. */
  bitswapIdleTimeoutMs: 5_000,
  /** Blocks whose hashes are remembered as checked since the start. */
  checkedBlocks: 1 << 16,
  /** How long a gateway or Kubo daemon may take for one block or call. */
  httpTimeoutMs: 15_000,
  /** A Kubo call that moves a blob may take this much longer: slower lines are given up. */
  slowestBytesPerMs: 1_000,
  /** Blocks asked from a gateway at once. */
  parallelHttpGets: 8,
  /** Block files read at once by a directory store. */
  parallelFileReads: 8,
  /** Most bytes of a block that is taken from a gateway. */
  blockBytes: 1 << 20,
  /** Responses a gateway serves at once; above it answers 503. */
  gatewayResponses: 64,
  /** How long one response of a gateway may take: slower readers are given up. */
  gatewayResponseMs: 60_000,
  /** Connections to a gateway at once. */
  gatewayConnections: 256,
} as const;

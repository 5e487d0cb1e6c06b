/** When to try again what failed. */
export interface BackoffOptions {
  /** Milliseconds before the second try. */
  readonly firstMs: number;
  /** Longest wait in milliseconds. */
  readonly longestMs: number;
}

/** Waits of the nodes: short at first, because most failures are a message that came too early. */
export const defaultBackoff: BackoffOptions = { firstMs: 250, longestMs: 10_000 };

/**
 * Milliseconds to wait before the next try: doubling from firstMs to longestMs, then spread over three quarters to
 * five quarters of that, so that nodes that failed together do not come back together.
 *
 * @param failures failures in a row, at least 1
 * @param spread uniform in [0, 1)
 */
export function backoffMs(failures: number, spread: number, { firstMs, longestMs }: BackoffOptions): number {
  const wait = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(wait * (0.75 + spread / 2));
}

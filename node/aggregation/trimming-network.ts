/**
 * One step of a network: of the values in two places the lesser goes to `low`, the greater to `high`, or only one is
 * kept.
 */
export interface Comparator {
  readonly low: number;
  readonly high: number;
  /** Which of the two results anything later depends on. */
  readonly keeps: "both" | "low" | "high";
}

/**
 * Comparators that leave in the places `trim` to `count - trim - 1` those values that a sort would leave there, in any
 * order; the rest holds anything. They do not depend on the values, so that they can run on many columns at once.
 *
 * K. E. Batcher's merge exchange sort (AFIPS 1968; Knuth, The Art of Computer Programming, volume 3, algorithm 5.2.2M),
 * without the comparators that only order kept values among themselves or dropped ones among themselves.
 */
export function trimmingNetwork(count: number, trim: number): readonly Comparator[] {
  const uses: ("nothing" | "sum" | "order")[] = Array.from({ length: count }, (_, place) =>
    place >= trim && place < count - trim ? "sum" : "nothing",
  );
  const needed: Comparator[] = [];
  for (const [low, high] of mergeExchange(count).reverse()) {
    if (uses[low] === uses[high] && uses[low] !== "order") continue;
    const keeps = uses[low] === "nothing" ? "high" : uses[high] === "nothing" ? "low" : "both";
    needed.push({ low, high, keeps });
    uses[low] = "order";
    uses[high] = "order";
  }
  return needed.reverse();
}

/** The comparators of algorithm M, in order. */
function mergeExchange(count: number): [low: number, high: number][] {
  const pairs: [number, number][] = [];
  const top = 2 ** Math.max(0, Math.ceil(Math.log2(count)) - 1);
  for (let p = top; p >= 1; p /= 2) {
    let distance = p;
    let rest = 0;
    for (let q = top; ; q /= 2) {
      for (let i = 0; i + distance < count; i++) if ((i & p) === rest) pairs.push([i, i + distance]);
      if (q === p) break;
      distance = q - p;
      rest = p;
    }
  }
  return pairs;
}

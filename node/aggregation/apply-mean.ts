const rateOne = 1 << 16;

/**
 * Writes `result[start + j] = saturate32(base[start + j] + floorDiv(sums[j] · rate, total · 2^16))`, in doubles, exact,
 * for integer sums with |sum| ≤ total · 2^31 and |sum| + total ≤ 2^53, total 1 to 2^32, rate 1 to 2^20.
 *
 * With S = a·W + b, 0 ≤ b < W: floor(S·r / (W·2^16)) = floor((a·r + floor(b·r / W)) / 2^16), as a·r is an integer and
 * floor(floor(x) / m) = floor(x / m). Every product is below 2^53 (|a| ≤ 2^31, b < W ≤ 2^32, r ≤ 2^20), dividing by
 * 2^16 is exact, and Math.floor(S / W) in doubles is the true floor whenever |S| + W ≤ 2^53 (the proof is in
 * docs/exactness.md).
 */
export function applyMean(
  result: Int32Array,
  base: Int32Array,
  sums: Float64Array,
  start: number,
  total: number,
  rate: number,
): void {
  for (let j = 0; j < sums.length; j++) {
    const sum = sums[j]!;
    let change = Math.floor(sum / total);
    if (rate !== rateOne) {
      const rest = sum - change * total;
      change = Math.floor((change * rate + Math.floor((rest * rate) / total)) / rateOne);
    }
    const lane = base[start + j]! + change;
    result[start + j] = Math.max(-0x8000_0000, Math.min(0x7fff_ffff, lane));
  }
}

import { medianTrim, trimBounds, trimmedMean } from "../../node/aggregation/index.ts";
import { concatBytes, toHex } from "../../node/core/bytes/hex.ts";
import { lanesToBytes } from "../../node/core/bytes/lanes.ts";
import { lanesHex, randomLanes } from "./lanes.ts";

/**
 * The trimmed mean of one chunk and the median, with the extremes; `bounds` are the least kept values ‖ the greatest
 * kept ones.
 */
export function trimmedMeanCases(): unknown[] {
  const fill = (value: number): Int32Array => new Int32Array(64).fill(value);
  const many = (count: number, stream: number, limit?: number): Int32Array[] =>
    Array.from({ length: count }, (_, k) => randomLanes(stream + k, 64, limit));
  const padded = (lanes: Int32Array): Int32Array => lanes.fill(0, 10);
  const smallest = -(2 ** 31);
  const largest = 2 ** 31 - 1;
  const one = 65536;
  const inputs: [string, number | "median", number, Int32Array, Int32Array[]][] = [
    ["one update", 0, one, randomLanes(1, 64, 1e6), many(1, 300, 1e6)],
    ["three updates, nothing trimmed", 0, one, randomLanes(2, 64), many(3, 310, 1e6)],
    ["three updates, trim 1", 1, one, randomLanes(3, 64), many(3, 320, 1e6)],
    ["four equal updates", 1, one, randomLanes(4, 64), Array.from({ length: 4 }, () => randomLanes(330, 64, 1e6))],
    ["ties at both bounds", 2, one, fill(0), [-7, -7, -7, 0, 1, 5, 5, 5].map(fill)],
    ["ties that reach over both bounds", 2, one, fill(0), [-9, 3, 3, 3, 3, 3, 8].map(fill)],
    ["floor towards minus infinity", 1, one, fill(0), [smallest, -1, 0, 0, largest].map(fill)],
    ["floor of a rate", 1, 1, fill(0), many(5, 340, 1e5)],
    ["saturates above", 0, 1 << 20, fill(largest - 1), [fill(2), fill(3)]],
    ["saturates below", 0, 1 << 20, fill(smallest + 1), [fill(-2), fill(-3)]],
    ["greatest and least lanes", 1, one, fill(0), [largest, largest, smallest, smallest, smallest].map(fill)],
    ["all ones", 1, 1 << 20, fill(-1), [-1, -1, -1].map(fill)],
    ["padding", 3, 52_429, padded(randomLanes(5, 64)), many(9, 350, 1 << 20).map(padded)],
    ["sixteen updates at rate 0.8, trim 3", 3, 52_429, randomLanes(6, 64), many(16, 400, 1 << 22)],
    ["sixty-four updates over the whole range, trim 12", 12, one, randomLanes(7, 64), many(64, 500)],
    ["median of one", "median", one, randomLanes(8, 64), many(1, 600)],
    ["median of two", "median", one, randomLanes(9, 64, 1e6), many(2, 610)],
    ["median of three", "median", one, randomLanes(10, 64), many(3, 620, 1e6)],
    ["median of sixteen", "median", 52_429, randomLanes(11, 64), many(16, 630)],
    ["median of sixty-three", "median", one, randomLanes(12, 64), many(63, 700)],
    ["median of sixty-four", "median", 1 << 20, randomLanes(13, 64), many(64, 800, 1 << 12)],
  ];
  return inputs.map(([name, given, serverRateQ16, base, updates]) => {
    const trim = given === "median" ? medianTrim(updates.length) : given;
    const { lows, highs } = trimBounds(updates, trim);
    return {
      name,
      rule: given === "median" ? "coordinate-median" : "trimmed-mean",
      trim,
      serverRateQ16,
      base: lanesHex(base),
      updates: updates.map(lanesHex),
      bounds: toHex(concatBytes(lanesToBytes(lows), lanesToBytes(highs))),
      expected: lanesHex(trimmedMean({ base, updates, trim, serverRateQ16 })),
    };
  });
}

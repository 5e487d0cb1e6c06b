import type { Settings } from "../../config/index.ts";

/** The share of the data that the settings say, for loading it: nothing where they say all of it. */
export function shareOf({ part, partition, seed = 1 }: Settings<"part" | "partition" | "seed">) {
  const share = part && { partition: partition ?? "iid", part: part[0], parts: part[1] };
  return { seed, ...(share && { share }) };
}

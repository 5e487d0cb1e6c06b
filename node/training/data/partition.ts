import { itemAt } from "../../core/bytes/items.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Dataset } from "./dataset.ts";
import { drawDirichlet } from "./dirichlet.ts";
import { createSeededRandom, type SeededRandom, shuffledIndices } from "./seeded-random.ts";

/** How a data set is divided among participants, for experiments. */
export type Partition =
  /** Equal shares of a shuffle. */
  | { readonly kind: "iid" }
  /**
   * Each class is divided by proportions from Dirichlet(alpha) (Hsu, Qi and Brown 2019, arXiv 1909.06335). Small alpha:
   * uneven.
   */
  | { readonly kind: "dirichlet"; readonly alpha: number }
  /**
   * Each participant has examples of about so many classes (McMahan et al. 2017, arXiv 1602.05629, their "pathological"
   * split).
   */
  | { readonly kind: "label"; readonly classesPerPart: number }
  /** Sizes from Dirichlet(alpha), the same mixture of classes. */
  | { readonly kind: "quantity"; readonly alpha: number };

/** Reads `iid`, `dirichlet:ALPHA`, `label:CLASSES` or `quantity:ALPHA`. Throws INVALID_CONFIG. */
export function parsePartition(text: string): Partition {
  const [kind, value, ...rest] = text.split(":");
  const number = Number(value);
  const positive = value !== undefined && value !== "" && number > 0 && Number.isFinite(number);
  if (rest.length === 0) {
    if (kind === "iid" && value === undefined) return { kind };
    if ((kind === "dirichlet" || kind === "quantity") && positive) return { kind, alpha: number };
    if (kind === "label" && positive && Number.isInteger(number)) return { kind, classesPerPart: number };
  }
  throw new FedledgerError("INVALID_CONFIG", {
    name: "partition",
    reason: `"${text}" is none of iid, dirichlet:ALPHA, label:CLASSES, quantity:ALPHA (ALPHA > 0, CLASSES a whole number)`,
  });
}

/** The inverse of {@link parsePartition}. */
export function formatPartition(partition: Partition): string {
  switch (partition.kind) {
    case "iid":
      return "iid";
    case "label":
      return `label:${partition.classesPerPart}`;
    default:
      return `${partition.kind}:${partition.alpha}`;
  }
}

/**
 * Divides the examples: every index in exactly one part, every part at least `minSize` long, each part ascending.
 *
 * Where labels are numbers, the tenths of the first number's order stand for classes. Parts that came out too small
 * take examples from the largest one. Repeatable on one JavaScript engine (Dirichlet draws use Math.log and Math.pow).
 *
 * @param parts number of participants, at least 1
 * @param seed uint32
 * @param options.minSize default 10, or fewer where there are too few examples for that; at least 1
 * Throws TOO_LITTLE_DATA when there are fewer examples than parts × minSize.
 */
export function partitionIndices(
  dataset: Dataset,
  partition: Partition,
  parts: number,
  seed: number,
  options: { readonly minSize?: number } = {},
): number[][] {
  const minSize = options.minSize ?? Math.max(1, Math.min(10, Math.floor(dataset.samples / parts)));
  if (!Number.isInteger(parts) || parts < 1) {
    throw new FedledgerError("INVALID_ARGUMENT", {
      name: "parts",
      value: parts,
      expected: "a whole number, at least 1",
    });
  }
  if (dataset.samples < parts * minSize) {
    throw new FedledgerError("TOO_LITTLE_DATA", {
      source: dataset.source,
      actual: dataset.samples,
      required: parts * minSize,
    });
  }
  const random = createSeededRandom(seed);
  const result = divide(dataset, partition, parts, random);
  fillSmallParts(result, minSize, random);
  for (const part of result) part.sort((a, b) => a - b);
  return result;
}

function divide(dataset: Dataset, partition: Partition, parts: number, random: SeededRandom): number[][] {
  const result: number[][] = Array.from({ length: parts }, () => []);
  switch (partition.kind) {
    case "iid": {
      const order = shuffledIndices(dataset.samples, random);
      order.forEach((index, place) => {
        itemAt(result, place % parts).push(index);
      });
      break;
    }
    case "quantity": {
      share([...shuffledIndices(dataset.samples, random)], drawDirichlet(parts, partition.alpha, random), result);
      break;
    }
    case "dirichlet": {
      for (const members of examplesByClass(dataset, random)) {
        share(members, drawDirichlet(parts, partition.alpha, random), result);
      }
      break;
    }
    case "label": {
      // Sorted by class and cut into equal shards; every part gets `classesPerPart` of them at random.
      const sorted = examplesByClass(dataset, random).flat();
      const shards = parts * partition.classesPerPart;
      const order = shuffledIndices(shards, random);
      order.forEach((shard, place) => {
        const from = Math.floor((shard * sorted.length) / shards);
        const to = Math.floor(((shard + 1) * sorted.length) / shards);
        itemAt(result, place % parts).push(...sorted.slice(from, to));
      });
      break;
    }
  }
  return result;
}

/** Indices of each class, shuffled. */
function examplesByClass(dataset: Dataset, random: SeededRandom): number[][] {
  const groups = new Map<number, number[]>();
  const classOf = dataset.classCount > 0 ? (index: number) => itemAt(dataset.labels, index) : tenthOf(dataset);
  for (const index of shuffledIndices(dataset.samples, random)) {
    const label = classOf(index);
    const group = groups.get(label);
    if (group) group.push(index);
    else groups.set(label, [index]);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, members]) => members);
}

function tenthOf(dataset: Dataset): (index: number) => number {
  const value = (index: number): number => itemAt(dataset.labels, index * dataset.labelWidth);
  const ranked = Array.from({ length: dataset.samples }, (_, i) => i).sort((a, b) => value(a) - value(b) || a - b);
  const tenths = new Uint8Array(dataset.samples);
  ranked.forEach((index, rank) => {
    tenths[index] = Math.floor((rank * 10) / dataset.samples);
  });
  return (index) => itemAt(tenths, index);
}

/** Cuts `members` at the cumulative proportions and gives each part its piece. */
function share(members: readonly number[], proportions: readonly number[], result: number[][]): void {
  let sum = 0;
  let from = 0;
  proportions.forEach((proportion, part) => {
    sum += proportion;
    const to =
      part === proportions.length - 1 ? members.length : Math.min(members.length, Math.round(sum * members.length));
    for (const member of members.slice(from, to)) itemAt(result, part).push(member);
    from = Math.max(from, to);
  });
}

function fillSmallParts(result: number[][], minSize: number, random: SeededRandom): void {
  for (const part of result) {
    while (part.length < minSize) {
      const largest = result.reduce((a, b) => (b.length > a.length ? b : a));
      part.push(...largest.splice(random.below(largest.length), 1));
    }
  }
}

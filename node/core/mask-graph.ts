import { slotOf } from "./draw.ts";
import { FedledgerError } from "./error.ts";
import { concatBytes } from "./hex.ts";
import { keccak256 } from "./keccak.ts";

/** What the graph of a round's masks follows from. */
export interface MaskGraph {
  /** The round's, 72 bits. */
  readonly seed: bigint;
  /** Participants drawn, n: slots 0 to n - 1. At most 256. */
  readonly drawn: number;
  /** The task's: with how many others each shares masks; 0 for everybody. */
  readonly neighbours: number;
}

/** The slots that share a mask with `slot`, ascending: that slot's list of the {@link maskGraph}. Throws INVALID_ARGUMENT unless slot < drawn, too. */
export function maskNeighbours(slot: number, graph: MaskGraph): readonly number[] {
  const lists = maskGraph(graph);
  if (!Number.isInteger(slot) || slot < 0 || slot >= lists.length) throw outside("slot", slot, "below drawn");
  return lists[slot]!;
}

/**
 * For every slot those that share a mask with it, ascending: a Harary graph on a ring whose order is drawn from the round's seed
 * (docs/protocol.md section 13; Bell et al., "Secure Single-Server Aggregation with (Poly)Logarithmic Overhead", CCS 2020).
 *
 * Throws INVALID_ARGUMENT unless drawn is 1 to 256, `neighbours` is even, and the seed has 72 bits.
 */
export function maskGraph(graph: MaskGraph): readonly (readonly number[])[] {
  const { drawn, neighbours } = graph;
  checkGraph(graph);
  const slots = Array.from({ length: drawn }, (_, slot) => slot);
  if (isComplete(graph)) return slots.map((slot) => slots.filter((other) => other !== slot));
  const places = ringPlaces(graph);
  const distance = (a: number, b: number) => {
    const apart = Math.abs(places[a]! - places[b]!);
    return Math.min(apart, drawn - apart);
  };
  return slots.map((slot) => slots.filter((other) => other !== slot && distance(slot, other) <= neighbours / 2));
}

/** Whether everybody shares a mask with everybody. */
export function isComplete({ drawn, neighbours }: Pick<MaskGraph, "drawn" | "neighbours">): boolean {
  return neighbours === 0 || neighbours >= drawn - 1;
}

/** The place of every slot on the ring, where the graph is not complete: a permutation of 0 to drawn - 1. */
export function ringPlaces({ seed, drawn }: Pick<MaskGraph, "seed" | "drawn">): readonly number[] {
  const bytes = Uint8Array.from({ length: 9 }, (_, i) => Number((seed >> BigInt(8 * (8 - i))) & 0xffn));
  const hash = keccak256(concatBytes(Uint8Array.of(7), bytes));
  const ringSeed = hash.subarray(23).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  return Array.from({ length: drawn }, (_, slot) => slotOf(slot, drawn, 0, ringSeed));
}

/**
 * How many of a participant's `neighbourCount` neighbours must give their shares for its secret to be known: the task's threshold of them, rounded
 * up, and at least 2. Throws INVALID_ARGUMENT for fewer than two neighbours (such a round has no masks) or a percentage outside 51 to 100.
 */
export function shareThreshold(neighbourCount: number, thresholdPercent: number): number {
  if (!Number.isInteger(neighbourCount) || neighbourCount < 2 || neighbourCount > 255) {
    throw outside("neighbourCount", neighbourCount, "2 to 255");
  }
  if (!Number.isInteger(thresholdPercent) || thresholdPercent < 51 || thresholdPercent > 100) {
    throw outside("thresholdPercent", thresholdPercent, "51 to 100");
  }
  return Math.max(2, Math.ceil((neighbourCount * thresholdPercent) / 100));
}

function checkGraph({ seed, drawn, neighbours }: MaskGraph): void {
  if (seed < 0n || seed >= 1n << 72n) throw outside("seed", seed, "72 bits");
  if (!Number.isInteger(drawn) || drawn < 1 || drawn > 256) throw outside("drawn", drawn, "1 to 256");
  if (!Number.isInteger(neighbours) || neighbours < 0 || neighbours % 2 !== 0) {
    throw outside("neighbours", neighbours, "0 or even");
  }
}

function outside(name: string, value: number | bigint, expected: string): FedledgerError {
  return new FedledgerError("INVALID_ARGUMENT", { name, value, expected });
}

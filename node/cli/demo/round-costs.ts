import type { ChildEvent } from "./processes.ts";

/** What the rounds of a demo cost, gathered from what its processes tell. */
export interface RoundCosts {
  hear(event: ChildEvent): void;
  /** Gas and bytes of a round so far. */
  of(round: number): { readonly gas: number; readonly bytes: number };
}

/** Adds up gas by the round each transaction names; bytes count for the round running when they arrive. */
export function createRoundCosts(currentRound: () => number): RoundCosts {
  const gas = new Map<number, number>();
  const bytes = new Map<number, number>();
  const add = (map: Map<number, number>, round: number, amount: number) =>
    map.set(round, (map.get(round) ?? 0) + amount);
  return {
    hear: (event) => {
      if (event.event === "received") add(bytes, currentRound(), Number(event.bytes));
      if (event.event === "progress" && typeof event.gasUsed === "number") {
        add(gas, typeof event.round === "number" ? event.round : currentRound(), event.gasUsed);
      }
    },
    of: (round) => ({ gas: gas.get(round) ?? 0, bytes: bytes.get(round) ?? 0 }),
  };
}

import type { ChildEvent } from "./processes.ts";

/** What the rounds of a demo cost, gathered from what its processes tell. */
export interface RoundCosts {
  hear(event: ChildEvent): void;
  /** Gas and bytes of a round so far. */
  of(round: number): { readonly gas: number; readonly bytes: number };
  /** Resolves when the node that ended the round has told what that cost, or after `timeoutMs`. */
  settled(round: number, timeoutMs: number): Promise<void>;
}

/**
 * Adds up gas by the round each transaction names; what names none (registration, enrolment) counts for the first
 * round, bytes for the round running when they arrive.
 */
export function createRoundCosts(currentRound: () => number): RoundCosts {
  const gas = new Map<number, number>();
  const bytes = new Map<number, number>();
  const ended = new Map<number, PromiseWithResolvers<void>>();
  const add = (map: Map<number, number>, round: number, amount: number) =>
    map.set(Math.max(1, round), (map.get(Math.max(1, round)) ?? 0) + amount);
  const endOf = (round: number) => {
    const end = ended.get(round) ?? Promise.withResolvers<void>();
    ended.set(round, end);
    return end;
  };
  return {
    hear: (event) => {
      if (event.event === "received") add(bytes, currentRound(), Number(event.bytes));
      if (event.event !== "progress" || typeof event.gasUsed !== "number") return;
      add(gas, typeof event.round === "number" ? event.round : 1, event.gasUsed);
      if (event.call === "accept") endOf(Number(event.round)).resolve();
    },
    of: (round) => ({ gas: gas.get(round) ?? 0, bytes: bytes.get(round) ?? 0 }),
    settled: async (round, timeoutMs) => {
      const end = endOf(round);
      const timer = setTimeout(end.resolve, timeoutMs);
      await end.promise;
      clearTimeout(timer);
    },
  };
}

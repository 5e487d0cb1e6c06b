import type { ChildEvent } from "./processes.ts";

/** What the rounds of a demo cost, gathered from what its processes tell. */
export interface RoundCosts {
  hear(event: ChildEvent): void;
  /** Gas and bytes of a round so far. */
  of(round: number): { readonly gas: number; readonly bytes: number };
  /** Resolves when the node that ended the round has told what that cost, or after `timeoutMs`. */
  settled(round: number, timeoutMs: number): Promise<void>;
}

/** Where the record stands: the newest round, and whether it has ended. */
export interface RoundPosition {
  readonly round: number;
  readonly ended: boolean;
}

/**
 * Adds up gas by the round each transaction names; an opening counts for the round that it opens, and what no round
 * names (registration, enrolment) and bytes for the round running when they arrive.
 */
export function createRoundCosts(position: () => RoundPosition): RoundCosts {
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
      if (event.event === "received") add(bytes, position().round, Number(event.bytes));
      if (event.event !== "progress" || typeof event.gasUsed !== "number") return;
      const { round, ended: over } = position();
      const opening = event.call === "openRound" && over ? round + 1 : round;
      add(gas, typeof event.round === "number" ? event.round : opening, event.gasUsed);
      if (String(event.call).startsWith("finalize")) endOf(Number(event.round)).resolve();
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

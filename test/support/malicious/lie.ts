import type { Address, Bytes32, Hex, RoundNumber } from "../../../node/core/ids.ts";
import type { Proposal } from "../../../node/core/records.ts";
import type { ParticipantDeps } from "../../../node/participant/create-participant.ts";
import type { RoleDeps } from "../../../node/rounds/machine/role-process.ts";

/** What a liar did instead of what an honest node would have done. */
export interface Lie {
  readonly round: RoundNumber;
  /** What it does, as the end of a sentence that begins with its name. */
  readonly told: string;
  /** What it computed and did not propose. */
  readonly honest?: Proposal;
  /** What it put on record instead. */
  readonly proposed?: Proposal;
}

/** When to lie, and whom to tell. */
export interface Lying {
  /** In which round; in all of them where absent. */
  readonly round?: RoundNumber;
  /** Called once for each lie, before it goes out. */
  readonly onLie: (lie: Lie) => void;
  /** Accounts that sign for the liar whatever it likes. */
  readonly friends?: readonly { readonly account: Address; sign(digest: Bytes32): Hex }[];
}

/**
 * Makes a liar of an honest aggregator: gives what the honest role works with, with the lie in between. The role itself
 * is the real one, so a liar does everything right but one thing.
 */
export type CorruptAggregator = (deps: RoleDeps, lying: Lying) => RoleDeps;

/** The same for a participant. */
export type CorruptParticipant = (deps: ParticipantDeps, lying: Lying) => ParticipantDeps;

/** Whether it is in this round that the liar lies. */
export function liesIn({ round }: Lying, now: RoundNumber): boolean {
  return round === undefined || round === now;
}

/** A promise that stays pending until the signal aborts, and then rejects with its reason: what never answers. */
export function forever(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

import type { ParticipantDeps } from "../../../node/participant/create-participant.ts";
import type { ChainCall, Receipt } from "../../../node/ports/chain.ts";
import { type CorruptParticipant, type Lying, liesIn } from "./lie.ts";

/** The commitment that an honest participant is about to make. */
export type CommitCall = Extract<ChainCall, { kind: "commit" }>;

/** What a forger of commitments has in its hands. */
export interface CommitmentForgery {
  readonly honest: CommitCall;
  readonly deps: ParticipantDeps;
  readonly signal: AbortSignal;
  /** Tells the lie, once however often it is tried. */
  tell(told: string): void;
  /** Sends a commitment as it is. */
  commit(call: CommitCall): Promise<Receipt>;
}

/**
 * What an honest participant works with, but in the rounds in which it lies `forge` does what its commitment should.
 */
export const forgeCommitments =
  (forge: (forgery: CommitmentForgery) => Promise<Receipt>): CorruptParticipant =>
  (deps, lying) => {
    const { chain } = deps;
    const tell = onceEachRound(lying);
    return {
      ...deps,
      chain: {
        ...chain,
        async send(call, options) {
          if (call.kind !== "commit" || !liesIn(lying, call.round)) return await chain.send(call, options);
          return await forge({
            honest: call,
            deps,
            signal: options?.signal ?? new AbortController().signal,
            tell: (told) => tell(call.round, told),
            commit: (other) => chain.send(other, options),
          });
        },
      },
    };
  };

function onceEachRound({ onLie }: Lying): (round: number, told: string) => void {
  const rounds = new Set<number>();
  return (round, told) => {
    if (rounds.has(round)) return;
    rounds.add(round);
    onLie({ round, told });
  };
}

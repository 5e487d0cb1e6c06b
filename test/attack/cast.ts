import type { Address } from "../../node/core/ids.ts";
import type { FederationFixture } from "../support/federation-fixture.ts";
import type { Liars } from "./attack.ts";

/** Participants of a run. */
export const participantCount = 5;
/** Aggregators of a run. */
export const aggregatorCount = 2;
/** Nodes of a run: participants, aggregators, and one watcher that is no member. */
export const nodeCount = participantCount + aggregatorCount + 1;

/** Who is who in a run. */
export interface Cast {
  readonly participants: readonly Address[];
  readonly aggregators: readonly Address[];
  readonly watcher: Address;
  /** The friends are the last participants, as many as there are. */
  readonly liars: Liars;
}

/** The cast of a federation of which `friends` participants lie for the aggregator. */
export function castOf({ participants, aggregators, outsiders }: FederationFixture, friends: number): Cast {
  const accounts = participants.map(({ account }) => account);
  return {
    participants: accounts,
    aggregators: aggregators.map(({ account }) => account),
    watcher: outsiders[0]!.account,
    liars: {
      // the rotation gives rounds of even numbers to the first of two
      aggregator: aggregators[0]!.account,
      participant: accounts[2]!,
      friends: friends === 0 ? [] : accounts.slice(-friends),
    },
  };
}

/** Names such as "participant 3", by account in lower case. */
export function namesOf({ participants, aggregators, watcher }: Cast): ReadonlyMap<string, string> {
  return new Map([
    ...participants.map((who, i) => [who.toLowerCase(), `participant ${i + 1}`] as const),
    ...aggregators.map((who, i) => [who.toLowerCase(), `aggregator ${i + 1}`] as const),
    [watcher.toLowerCase(), "the watcher"],
  ]);
}

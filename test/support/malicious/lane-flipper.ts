import { type AggregatorOptions, createAggregator } from "../../../node/aggregator/create-aggregator.ts";
import { FedledgerError } from "../../../node/core/errors/error.ts";
import type { Proposal } from "../../../node/core/records.ts";
import type { RoleDeps, RoleProcess } from "../../../node/rounds/machine/role-process.ts";
import { forgeProposals } from "./forge-proposals.ts";
import type { CorruptAggregator } from "./lie.ts";

/** What the liar put on record. */
export interface FlippedLane {
  readonly round: number;
  readonly lane: number;
  /** The proposal that it computed and did not make. */
  readonly honest: Proposal;
  readonly proposed: Proposal;
}

/** Adds 1 to one lane of the model, publishes that under its own content id, and misstates nothing else. */
export const flipLane =
  (lane: number): CorruptAggregator =>
  (deps, lying) =>
    forgeProposals(deps, lying, async ({ honest, lanes, publish }) => {
      lanes[lane]! += 1;
      return {
        proposed: { ...honest, ...(await publish(lanes)) },
        told: `adds 1 to lane ${lane} of the model that it computed, and proposes that`,
      };
    });

/**
 * A malicious aggregator, for tests only: it does everything right, but flips one lane of every model that it proposes.
 */
export function createLaneFlipper(
  deps: RoleDeps,
  options: AggregatorOptions,
  { lane, onLie }: { readonly lane: number; readonly onLie: (lie: FlippedLane) => void },
): RoleProcess {
  const corrupt = flipLane(lane)(deps, {
    onLie({ round, honest, proposed }) {
      if (honest === undefined || proposed === undefined) {
        throw new FedledgerError("INVALID_ARGUMENT", { name: "lie", value: round, expected: "two proposals" });
      }
      onLie({ round, lane, honest, proposed });
    },
  });
  return createAggregator(corrupt, options);
}

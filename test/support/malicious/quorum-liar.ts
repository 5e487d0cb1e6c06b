import { isFedledgerError } from "../../../node/core/errors/error.ts";
import type { RoundView } from "../../../node/core/record/task-view.ts";
import type { Proposal } from "../../../node/core/records.ts";
import { proposalHash } from "../../../node/core/words/commitment.ts";
import type { Chain } from "../../../node/ports/chain.ts";
import type { RoleDeps } from "../../../node/rounds/machine/role-process.ts";
import { forgeProposals } from "./forge-proposals.ts";
import { type CorruptAggregator, forever, type Lying } from "./lie.ts";

/**
 * Adds 1 to one lane of the model, proposes that, and brings the attestations of its friends in the same breath: with
 * enough of them the model is accepted before anybody has looked.
 */
export const attestOwnLie =
  (lane: number): CorruptAggregator =>
  (deps, lying) => {
    const honest = forgeProposals(deps, lying, async ({ honest, lanes, round, publish, propose }) => {
      lanes[lane]! += 1;
      const proposed = { ...honest, ...(await publish(lanes)) };
      await propose(proposed);
      const friends = lying.friends ?? [];
      const answer = await acceptIn(deps.chain, lying, round, proposed);
      return {
        proposed: "never",
        told: `adds 1 to lane ${lane} of the model, proposes that, and has it attested by ${friends.map(({ account }) => account).join(" and ")}: ${answer}`,
      };
    });
    return silent(honest);
  };

async function acceptIn(chain: Chain, { friends = [] }: Lying, round: RoundView, proposal: Proposal): Promise<string> {
  const { taskId } = round.commitments[0]!;
  const hash = proposalHash(taskId, round.round, round.accumulator, "0x", proposal);
  const digest = chain.attestationDigest(taskId, round.round, hash);
  const attestations = friends.map(({ account: attester, sign }) => ({
    ...{ taskId, round: round.round, proposalHash: hash, attester },
    signature: sign(digest),
  }));
  try {
    await chain.send({ kind: "accept", taskId, round: round.round, proposal, attestations });
    return "the model is accepted";
  } catch (error) {
    if (!isFedledgerError(error, "TRANSACTION_REVERTED")) throw error;
    return `the contract refuses that (${String(error.data.error)})`;
  }
}

/** Proves nothing, least of all against itself. */
function silent(deps: RoleDeps): RoleDeps {
  const { chain } = deps;
  return {
    ...deps,
    chain: {
      ...chain,
      send: (call, options) => (call.kind.startsWith("prove") ? forever(options?.signal) : chain.send(call, options)),
    },
  };
}

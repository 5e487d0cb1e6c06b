import { isFedledgerError } from "../../../node/core/errors/error.ts";
import type { Attestation } from "../../../node/core/records.ts";
import type { Chain } from "../../../node/ports/chain.ts";
import type { RoleDeps } from "../../../node/rounds/machine/role-process.ts";
import { attestationTopic, decodeAttestation } from "../../../node/rounds/words/attestation-messages.ts";
import { forgeProposals } from "./forge-proposals.ts";
import type { CorruptAggregator } from "./lie.ts";

/**
 * Keeps what others attested of earlier rounds, and sends it once more when it is to propose: with the proposal that it
 * was for, and with its own. Then it proposes what is right.
 */
export const replayWords: CorruptAggregator = (deps, lying) => {
  const heard: Attestation[] = [];
  const listening = hearing(deps, heard);
  return forgeProposals(listening, lying, async ({ honest, view, round, propose }) => {
    const { chain } = deps;
    const { taskId } = view;
    const earlier = view.rounds.at(-2)!;
    const old = heard.filter((one) => one.round === earlier.round);
    const accept = (proposal: typeof honest) =>
      refusal(chain, { kind: "accept", taskId, round: round.round, proposal, attestations: old });
    const first = await accept(earlier.proposal!);
    await propose(honest);
    const second = await accept(honest);
    return {
      proposed: "never",
      told: `sends ${old.length} attestations of round ${earlier.round} once more, with the model that they were for (the contract refuses that: ${first}) and with the one of this round (${second})`,
    };
  });
};

function hearing(deps: RoleDeps, heard: Attestation[]): RoleDeps {
  const { transport } = deps;
  return {
    ...deps,
    transport: {
      ...transport,
      subscribe: (topic, onMessage) =>
        transport.subscribe(topic, (message, from) => {
          const attestation = topic === attestationTopic ? decodeAttestation(message) : undefined;
          if (attestation !== undefined) heard.push(attestation.attestation);
          return onMessage(message, from);
        }),
    },
  };
}

async function refusal(chain: Chain, call: Parameters<Chain["send"]>[0]): Promise<string> {
  try {
    await chain.send(call);
    return "it was taken";
  } catch (error) {
    if (isFedledgerError(error, "TRANSACTION_REVERTED")) return String(error.data.error);
    throw error;
  }
}

import { hexEquals } from "../../core/bytes/hex.ts";
import { roundInFlight } from "../../core/record/task-view.ts";
import type { Attestation } from "../../core/records.ts";
import type { ChainReader } from "../../ports/chain.ts";
import type { GossipVerdict } from "../../ports/transport.ts";
import type { RoundState } from "../state/round-state.ts";
import { commitmentOf } from "../steps/round-queries.ts";
import { decodeAttestation } from "../words/attestation-messages.ts";
import { addsAttestation, attestationsTo } from "../words/attestation-pool.ts";

/**
 * Judges a gossiped attestation: garbage and false signatures are rejected, what does not concern the running round as
 * this node sees it is ignored (it may be this node that is behind; the sender repeats), and so is what adds nothing,
 * whose signature is not looked at; the rest is accepted and given.
 */
export function hearAttestation(
  message: Uint8Array,
  { view, attestations }: Pick<RoundState, "view" | "attestations">,
  chain: Pick<ChainReader, "recoverAttester">,
): { readonly verdict: GossipVerdict; readonly attestation?: Attestation } {
  const heard = decodeAttestation(message);
  if (heard === undefined) return { verdict: "reject" };
  const { taskId, round, attester, proposalHash, signature } = heard.attestation;
  if (taskId !== view.taskId) return { verdict: "ignore" };
  const running = roundInFlight(view);
  const made = running?.round === round ? commitmentOf(running, attester) : undefined;
  if (made === undefined) return { verdict: "ignore" };
  const known = attestationsTo(attestations, proposalHash, (one) => hexEquals(one, attester))[0];
  // a repetition: it was checked when it came first
  if (known?.round === round && hexEquals(known.signature, signature)) return { verdict: "accept" };
  if (!addsAttestation(attestations, heard.attestation)) return { verdict: "ignore" };
  const signer = chain.recoverAttester(heard.attestation);
  if (signer === undefined || !hexEquals(signer, attester)) return { verdict: "reject" };
  return { verdict: "accept", attestation: { ...heard.attestation, attester: made.participant } };
}

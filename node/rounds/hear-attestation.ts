import { hexEquals } from "../core/hex.ts";
import type { Attestation } from "../core/records.ts";
import { roundsInFlight } from "../core/task-view.ts";
import type { ChainReader } from "../ports/chain.ts";
import type { GossipVerdict } from "../ports/transport.ts";
import { decodeAttestation } from "./messages.ts";
import type { RoundState } from "./round-state.ts";

/**
 * Judges a gossiped attestation: garbage and false signatures are rejected, what does not concern a running round as
 * this node sees it is ignored (it may be this node that is behind; the sender repeats), the rest is accepted and given.
 */
export function hearAttestation(
  message: Uint8Array,
  state: RoundState,
  chain: Pick<ChainReader, "recoverAttester">,
): { readonly verdict: GossipVerdict; readonly attestation?: Attestation } {
  const heard = decodeAttestation(message);
  if (heard === undefined) return { verdict: "reject" };
  const { view } = state;
  const { taskId, round, attester } = heard.attestation;
  if (view === undefined || taskId !== view.taskId) return { verdict: "ignore" };
  if (!roundsInFlight(view).some((running) => running.round === round)) return { verdict: "ignore" };
  const place = view.enrolled.find(({ participant }) => hexEquals(participant, attester));
  if (place === undefined) return { verdict: "ignore" };
  const signer = chain.recoverAttester(heard.attestation);
  if (signer === undefined || !hexEquals(signer, attester)) return { verdict: "reject" };
  return { verdict: "accept", attestation: { ...heard.attestation, attester: place.participant } };
}

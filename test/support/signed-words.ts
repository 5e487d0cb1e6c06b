import type { Address } from "../../node/core/ids.ts";
import type { Availability, Custody, SignedCommitment } from "../../node/core/records.ts";
import type { RoundView } from "../../node/core/task-view.ts";
import { modelRecordDigest, modelSign, modelSigner } from "../simulation/model-signature.ts";
import { commitmentOf, hashOf, participants } from "./round-states.ts";

/** What recovers the signers of the words below. */
export const wordChain = { recoverSigner: modelSigner };

/** The signed commitment of the participant of a slot, as {@link commitmentOf} has it. */
export function signedCommitmentOf(
  slot: number,
  changes: Partial<SignedCommitment> = {},
  signer?: Address,
): SignedCommitment {
  const { taskId, round, participant, weight, updateRoot, contentId } = commitmentOf(slot);
  const record = { taskId, round, participant, weight, updateRoot, contentId, baseModelRoot: hashOf(9), ...changes };
  const digest = modelRecordDigest({ type: "commitment", ...record });
  return { ...record, signature: changes.signature ?? modelSign(signer ?? record.participant, digest) };
}

/** The word of the participant of a slot on which updates of a round it holds. */
export function availabilityWord(
  slot: number,
  slots: bigint,
  { round, accumulator }: Pick<RoundView, "round" | "accumulator">,
  changes: Partial<Availability> = {},
  signer?: Address,
): Availability {
  const record = { taskId: 1, round, accumulator, slots, holder: participants[slot]!, ...changes };
  const digest = modelRecordDigest({ type: "availability", ...record });
  return { ...record, signature: changes.signature ?? modelSign(signer ?? record.holder, digest) };
}

/** An aggregator's custody of the update of a slot. */
export function custodyOf(slot: number, aggregator: Address, changes: Partial<Custody> = {}): Custody {
  const { taskId, round, participant, updateRoot, contentId } = commitmentOf(slot);
  const record = { taskId, round, participant, updateRoot, contentId, aggregator, ...changes };
  const digest = modelRecordDigest({ type: "custody", ...record });
  return { ...record, signature: changes.signature ?? modelSign(aggregator, digest) };
}

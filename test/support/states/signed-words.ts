import type { Address } from "../../../node/core/ids.ts";
import type { SignedCommitment } from "../../../node/core/records.ts";
import { modelRecordDigest, modelSign, modelSigner } from "../../simulation/model/model-signature.ts";
import { commitmentOf, hashOf } from "./round-states.ts";

/** What recovers the signers of the words below. */
export const wordChain = { recoverSigner: modelSigner };

/** The commitment of the participant of a slot, as {@link commitmentOf} has it, signed over the anchor of roundOf. */
export function signedCommitmentOf(
  slot: number,
  changes: Partial<SignedCommitment> = {},
  signer?: Address,
): SignedCommitment {
  const { taskId, round, participant, weight, updateRoot, contentId } = commitmentOf(slot);
  const record = { taskId, round, participant, weight, updateRoot, contentId, anchor: hashOf(70), ...changes };
  const digest = modelRecordDigest({ type: "commitment", ...record });
  return { ...record, signature: changes.signature ?? modelSign(signer ?? record.participant, digest) };
}

import { commitmentTopic, decodeCommitment, encodeCommitment } from "../../../node/rounds/signed-messages.ts";
import { type CorruptParticipant, liesIn } from "./lie.ts";

/** Signs a second commitment for the same round and model, of another weight, and gossips both. Needs batched commitments. */
export const equivocate: CorruptParticipant = (deps, lying) => {
  const { chain, transport } = deps;
  let told = false;
  return {
    ...deps,
    transport: {
      ...transport,
      async publish(topic, message) {
        await transport.publish(topic, message);
        const heard = topic === commitmentTopic ? decodeCommitment(message) : undefined;
        if (heard === undefined || !liesIn(lying, heard.signed.round)) return;
        const { signed, sequence } = heard;
        const other = { ...signed, participant: chain.account, weight: signed.weight + 1 };
        const signature = await chain.signRecord({ type: "commitment", ...other });
        if (!told) lying.onLie({ round: signed.round, told: "signs two different commitments for the same round" });
        told = true;
        await transport.publish(topic, encodeCommitment({ signed: { ...other, signature }, sequence }));
      },
    },
  };
};

import { attestationTopic } from "../words/attestation-messages.ts";
import { commitmentTopic } from "../words/commitment-messages.ts";
import { hearAttestation } from "./hear-attestation.ts";
import { hearCommitment } from "./hear-commitment.ts";
import { maskTopics } from "./mask-topics.ts";
import type { Topic } from "./topic.ts";

/** All gossip of a task. */
export const topics: readonly Topic[] = [
  {
    topic: attestationTopic,
    judge(message, _, state, signers) {
      const { verdict, attestation } = hearAttestation(message, state, signers);
      return { verdict, event: attestation && { kind: "attestation", attestation } };
    },
  },
  {
    topic: commitmentTopic,
    judge(message, _, state, signers) {
      const { verdict, signed } = hearCommitment(message, state, signers);
      return { verdict, event: signed && { kind: "commitment", signed } };
    },
  },
  ...maskTopics,
];

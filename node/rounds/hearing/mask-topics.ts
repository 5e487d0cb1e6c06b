import { advertisementTopic } from "../words/advertisement-messages.ts";
import { closingTopic, unmaskTopic } from "../words/mask-messages.ts";
import { hearAdvertisement } from "./hear-advertisement.ts";
import { hearClosing } from "./hear-closing.ts";
import { hearUnmasking } from "./hear-unmasking.ts";
import type { Topic } from "./topic.ts";

/** The gossip of masked rounds. */
export const maskTopics: readonly Topic[] = [
  {
    topic: advertisementTopic,
    judge(message, _, state, signers) {
      const { verdict, signed } = hearAdvertisement(message, state, signers);
      return { verdict, event: signed && { kind: "advertisement", signed } };
    },
  },
  {
    topic: closingTopic,
    judge(message, _, state, signers) {
      const { verdict, word } = hearClosing(message, state, signers);
      return { verdict, event: word && { kind: "closing", word } };
    },
  },
  {
    topic: unmaskTopic,
    judge(message, author, state) {
      const { verdict, unmasking } = hearUnmasking(message, author, state);
      return { verdict, event: unmasking && { kind: "unmasking", unmasking } };
    },
  },
];

import type { Mode, TaskRules } from "../../core/records.ts";

/** What an audit says of the rounds of a task, by its mode. */
export interface ModeWords {
  /** What was done with each round that was looked at. */
  readonly looked: string;
  /** What was recomputed where the verdict is clean, of so many rounds. */
  recomputed(rounds: string): string;
  /** What follows "final" until that time, as a whole sentence. */
  finalAt(until: string): string;
}

const untilProven = (until: string): string =>
  `What is accepted is final at ${until}, if nobody proves it wrong before.`;
const fromUpdates = (rounds: string): string => `${rounds} was recomputed from its updates and is equal, bit for bit.`;

const words: Readonly<Record<Mode, ModeWords>> = {
  transparent: {
    looked:
      "every update's bytes were checked against what its participant committed to, and the model was recomputed in exact integers and compared.",
    recomputed: fromUpdates,
    finalAt: untilProven,
  },
  masked: {
    looked:
      "every masked update's bytes were checked against what its participant committed to, the opened seeds and keys against what was advertised, and the sum and the model were recomputed in exact integers and compared. No single update is seen in this.",
    recomputed: fromUpdates,
    finalAt: untilProven,
  },
  encrypted: {
    looked:
      "every ciphertext's bytes were checked against what its participant committed to, their sum was recomputed and compared with the recorded one, and the model was checked to be within what the clip allows.",
    recomputed: (rounds) => `${rounds} has a sum of ciphertexts that was recomputed and is equal, bit for bit.`,
    finalAt: (until) =>
      `What is accepted is final but for its total weight, which can be proven wrong before ${until}: what a sum decrypts to no proof shows.`,
  },
};

/** The words for a task's mode. */
export function wordsOf({ mode }: Pick<TaskRules, "mode">): ModeWords {
  return words[mode];
}

import { hexEquals } from "../../core/bytes/hex.ts";
import type { RoundNumber } from "../../core/ids.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { RoundSecrets } from "../../privacy/masking/index.ts";

/** A member's secrets of masked rounds, by their start values: in the memory of this process and nowhere else. */
export interface RoundMemory {
  of(round: Pick<RoundView, "start">): RoundSecrets | undefined;
  keep(secrets: RoundSecrets): void;
  /** Overwrites the secrets of a round that is over for this node, whichever opening of it they are of. */
  forget(round: RoundNumber): void;
}

/** An empty memory. */
export function createRoundMemory(): RoundMemory {
  let kept: readonly RoundSecrets[] = [];
  return {
    of: ({ start }) => kept.find((secrets) => hexEquals(secrets.start, start)),
    keep(secrets) {
      kept = [...kept.filter(({ start }) => !hexEquals(start, secrets.start)), secrets];
    },
    forget(round) {
      for (const { secrets, openingKey } of kept.filter((each) => each.round === round)) {
        for (const secret of [secrets.seed, secrets.secretKey, openingKey]) secret.fill(0);
      }
      kept = kept.filter((each) => each.round !== round);
    },
  };
}

import { itemAt } from "../../core/bytes/items.ts";
import type { RoundNumber } from "../../core/ids.ts";
import type { Random } from "../../ports/system.ts";

/** Which rounds' bytes an audit looks at. */
export interface RoundSample {
  readonly rounds: ReadonlySet<RoundNumber>;
  /** Number of rounds to choose from. */
  readonly of: number;
  /** Probability that a single wrong round is not among them. */
  readonly missProbability: number;
}

/** Draws `count` of the rounds, each set of that size equally likely; all of them if there are fewer. */
export function sampleRounds(rounds: readonly RoundNumber[], count: number, random: Random): RoundSample {
  const rest = [...rounds];
  const size = Math.max(0, Math.min(Math.floor(count), rest.length));
  for (let i = 0; i < size; i++) {
    const j = i + below(rest.length - i, random);
    [rest[i], rest[j]] = [itemAt(rest, j), itemAt(rest, i)];
  }
  return {
    rounds: new Set(rest.slice(0, size)),
    of: rounds.length,
    missProbability: rounds.length === 0 ? 0 : 1 - size / rounds.length,
  };
}

/** A uniform integer from 0 to n - 1 (n up to 2^32), by rejection. */
function below(n: number, random: Random): number {
  const limit = 2 ** 32 - (2 ** 32 % n);
  for (;;) {
    const bytes = random.bytes(4);
    const value = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
    if (value < limit) return value % n;
  }
}

import { nextRoundNumber, ringLength, ringPlace } from "../../node/core/record/ring.ts";
import { turnOf } from "../../node/core/record/rotation.ts";
import { drawnCount, drawSeed, slotOf } from "../../node/core/words/draw.ts";
import { account, hash, uintHex } from "./words.ts";

const greatestSeed = (1n << 64n) - 1n;

/** The slots of all places. */
export function drawCases(): unknown[] {
  const shapes = [
    { enrolled: 1, minUpdates: 1, maxUpdates: 64, participationBps: 10_000 },
    { enrolled: 2, minUpdates: 1, maxUpdates: 1, participationBps: 1 },
    { enrolled: 3, minUpdates: 1, maxUpdates: 2, participationBps: 3_334 },
    { enrolled: 5, minUpdates: 2, maxUpdates: 64, participationBps: 3_000 },
    { enrolled: 10, minUpdates: 2, maxUpdates: 64, participationBps: 5_000 },
    { enrolled: 10, minUpdates: 2, maxUpdates: 64, participationBps: 10_000 },
    { enrolled: 16, minUpdates: 1, maxUpdates: 3, participationBps: 5_000 },
    { enrolled: 17, minUpdates: 1, maxUpdates: 64, participationBps: 2_500 },
    { enrolled: 64, minUpdates: 60, maxUpdates: 60, participationBps: 1 },
    { enrolled: 65, minUpdates: 1, maxUpdates: 64, participationBps: 9_999 },
    { enrolled: 300, minUpdates: 1, maxUpdates: 64, participationBps: 1_000 },
  ];
  return shapes.flatMap(({ enrolled, ...rules }) =>
    [0n, BigInt(hash(`seed ${enrolled}`)) & greatestSeed, greatestSeed].map((seed) => {
      const drawn = drawnCount(rules, enrolled);
      const slots = Array.from({ length: enrolled }, (_, index) => slotOf(index, enrolled, drawn, seed));
      const name = `${drawn} of ${enrolled}, seed ${uintHex(seed)}`;
      return { name, seed: uintHex(seed), ...rules, enrolled, drawn, slots };
    }),
  );
}

/** The numbers that an opening has: a round that was accepted, and the last second at which its word is provable. */
function openingCases(): unknown[] {
  const rules = { rounds: 65_535, challengeWindowS: 3_071 };
  const firstRounds = (count: number, until: number) =>
    Array.from({ length: count }, (_, at) => [at + 1, until] as const);
  const openings: { newest: number; nowS: number; accepted: (readonly [number, number])[] }[] = [
    { newest: 0, nowS: 1_000, accepted: [] },
    { newest: 1, nowS: 1_000, accepted: [[1, 1_001]] },
    // the window's last second, and the one behind it
    { newest: 64, nowS: 1_000, accepted: [[1, 1_000]] },
    { newest: 64, nowS: 1_001, accepted: [[1, 1_000]] },
    { newest: 64, nowS: 1_000, accepted: [...firstRounds(3, 1_000), [5, 1_000]] },
    { newest: 64, nowS: 1_000, accepted: firstRounds(63, 1_000) },
    { newest: 64, nowS: 1_000, accepted: firstRounds(64, 1_000) },
    // a word that was passed over once, and is reached again
    { newest: 132, nowS: 1_000, accepted: [[5, 1_000]] },
    // a later word in the place of one that was over
    {
      newest: 132,
      nowS: 1_000,
      accepted: [
        [5, 10],
        [69, 1_000],
      ],
    },
  ];
  return openings.map(({ newest, nowS, accepted }) => {
    const numbers = [...new Set([...accepted.map(([round]) => round), newest])].filter((number) => number > 0);
    const untilOf = new Map(accepted);
    const rounds = numbers.map((round) => {
      const provableUntilS = untilOf.get(round);
      return { round, result: provableUntilS === undefined ? undefined : { provableUntilS } };
    });
    const number = nextRoundNumber({ rounds, rules } as never, nowS);
    const name = `number behind ${newest} at second ${nowS}, words: ${accepted.length}`;
    // 0: none
    return { name, ...rules, newest, nowS, accepted, expected: number ?? 0 };
  });
}

/**
 * The seed of a block's randomness, whose turn it is among idle and leaving aggregators, where a round's word stands,
 * and the number that an opening has.
 */
export function turnCases(): unknown[] {
  const mixHash = hash("mix");
  const about = { mixHash, federation: account("federation"), taskId: 3, round: 17 };
  const seed = drawSeed(mixHash, about.federation, about.taskId, about.round);
  // a place each: . is there, i idle, l leaving, b both; behind the count those that came after the opening
  const turns = [
    { round: 1, attempt: 0, count: 1, places: "." },
    { round: 1, attempt: 0, count: 3, places: "..." },
    { round: 2, attempt: 2, count: 3, places: "..." },
    { round: 1, attempt: 0, count: 3, places: ".i." },
    { round: 1, attempt: 1, count: 3, places: "iil" },
    { round: 1, attempt: 0, count: 4, places: "ilbi" },
    { round: 7, attempt: 0, count: 2, places: "lb" },
    { round: 7, attempt: 0, count: 0, places: "." },
    { round: 3, attempt: 1, count: 2, places: "il.." },
    { round: 65_535, attempt: 15, count: 32, places: `${"i".repeat(31)}.` },
  ];
  const rings = [
    { rounds: 1, challengeWindowS: 60 },
    { rounds: 65_535, challengeWindowS: 3_071 },
    { rounds: 65_535, challengeWindowS: 3_119 },
    { rounds: 65_535, challengeWindowS: 3_120 },
    { rounds: 65, challengeWindowS: 86_400 },
    { rounds: 65_535, challengeWindowS: 86_400 },
    { rounds: 65_535, challengeWindowS: 1_209_600 },
  ];
  return [
    { name: "drawSeed", ...about, expected: uintHex(seed) },
    ...turns.map(({ places, ...turn }) => {
      const joined = [...places].map((mark, place) => ({
        account: account(`aggregator ${place}`),
        leaving: mark === "l" || mark === "b",
        idle: mark === "i" || mark === "b",
      }));
      const name = `turn in round ${turn.round}, attempt ${turn.attempt}, of ${turn.count} in ${places}`;
      // -1: nobody's
      return { name, ...turn, places, expected: turnOf(turn, joined)?.place ?? -1 };
    }),
    ...rings.map((rules) => {
      const length = ringLength(rules);
      const name = `ring for ${rules.rounds} rounds and ${rules.challengeWindowS} seconds`;
      return { name, ...rules, round: 5_000, length, expected: ringPlace(5_000, length) };
    }),
    ...openingCases(),
  ];
}

import { expect } from "chai";
import { weightedMean } from "../../node/aggregation/index.ts";
import { isFedledgerError } from "../../node/core/errors/error.ts";
import { shareThreshold } from "../../node/core/modes/share-threshold.ts";
import { checkOpenings, createMaskedMean, type UnmaskAnswer } from "../../node/privacy/masking/index.ts";
import { MaskedRoundPlay } from "../support/states/masked-round.ts";
import { createSeededRandom, type SeededRandom } from "./world/seeded-random.ts";

const seedCount = Number(process.env.SIM_SEEDS ?? 50);
const firstSeed = Number(process.env.SIM_FIRST ?? 1);
/** How rounds ended: each kind must come up among the seeds. */
const ends = { opened: 0, "too few keys": 0, "too few updates": 0, "too few words": 0, "too few answers": 0 };

/** Who stops where: without keys, without an update, without a word, and without an answer behind its word. */
function drawStops(random: SeededRandom, drawn: number) {
  const slots = Array.from({ length: drawn }, (_, slot) => slot);
  const take = (count: number) => slots.splice(0, Math.min(count, slots.length));
  slots.sort(() => random.next() - 0.5);
  const spare = drawn - 1 - shareThreshold(drawn, 67);
  const few = () => random.pick([0, 0, 0, 1, spare, spare + 1]);
  return { silent: take(few()), dropped: take(few()), wordless: take(few()), mute: take(few()) };
}

/** Plays a round to its end, and checks that this is the one that it must have. */
async function playRound(seed: number): Promise<keyof typeof ends> {
  const random = createSeededRandom(seed);
  const drawn = random.pick([3, 4, 5, 5, 6, 7, 8, 10]);
  const rules = {
    drawn,
    thresholdPercent: random.pick([51, 51, 60, 67, 67, 80, 100]),
    minUpdates: 3,
    parameterCount: random.pick([1, 16, 33, 70]),
    clipLanes: 2 ** random.integer(1, 20),
    maxWeight: random.integer(1, 200),
  };
  const play = new MaskedRoundPlay(rules, random);
  const t = shareThreshold(drawn, rules.thresholdPercent);
  const { silent, dropped, wordless, mute } = drawStops(random, drawn);
  const order = play.clients.map(({ slot }) => slot).sort(() => random.next() - 0.5);
  for (const slot of order) if (!silent.includes(slot)) await play.advertise(slot);
  const isEnough = play.advertisements.length >= t + 1;
  for (const slot of order.filter((one) => ![...silent, ...dropped].includes(one))) {
    const committed = await play.commit(slot).then(() => true, refusedBelow);
    expect(committed, `${slot} masks with ${play.advertisements.length} keys`).to.equal(isEnough);
  }
  if (!isEnough) return "too few keys";
  if (play.commitments.length < play.leastUpdates()) {
    for (const { slot } of play.commitments) expect(signs(play, slot)).to.equal(false);
    return "too few updates";
  }
  const survivors = play.commitments.map(({ slot }) => slot);
  const signing = order.filter((slot) => survivors.includes(slot) && !wordless.includes(slot));
  const words = signing.map((slot) => play.sign(slot));
  const answers: UnmaskAnswer[] = [];
  for (const slot of signing) {
    const given = await play.open(slot, { words }).catch((error: unknown) => {
      if (isFedledgerError(error, "MASK_WORDS_MISSING")) return undefined;
      throw error;
    });
    expect(given !== undefined, `${slot} opens with ${signing.length - 1} words of others`).to.equal(
      signing.length > t,
    );
    expect(given?.unopened ?? []).to.deep.equal([]);
    if (given !== undefined && !mute.includes(slot)) answers.push(given.answer);
  }
  if (signing.length <= t) return "too few words";

  const given = new Set(answers.map(({ slot }) => slot));
  const isKnown = (slot: number) => given.has(slot) || [...given].filter((other) => other !== slot).length >= t;
  const wanted = play.advertisements.map(({ slot }) => slot);
  const { openings, missing, blame } = await play.collect(answers);
  expect(blame).to.deep.equal([]);
  if (!wanted.every(isKnown)) {
    expect(openings).to.equal(undefined);
    expect(missing.map(({ slot }) => slot).sort()).to.deep.equal(wanted.filter((slot) => !isKnown(slot)).sort());
    for (const { have, need } of missing) expect(have).to.be.below(need);
    return "too few answers";
  }
  checkSum(play, openings!, random);
  return "opened";
}

/** What was opened is true, and frees the sum of exactly the survivors' updates. */
function checkSum(play: MaskedRoundPlay, openings: Uint8Array, random: SeededRandom): void {
  const round = play.closedRound();
  expect(checkOpenings(round, openings)).to.equal(undefined);
  const { parameterCount, clipLanes } = play.rules;
  const serverRateQ16 = random.integer(1, 1 << 20);
  const mean = createMaskedMean({ parameterCount, clipLanes, serverRateQ16, round, openings });
  const base = new Int32Array(random.bytes(4 * parameterCount).buffer);
  for (const { slot, weight } of play.commitments) mean.add(play.clients[slot]!.maskedLanes!, weight);
  expect(mean.unmaskedSum()).to.deep.equal(play.trueSum());
  const updates = play.commitments.map(({ slot }) => play.clients[slot]!);
  expect(mean.finish(base)).to.deep.equal(weightedMean({ base, updates, serverRateQ16 }));
}

function refusedBelow(error: unknown): false {
  if (isFedledgerError(error, "MASK_BELOW_THRESHOLD")) return false;
  throw error;
}

function signs(play: MaskedRoundPlay, slot: number): boolean {
  try {
    play.sign(slot);
    return true;
  } catch (error) {
    return refusedBelow(error);
  }
}

describe("simulated masked rounds", () => {
  for (let from = firstSeed; from < firstSeed + seedCount; from += 25) {
    const to = Math.min(from + 25, firstSeed + seedCount) - 1;
    it(`give the sum of exactly the survivors, or refuse, under seeds ${from} to ${to}`, async () => {
      for (let seed = from; seed <= to; seed++) {
        try {
          ends[await playRound(seed)]++;
        } catch (error) {
          expect.fail(`seed ${seed}: ${String(error)}`);
        }
      }
    });
  }

  it("end in every way that there is", function () {
    if (seedCount < 50) this.skip();
    for (const [end, count] of Object.entries(ends)) expect(count, `${end}: ${JSON.stringify(ends)}`).to.be.above(0);
  });
});

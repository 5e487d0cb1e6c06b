import { expect } from "chai";
import { weightedMean } from "../../node/aggregation/index.ts";
import { isFedledgerError } from "../../node/core/error.ts";
import { maskGraph, shareThreshold } from "../../node/core/mask-graph.ts";
import { checkOpenings, createMaskedMean, type UnmaskAnswer } from "../../node/privacy/masking/index.ts";
import { MaskedRoundPlay } from "../support/masked-round.ts";
import { createSeededRandom, type SeededRandom } from "./seeded-random.ts";

const seedCount = Number(process.env.SIM_SEEDS ?? 100);
const firstSeed = Number(process.env.SIM_FIRST ?? 1);
/** How rounds ended: each kind must come up among the seeds. */
const ends = { opened: 0, "too few updates": 0, refused: 0, "too few answers": 0 };

/** Who stops where; the numbers that matter are the threshold's neighbours: one too many, just enough, one too few. */
function drawStops(random: SeededRandom, drawn: number): { silent: number[]; dropped: number[]; mute: number[] } {
  const slots = Array.from({ length: drawn }, (_, slot) => slot);
  const take = (count: number) => slots.splice(0, Math.min(count, slots.length));
  slots.sort(() => random.next() - 0.5);
  const third = Math.ceil(drawn / 3);
  const few = () => random.pick([0, 0, 1, 1, 2, third - 1, third, third + 1]);
  return { silent: take(random.chance(0.5) ? 0 : few()), dropped: take(few()), mute: take(few()) };
}

/** Plays a round to its end, and checks that this is the one that it must have. */
async function playRound(seed: number): Promise<keyof typeof ends> {
  const random = createSeededRandom(seed);
  const drawn = random.pick([3, 4, 5, 5, 6, 7, 8]);
  const neighbours = random.pick([0, 0, 2, 4]);
  const rules = {
    drawn,
    neighbours,
    thresholdPercent: random.pick([51, 60, 67, 67, 80, 100]),
    minUpdates: 3,
    parameterCount: random.pick([1, 16, 33, 70]),
    clipLanes: 2 ** random.integer(1, 20),
    maxWeight: random.integer(1, 200),
  };
  const play = new MaskedRoundPlay(rules, random);
  const { silent, dropped, mute } = drawStops(random, drawn);
  const order = play.clients.map(({ slot }) => slot).sort(() => random.next() - 0.5);
  for (const slot of order) if (!silent.includes(slot)) await play.advertise(slot);
  for (const slot of order) if (![...silent, ...dropped].includes(slot)) await play.commit(slot);
  if (play.commitments.length < play.leastUpdates()) return "too few updates";

  const survivors = play.commitments.map(({ slot }) => slot);
  const graph = maskGraph(play.keyedRound());
  const keyed = play.advertisements.map(({ slot }) => slot);
  const answers: UnmaskAnswer[] = [];
  const refusing: number[] = [];
  for (const slot of order.filter((each) => survivors.includes(each))) {
    const around = [slot, ...graph[slot]!].filter((each) => keyed.includes(each));
    const left = around.filter((each) => survivors.includes(each)).length;
    const isExposed = left < Math.max(3, Math.ceil((around.length * rules.thresholdPercent) / 100));
    try {
      const { answer, unopened } = await play.ask(slot);
      expect(isExposed, `${slot} answered with ${left} of ${around.length} around it`).to.equal(false);
      expect(unopened).to.deep.equal([]);
      if (!mute.includes(slot)) answers.push(answer);
    } catch (error) {
      if (!isFedledgerError(error, "MASK_BELOW_THRESHOLD")) throw error;
      expect(isExposed, `${slot} refused with ${left} of ${around.length} around it`).to.equal(true);
      refusing.push(slot);
    }
  }
  const given = new Set(answers.map(({ slot }) => slot));
  const sharesOf = (slot: number) => graph[slot]!.filter((other) => given.has(other)).length;
  const needOf = (slot: number) => shareThreshold(graph[slot]!.length, rules.thresholdPercent);
  const isKnown = (slot: number) => given.has(slot) || sharesOf(slot) >= needOf(slot);
  const gone = keyed.filter((slot) => !survivors.includes(slot));
  const needed = gone.filter((slot) => graph[slot]!.some((other) => survivors.includes(other)));
  const isOpen = [...survivors, ...needed].every(isKnown);

  // as answers come in one by one, nothing opens before it must
  const { openings, missing, blame } = await play.collect(answers);
  expect(blame).to.deep.equal([]);
  if (!isOpen) {
    expect(openings).to.equal(undefined);
    expect(missing.map(({ slot }) => slot).sort()).to.deep.equal(
      [...survivors, ...needed].filter((s) => !isKnown(s)).sort(),
    );
    for (const { have, need } of missing) expect(have).to.be.below(need);
    return refusing.length > 0 ? "refused" : "too few answers";
  }
  // who refused is not opened against its will
  expect(refusing).to.deep.equal([]);
  expect(checkOpenings(play.closedRound(), openings!)).to.equal(undefined);
  const { parameterCount, clipLanes } = rules;
  const serverRateQ16 = random.integer(1, 1 << 20);
  const mean = createMaskedMean({
    parameterCount,
    clipLanes,
    serverRateQ16,
    round: play.closedRound(),
    openings: openings!,
  });
  const base = new Int32Array(random.bytes(4 * parameterCount).buffer);
  for (const { slot, weight } of play.commitments) mean.add(play.clients[slot]!.maskedLanes!, weight);
  expect(mean.unmaskedSum()).to.deep.equal(play.trueSum());
  const updates = survivors.map((slot) => play.clients[slot]!);
  expect(mean.finish(base)).to.deep.equal(weightedMean({ base, updates, serverRateQ16 }));
  return "opened";
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
    if (seedCount < 100) this.skip();
    for (const [end, count] of Object.entries(ends)) expect(count, `${end}: ${JSON.stringify(ends)}`).to.be.above(0);
  });
});

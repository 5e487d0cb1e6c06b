import { expect } from "chai";
import { split } from "shamir-secret-sharing";
import { concatBytes } from "../../../../node/core/bytes/hex.ts";
import {
  checkOpenings,
  createMaskedMean,
  decodeUnmasking,
  encodeUnmasking,
  shareEntryBytes,
  shareHash,
  type UnmaskAnswer,
} from "../../../../node/privacy/masking/index.ts";
import { createSeededRandom } from "../../../simulation/world/seeded-random.ts";
import { type MaskedRoundPlay, playToClosing } from "../../../support/states/masked-round.ts";

const answersOf = async (play: MaskedRoundPlay, slots: readonly number[]): Promise<UnmaskAnswer[]> =>
  await Promise.all(slots.map(async (slot) => (await play.ask(slot)).answer));

describe("collecting what opens a round", () => {
  // 7 drawn: six others each, threshold 5
  let play: MaskedRoundPlay;
  let answers: UnmaskAnswer[];
  before(async () => {
    play = await playToClosing({ drawn: 7, minUpdates: 5 }, createSeededRandom(5), { dropped: [2] });
    answers = await answersOf(play, [0, 1, 3, 4, 5, 6]);
  });

  it("takes the seeds as given, and the dropped one's key from any threshold of shares", async () => {
    for (const left of [answers, [...answers].reverse()]) {
      const { openings, missing, blame } = await play.collect(left);
      expect(missing).to.deep.equal([]);
      expect(blame).to.deep.equal([]);
      const seeds = [0, 1, 3, 4, 5, 6].map((slot) => play.clients[slot]!.secrets!.secrets.seed);
      expect(openings).to.deep.equal(concatBytes(...seeds, play.clients[2]!.secrets!.secrets.secretKey));
      expect(checkOpenings(play.closedRound(), openings!)).to.equal(undefined);
    }
  });

  it("has a survivor's seed from shares where it does not answer, and gives the true sum", async () => {
    const { openings } = await play.collect(answers.filter(({ slot }) => slot !== 4));
    const { parameterCount, clipLanes } = play.rules;
    const mean = createMaskedMean({
      parameterCount,
      clipLanes,
      serverRateQ16: 65_536,
      round: play.closedRound(),
      openings: openings!,
    });
    for (const { slot, weight } of play.commitments) mean.add(play.clients[slot]!.maskedLanes!, weight);
    expect(mean.unmaskedSum()).to.deep.equal(play.trueSum());
  });

  it("says what is missing below the threshold: cleanly, and nothing is combined", async () => {
    const { openings, missing, blame } = await play.collect(answers.slice(0, 4));
    expect(openings).to.equal(undefined);
    expect(blame).to.deep.equal([]);
    expect(missing).to.deep.equal([
      { slot: 5, kind: "seed", have: 4, need: 5 },
      { slot: 6, kind: "seed", have: 4, need: 5 },
      { slot: 2, kind: "key", have: 4, need: 5 },
    ]);
    expect((await play.collect([])).missing).to.have.length(7);
  });

  it("needs bundles only of those whose shares it needs", async () => {
    const bundles = new Map([[2, play.clients[2]!.bundle!]]);
    expect((await play.collect(answers, bundles)).openings).not.to.equal(undefined);
    expect((await play.collect(answers, new Map())).missing).to.deep.equal([
      { slot: 2, kind: "key", have: 0, need: 5 },
    ]);
    bundles.set(2, play.clients[2]!.bundle!.subarray(1));
    const wrong = await play.collect(answers, bundles);
    expect(wrong.openings).to.equal(undefined);
    expect(wrong.blame).to.deep.equal([{ slot: 2, reason: "bad-bundle" }]);
  });

  it("is not misled by false seeds and shares, and blames the name they came in", async () => {
    const forged = answers.map((answer) => ({ ...answer, seed: answer.seed.slice(), shares: answer.shares.slice() }));
    forged[0]!.seed[3]! ^= 1;
    // the others of slot 1 are 0, 2, 3, ...: the second share is about slot 2
    forged[1]!.shares[33 + 5]! ^= 1;
    const { openings, blame } = await play.collect(forged);
    expect(blame).to.deep.equal([
      { slot: 0, reason: "false-seed" },
      { slot: 1, reason: "false-share", about: 2 },
    ]);
    expect(openings).to.deep.equal((await play.collect(answers)).openings);
    // a false answer in somebody's name beside its own does no harm, in whatever order they come
    const both = await play.collect([...answers, ...forged]);
    expect(both.openings).to.deep.equal(openings);
    expect((await play.collect([...forged, ...answers])).openings).to.deep.equal(openings);
  });

  it("does not hear those who have not committed or do not exist, nor count an answer twice", async () => {
    const outsiders = [2, 77].map((slot) => ({ ...answers[0]!, slot }));
    const { openings, blame } = await play.collect([...outsiders, ...answers.slice(0, 4), ...answers.slice(0, 4)]);
    expect(openings).to.equal(undefined);
    expect(blame).to.deep.equal([]);
  });

  it("goes round single bad shares of a dealer, and blames one whose shares give nothing", async () => {
    const dealer = play.clients[2]!;
    const bundle = dealer.bundle!.slice();
    const spoilt = answers.map((answer) => ({ ...answer, shares: answer.shares.slice() }));
    const spoil = async (slots: readonly number[]) => {
      // shares of another secret, bound as the dealer's own are
      const others = await split(new Uint8Array(32).fill(7), 6, 5);
      for (const slot of slots) {
        const { participant } = play.clients[slot]!;
        const place = slot < 2 ? slot : slot - 1;
        const share = others[place]!;
        bundle.set(shareHash("key", dealer.participant, participant, share), shareEntryBytes * place + 32);
        const answer = spoilt.find((each) => each.slot === slot)!;
        answer.shares.set(share, 33 * (slot < 2 ? 1 : 2));
      }
    };
    const bundles = new Map([[2, bundle]]);
    await spoil([0]);
    const openings = (await play.collect(answers)).openings;
    expect((await play.collect(spoilt, bundles)).openings).to.deep.equal(openings);
    await spoil([0, 1, 3]);
    const failed = await play.collect(spoilt, bundles);
    expect(failed.openings).to.equal(undefined);
    expect(failed.blame).to.deep.equal([{ slot: 2, reason: "bad-shares" }]);
    expect(failed.missing.map(({ slot }) => slot)).to.deep.equal([2]);
  });

  it("travels as two fields, and fields of another form are nothing", () => {
    const answer = answers[0]!;
    const fields = encodeUnmasking(answer);
    expect(decodeUnmasking(fields, 0, 6)).to.deep.equal(answer);
    expect(decodeUnmasking(fields, 0, 5)).to.equal(undefined);
    for (const wrong of [
      { seed: "0x12" },
      { seed: 5 },
      { shares: fields.shares.toUpperCase() },
      { shares: `${fields.shares}00` },
    ]) {
      expect(decodeUnmasking({ ...fields, ...wrong } as typeof fields, 0, 6)).to.equal(undefined);
    }
  });
});

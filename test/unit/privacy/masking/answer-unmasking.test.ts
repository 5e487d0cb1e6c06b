import { expect } from "chai";
import { maskNeighbours } from "../../../../node/core/mask-graph.ts";
import {
  answerUnmasking,
  checkMasking,
  createMaskSecrets,
  sealShares,
  shareEntryBytes,
} from "../../../../node/privacy/masking/index.ts";
import { createRandom } from "../../../../node/system/random.ts";
import { createSeededRandom } from "../../../simulation/seeded-random.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { MaskedRoundPlay, playToClosing } from "../../../support/masked-round.ts";

const root = (digit: string) => `0x${digit.repeat(64)}` as const;

describe("answering an opening", () => {
  it("gives the own seed, shares of the survivors' seeds and of the dropped ones' keys, and remembers which", async () => {
    const play = await playToClosing({ drawn: 6, minUpdates: 4 }, createSeededRandom(1), { dropped: [3], silent: [5] });
    const { answer, record, unopened } = await play.ask(1);
    expect(answer.slot).to.equal(1);
    expect(answer.seed).to.deep.equal(play.clients[1]!.secrets!.secrets.seed);
    expect(answer.shares).to.have.length(4 * 33);
    expect(record).to.deep.equal({ accumulator: play.closed().accumulator, seedsOf: [0, 2, 4], keysOf: [3] });
    expect(unopened).to.deep.equal([]);
    // the same closing again, as after a restart: the same answer
    expect((await play.ask(1)).answer).to.deep.equal(answer);
  });

  describe("attacks", () => {
    // 6 on a ring of 4 neighbours: one slot is no neighbour of slot 0
    let play: MaskedRoundPlay;
    const victim = 0;
    let stranger: number;
    let neighbour: number;
    beforeEach(async () => {
      play = await playToClosing(
        { drawn: 6, neighbours: 4, minUpdates: 3, thresholdPercent: 51 },
        createSeededRandom(3),
      );
      const neighbours = maskNeighbours(victim, play.keyedRound());
      neighbour = neighbours[0]!;
      stranger = [1, 2, 3, 4, 5].find((slot) => !neighbours.includes(slot))!;
    });
    const without = (...slots: number[]) => ({
      commitments: play.commitments.filter(({ slot }) => !slots.includes(slot)),
    });

    it("two surviving sets: the second is refused", async () => {
      await play.ask(victim);
      const error = await expectCode("MASK_SET_CHANGED", () => play.ask(victim, play.closed(without(stranger))));
      expect(error.data).to.include({ expected: play.closed().accumulator });
      const heavier = play.commitments.map((each) => (each.slot === stranger ? { ...each, weight: 51 } : each));
      await expectCode("MASK_SET_CHANGED", () => play.ask(victim, play.closed({ commitments: heavier })));
      await play.ask(victim);
    });

    it("both kinds of share of one peer: the second is refused, whichever was first", async () => {
      await play.ask(victim);
      const error = await expectCode("MASK_BOTH_SHARES", () => play.ask(victim, play.closed(without(neighbour))));
      expect(error.data).to.include({ slot: neighbour, given: "seed", asked: "key" });
      play.clients[victim]!.answer = { accumulator: root("1"), seedsOf: [], keysOf: [neighbour] };
      await expectCode("MASK_BOTH_SHARES", () => play.ask(victim));
    });

    it("a lowered threshold: the participant holds to the rules it made its secrets under", async () => {
      const many = await playToClosing({ drawn: 6, minUpdates: 3, thresholdPercent: 67 }, createSeededRandom(4), {
        dropped: [4, 5],
      });
      // five of six are needed; what the view says of rules is not looked at
      await expectCode("MASK_BELOW_THRESHOLD", () => many.ask(0));
      const told = { ...many.closed(), thresholdPercent: 51, minUpdates: 1 };
      const error = await expectCode("MASK_BELOW_THRESHOLD", () => many.ask(0, told));
      expect(error.data).to.include({ actual: 4, of: 6, least: 5 });
      expect(many.clients[0]!.answer).to.equal(undefined);
    });

    it("a round with fewer than the least number of updates, or than three", async () => {
      const few = await playToClosing({ drawn: 6, minUpdates: 5, thresholdPercent: 51 }, createSeededRandom(4), {
        dropped: [4, 5],
      });
      await expectCode("MASK_BELOW_THRESHOLD", () => few.ask(0));
      const two = await playToClosing({ drawn: 3, minUpdates: 1, thresholdPercent: 51 }, createSeededRandom(4), {
        dropped: [2],
      });
      await expectCode("MASK_BELOW_THRESHOLD", () => two.ask(0));
    });

    it("a participant that all or most of its neighbours have left is not opened, though enough survive elsewhere", async () => {
      const ring = await playToClosing(
        { drawn: 10, neighbours: 2, minUpdates: 3, thresholdPercent: 51 },
        createSeededRandom(6),
      );
      const [left, right] = maskNeighbours(0, ring.keyedRound());
      for (const gone of [[left!, right!], [left!]]) {
        const commitments = ring.commitments.filter(({ slot }) => !gone.includes(slot));
        await expectCode("MASK_BELOW_THRESHOLD", () => ring.ask(0, ring.closed({ commitments })));
      }
    });

    it("a swapped key, one's own or a peer's, and keys that do not lead to the accumulator", async () => {
      const { maskKey } = createMaskSecrets(createRandom());
      for (const slot of [victim, neighbour, stranger]) {
        const advertisements = play.advertisements.map((each) => (each.slot === slot ? { ...each, maskKey } : each));
        await expectCode("MASK_KEY_SWAPPED", () => play.ask(victim, play.closed({ advertisements })));
      }
      for (const change of [
        { seedHash: root("2") },
        { sharesId: root("3") },
        { participant: `0x${"12".repeat(20)}` as const },
      ]) {
        const advertisements = play.advertisements.map((each) =>
          each.slot === victim ? { ...each, ...change } : each,
        );
        const commitments = play.commitments.map((each) =>
          each.slot === victim && change.participant ? { ...each, ...change } : each,
        );
        await expectCode("MASK_KEY_SWAPPED", () => play.ask(victim, play.closed({ advertisements, commitments })));
      }
      await expectCode("MASK_KEY_SWAPPED", () => play.ask(victim, { ...play.closed(), accumulator: root("4") }));
      const twice = [...play.advertisements, play.advertisements[1]!];
      await expectCode("MASK_KEY_SWAPPED", () => play.ask(victim, play.closed({ advertisements: twice })));
      await expectCode("MASK_KEY_SWAPPED", () => play.ask(victim, play.closed({ drawn: 7 })));
      await expectCode("MASK_KEY_SWAPPED", () => play.ask(victim, { ...play.closed(), enrolled: 9 }));
    });

    it("a swapped key before the masked update is made: it is not made", async () => {
      const open = new MaskedRoundPlay(play.rules, createSeededRandom(8));
      for (let slot = 0; slot < 6; slot++) await open.advertise(slot);
      const { maskKey } = createMaskSecrets(createRandom());
      const own = open.advertisements[victim]!;
      const rest = open.advertisements.slice(1);
      const changes = [
        { maskKey },
        { seedHash: root("2") },
        { sharesId: root("3") },
        { participant: play.clients[1]!.participant },
      ];
      for (const advertisements of [
        ...changes.map((change) => [{ ...own, ...change }, ...rest]),
        [own, ...rest, rest[0]!],
        [own, { ...rest[0]!, slot: 6 }],
      ]) {
        await expectCode("MASK_KEY_SWAPPED", () => open.commit(victim, { ...open.keyed(), advertisements }));
      }
      await expectCode("MASK_NOT_MEMBER", () => open.commit(victim, { ...open.keyed(), advertisements: rest }));
      expect(open.clients[victim]!.masked).to.equal(undefined);
    });

    it("a replayed share: it is not given, and the others are", async () => {
      const bundles = play.bundles();
      const { privateKey: _, ...dealer } = play.clients[neighbour]!;
      const receivers = maskNeighbours(neighbour, play.keyedRound()).map((slot) => play.clients[slot]!);
      const context = { federation: `0x${"fe".repeat(20)}` as const, ...play.opening, round: 1 };
      const { secrets } = dealer.secrets!;
      // the same secrets, dealt in the round before
      const earlier = await sealShares({
        context,
        from: dealer.participant,
        secrets,
        thresholdPercent: 51,
        neighbours: receivers,
      });
      bundles.set(neighbour, earlier);
      const { answer, unopened } = await play.ask(victim, play.closed(), bundles);
      expect(unopened).to.deep.equal([{ slot: neighbour, reason: "replayed" }]);
      expect(answer.shares.subarray(0, 33).every((byte) => byte === 0)).to.equal(true);
      expect(answer.shares.subarray(33).every((byte) => byte === 0)).to.equal(false);
      // another receiver's entry in the place of its own; a bundle that is not there; an entry of zeros
      const place = maskNeighbours(neighbour, play.keyedRound()).indexOf(victim);
      const own = play.clients[neighbour]!.bundle!;
      const moved = own.slice();
      const other = (place + 1) % 4;
      moved.set(own.subarray(shareEntryBytes * other, shareEntryBytes * (other + 1)), shareEntryBytes * place);
      for (const [bundle, reason] of [
        [moved, "replayed"],
        [own.subarray(0, 10), "replayed"],
        [own.slice().fill(0), "no-share"],
        [undefined, "no-bundle"],
      ] as const) {
        if (bundle === undefined) bundles.delete(neighbour);
        else bundles.set(neighbour, bundle);
        expect((await play.ask(victim, play.closed(), bundles)).unopened).to.deep.equal([{ slot: neighbour, reason }]);
      }
    });

    it("a different base model for one victim: neither masked nor opened", async () => {
      const other = { baseModelRoot: root("5") };
      await expectCode("MASK_BASE_CHANGED", () => play.ask(victim, play.closed(other)));
      const open = new MaskedRoundPlay(play.rules, createSeededRandom(8));
      for (let slot = 0; slot < 6; slot++) await open.advertise(slot);
      await expectCode("MASK_BASE_CHANGED", () => open.commit(victim, { ...open.keyed(), ...other }));
      expect(open.clients[victim]!.masked).to.equal(undefined);
    });

    it("a second masked update with other keys under the same secrets", async () => {
      const open = new MaskedRoundPlay(play.rules, createSeededRandom(8));
      for (let slot = 0; slot < 5; slot++) await open.advertise(slot);
      await open.commit(victim);
      const keys = checkMasking(
        { secrets: open.clients[victim]!.secrets!, masked: open.clients[victim]!.masked },
        open.keyed(),
      );
      expect(keys).to.equal(open.clients[victim]!.masked!.keys);
      await open.advertise(5);
      await expectCode("MASK_ALREADY_USED", () => open.commit(victim));
    });

    it("an opening that the participant has no part in", async () => {
      const outside: [string, () => Promise<unknown>][] = [
        ["has not committed", () => play.ask(victim, play.closed(without(victim)))],
        ["another opening", () => play.ask(victim, play.closed({ seed: play.opening.seed ^ 1n }))],
        ["another opening", () => play.ask(victim, play.closed({ round: 3 }))],
        [
          "are not those who advertised",
          () =>
            play.ask(
              victim,
              play.closed({ advertisements: play.advertisements.filter(({ slot }) => slot !== stranger) }),
            ),
        ],
        [
          "are not those who advertised",
          () => play.ask(victim, play.closed({ commitments: [...play.commitments, play.commitments[1]!] })),
        ],
        [
          "are not those who advertised",
          () => {
            const stolen = { participant: `0x${"12".repeat(20)}` as const };
            const commitments = play.commitments.map((each) =>
              each.slot === stranger ? { ...each, ...stolen } : each,
            );
            return play.ask(victim, play.closed({ commitments }));
          },
        ],
        [
          "has not advertised",
          () =>
            play.ask(
              victim,
              play.closed({ advertisements: play.advertisements.filter(({ slot }) => slot !== victim) }),
            ),
        ],
        [
          "not its masked update",
          () => {
            const commitments = play.commitments.map((each) =>
              each.slot === victim ? { ...each, updateRoot: root("6") } : each,
            );
            return play.ask(victim, play.closed({ commitments }));
          },
        ],
      ];
      for (const [reason, action] of outside) {
        const error = await expectCode("MASK_NOT_MEMBER", action);
        expect(error.data.reason).to.contain(reason);
      }
      const { secrets, masked, answer, privateKey } = play.clients[victim]!;
      const elsewhere = { ...play.request(play.closed()), taskId: 5, privateKey };
      const error = await expectCode("MASK_NOT_MEMBER", () =>
        answerUnmasking({ secrets: secrets!, masked, answer }, elsewhere),
      );
      expect(error.data.reason).to.contain("another task");
      play.clients[victim]!.masked = undefined as never;
      await expectCode("MASK_NOT_MEMBER", () => play.ask(victim));
    });
  });
});

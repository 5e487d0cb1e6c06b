import { expect } from "chai";
import type { Advertisement } from "../../../../node/core/records.ts";
import {
  checkClosing,
  createMaskSecrets,
  createShareKey,
  type MaskTrust,
  type RoundSecrets,
  sealShares,
  shareEntryBytes,
} from "../../../../node/privacy/masking/index.ts";
import { createSeededRandom } from "../../../simulation/world/seeded-random.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { MaskedRoundPlay, playToClosing } from "../../../support/states/masked-round.ts";

const root = (digit: string) => `0x${digit.repeat(64)}` as const;
const victim = 0;
const other = 3;

describe("opening a closed round", () => {
  let play: MaskedRoundPlay;
  // five of six must be in it, and four of the others must have signed it
  beforeEach(async () => {
    play = await playToClosing({ drawn: 6, thresholdPercent: 67 }, createSeededRandom(3), { dropped: [5] });
  });

  it("gives the own seed, shares of the survivors' seeds and of the dropped ones' keys", async () => {
    const { answer, unopened } = await play.ask(victim);
    expect(answer.slot).to.equal(victim);
    expect(answer.seed).to.deep.equal(play.clients[victim]!.secrets!.secrets.seed);
    expect(answer.shares).to.have.length(5 * 33);
    expect(unopened).to.deep.equal([]);
    expect((await play.open(victim)).answer, "again").to.deep.equal(answer);
  });

  it("one closing is signed a round, never another", async () => {
    play.sign(victim);
    const [first, ...rest] = play.commitments;
    const others = [
      play.closed({ commitments: [{ ...first!, weight: 51 }, ...rest] }),
      play.closed({ commitments: [...rest, first!] }),
    ];
    for (const view of others) {
      const { data } = await expectCode("MASK_SET_CHANGED", () => play.sign(victim, view));
      expect(data).to.include({ expected: play.closed().accumulator, actual: view.accumulator });
      await expectCode("MASK_SET_CHANGED", () => play.open(victim, { view }));
    }
    play.sign(victim);
  });

  it("nothing is opened that this member has not signed", async () => {
    await expectCode("MASK_NOT_MEMBER", () => play.open(victim));
  });

  it("nothing is opened before enough others have signed the same, whatever else is said", async () => {
    play.sign(victim);
    const view = play.closed();
    const lie = play.closed({ commitments: play.commitments.map((each) => ({ ...each, weight: each.weight + 1 })) });
    const right = [1, 2, 3, 4].map((slot) => play.wordOf(slot, view));
    const notEnough = [
      [],
      right.slice(1),
      // its own, one twice, one over another closing, one by another account, one of who has not committed
      [...right.slice(1), play.wordOf(victim, view)],
      [...right.slice(1), right[1]!],
      [...right.slice(1), play.wordOf(1, lie)],
      [...right.slice(1), { ...right[0]!, signature: right[1]!.signature }],
      [...right.slice(1), { ...play.wordOf(1, lie), accumulator: view.accumulator }],
      [...right.slice(1), play.wordOf(5, view)],
    ];
    for (const words of notEnough) {
      const { data } = await expectCode("MASK_WORDS_MISSING", () => play.open(victim, { words }));
      expect(data).to.include({ least: 4, actual: words.length === 0 ? 0 : 3 });
    }
    await play.open(victim, { words: right });
  });

  it("nothing is opened before all updates are here", async () => {
    play.sign(victim);
    for (const missing of [0, 1, 4]) {
      const held = [0, 1, 2, 3, 4].filter((slot) => slot !== missing);
      await expectCode("MASK_UPDATES_MISSING", () => play.open(victim, { held }));
    }
  });

  describe("attacks", () => {
    it("16, split view: a victim that is told that it survived opens nothing on the words of fewer than t liars", async () => {
      // the endpoint swallowed its commitment: for all others it has dropped
      const truth = play.closedWith(1, 2, 3, 4);
      // six at 67 % need five
      await expectCode("MASK_BELOW_THRESHOLD", () => play.sign(1, truth));
      const bigger = await playToClosing({ drawn: 7, thresholdPercent: 60 }, createSeededRandom(5));
      const without = bigger.closedWith(1, 2, 3, 4, 5, 6);
      for (const slot of [1, 2, 3, 4, 5, 6]) bigger.sign(slot, without);
      bigger.sign(victim, bigger.closed());
      // three liars of six, t is four
      const words = [
        ...[1, 2, 3].map((slot) => bigger.wordOf(slot)),
        ...[4, 5, 6].map((slot) => bigger.wordOf(slot, without)),
      ];
      await expectCode("MASK_WORDS_MISSING", () => bigger.open(victim, { words }));
      // and the honest ones do not change their word
      for (const slot of [4, 5, 6]) await expectCode("MASK_SET_CHANGED", () => bigger.sign(slot, bigger.closed()));
    });

    it("17, swapped keys: keys that their owner did not sign are masked with by nobody", async () => {
      const open = new MaskedRoundPlay(play.rules, createSeededRandom(8));
      for (let slot = 0; slot < 6; slot++) await open.advertise(slot);
      const { maskKey } = createMaskSecrets(createSeededRandom(9));
      const replaced = (advertisement: MaskedRoundPlay["advertisements"][number]) =>
        open.keyed({ advertisements: open.advertisements.map((each) => (each.slot === other ? advertisement : each)) });
      const theirs = open.advertisements[other]!;
      const { signature: _, ...keys } = theirs;
      const lies = [
        { ...theirs, maskKey },
        { ...theirs, seedHash: root("2") },
        { ...theirs, sharesId: root("3") },
        { ...theirs, shareKey: root("4") },
        open.signed({ ...keys, maskKey }, open.clients[4]!.participant),
        // its own word over another opening: an endpoint that shows the keys of another round
        open.signed(keys, theirs.participant, root("5")),
      ];
      for (const lie of lies) await expectCode("MASK_WORD_FALSE", () => open.commit(victim, replaced(lie)));
      expect(open.clients[victim]!.masked).to.equal(undefined);
      await open.commit(victim);
      await expectCode("MASK_WORD_FALSE", () => open.sign(victim, { ...open.closed(), ...replaced(lies[0]!) }));
    });

    it("a subset of signed keys: too few for anything to come of the round, whatever their owners sign", async () => {
      const open = new MaskedRoundPlay({ ...play.rules, drawn: 10 }, createSeededRandom(8));
      for (let slot = 0; slot < 10; slot++) await open.advertise(slot);
      // the least that the rules allow is three; of ten drawn it takes eight
      for (const size of [3, 5, 7]) {
        const advertisements = open.advertisements.slice(0, size);
        const { data } = await expectCode("MASK_BELOW_THRESHOLD", () =>
          open.commit(victim, open.keyed({ advertisements })),
        );
        expect(data).to.include({ actual: size, of: 10, least: 8 });
      }
      await open.commit(victim, open.keyed({ advertisements: open.advertisements.slice(0, 8) }));
    });

    it("a smaller round that is not the one which its members signed", async () => {
      const open = new MaskedRoundPlay({ ...play.rules, drawn: 10 }, createSeededRandom(8));
      for (let slot = 0; slot < 10; slot++) await open.advertise(slot);
      const advertisements = open.advertisements.slice(0, 4);
      // the start value binds how many are drawn: with the true one it does not follow, with another one nobody signed
      // it
      const lie = { advertisements, drawn: 4, enrolled: 4 };
      await expectCode("MASK_KEY_SWAPPED", () => open.commit(victim, open.keyed(lie)));
      const opening = open.openingOver(open.opening.headAtOpening, { drawn: 4, enrolled: 4 });
      open.advertisements.splice(0);
      const own = await open.advertise(victim, opening);
      const rest = advertisements.slice(1);
      await expectCode("MASK_WORD_FALSE", () =>
        open.commit(victim, open.keyed({ ...opening, advertisements: [own, ...rest] })),
      );
    });

    it("another base, history, draw or order of keys", async () => {
      const open = new MaskedRoundPlay(play.rules, createSeededRandom(8));
      for (let slot = 0; slot < 6; slot++) await open.advertise(slot);
      const lies: Partial<MaskedRoundPlay["opening"]>[] = [
        { baseModelRoot: root("5") },
        { headAtOpening: root("6") },
        { seed: 1n },
        { enrolled: 9 },
        { drawn: 7 },
      ];
      for (const lie of lies) {
        await expectCode("MASK_KEY_SWAPPED", () => open.commit(victim, { ...open.keyed(), ...lie }));
        await expectCode("MASK_NOT_MEMBER", () =>
          open.commit(victim, open.keyed(open.openingOver(lie.headAtOpening ?? open.opening.headAtOpening, lie))),
        );
      }
      await expectCode("MASK_KEY_SWAPPED", () => open.commit(victim, { ...open.keyed(), anchor: root("7") }));
      const moved = open.advertisements.map((each) => ({ ...each, slot: (each.slot + 1) % 6 }));
      await expectCode("MASK_KEY_SWAPPED", () => open.commit(victim, open.keyed({ advertisements: moved })));
      const twice = [...open.advertisements, open.advertisements[1]!];
      await expectCode("MASK_KEY_SWAPPED", () => open.commit(victim, open.keyed({ advertisements: twice })));
      const without = open.advertisements.slice(1);
      await expectCode("MASK_NOT_MEMBER", () => open.commit(victim, open.keyed({ advertisements: without })));
      const mine = open.signed({ ...open.advertisements[0]!, maskKey: root("1") }, open.clients[0]!.participant);
      await expectCode("MASK_KEY_SWAPPED", () =>
        open.commit(victim, open.keyed({ advertisements: [mine, ...without] })),
      );
      expect(open.clients[victim]!.masked).to.equal(undefined);
    });

    it("an account without a grant: no share to it, no mask with it", async () => {
      const open = new MaskedRoundPlay(play.rules, createSeededRandom(8));
      const { participant } = open.clients[other]!;
      open.ungranted.add(participant);
      for (let slot = 0; slot < 6; slot++) await open.advertise(slot);
      const entry = open.clients[victim]!.bundle!.subarray(shareEntryBytes * (other - 1), shareEntryBytes * other);
      expect(entry.every((byte) => byte === 0)).to.equal(true);
      const { data } = await expectCode("MASK_NO_GRANT", () => open.commit(victim));
      expect(data).to.include({ account: participant });
      // where it has not advertised the round goes on: five of six are enough
      await open.commit(
        victim,
        open.keyed({ advertisements: open.advertisements.filter(({ slot }) => slot !== other) }),
      );
    });

    it("a second masked update in the same round, with other keys or in another opening of it", async () => {
      const open = new MaskedRoundPlay(play.rules, createSeededRandom(8));
      for (let slot = 0; slot < 5; slot++) await open.advertise(slot);
      await open.commit(victim);
      await open.advertise(5);
      await expectCode("MASK_ALREADY_USED", () => open.commit(victim));
      const again = open.openingOver(root("9"));
      open.advertisements.splice(0);
      for (let slot = 0; slot < 6; slot++) await open.advertise(slot, again);
      await expectCode("MASK_ALREADY_USED", () => open.commit(victim, open.keyed(again)));
    });

    it("a closing that this member has no part in", async () => {
      const { commitments, advertisements } = play;
      const stolen = { participant: `0x${"12".repeat(20)}` as const };
      const cases: [string, ReturnType<MaskedRoundPlay["closed"]>][] = [
        ["has not committed", play.closedWith(1, 2, 3, 4)],
        ["another opening", play.closed({ ...play.openingOver(root("8")) })],
        [
          "are not those who advertised",
          play.closed({ advertisements: advertisements.filter(({ slot }) => slot !== other) }),
        ],
        ["are not those who advertised", play.closed({ commitments: [...commitments, commitments[1]!] })],
        [
          "are not those who advertised",
          play.closed({
            commitments: commitments.map((each) => (each.slot === other ? { ...each, ...stolen } : each)),
          }),
        ],
        [
          "not its masked update",
          play.closed({
            commitments: commitments.map((each) => (each.slot === victim ? { ...each, updateRoot: root("6") } : each)),
          }),
        ],
      ];
      for (const [reason, view] of cases) {
        const { data } = await expectCode("MASK_NOT_MEMBER", () => play.sign(victim, view));
        expect(data.reason).to.contain(reason);
      }
      await expectCode("MASK_KEY_SWAPPED", () => play.sign(victim, { ...play.closed(), accumulator: root("7") }));
      expect(play.clients[victim]!.closing).to.equal(undefined);
    });

    it("a member with which an update was masked is left out of the keys", async () => {
      const open = await playToClosing({ drawn: 7, thresholdPercent: 60 }, createSeededRandom(5));
      const advertisements = open.advertisements.slice(0, 6);
      const view = open.closed({ advertisements, commitments: open.commitments.slice(0, 6) });
      await expectCode("MASK_KEY_SWAPPED", () => open.sign(victim, view));
    });

    it("so few survivors that the sum would be of this member and its enemies", async () => {
      const few = play.closedWith(0, 1, 2, 3);
      const { data } = await expectCode("MASK_BELOW_THRESHOLD", () => play.sign(victim, few));
      expect(data).to.include({ actual: 4, of: 6, least: 5 });
      const rules = { ...play.rules, drawn: 6, minUpdates: 6, thresholdPercent: 51 };
      const six = await playToClosing(rules, createSeededRandom(4));
      await expectCode("MASK_BELOW_THRESHOLD", () => six.sign(victim, six.closedWith(0, 1, 2, 3, 4)));
      six.sign(victim);
    });

    it("a replayed share: it is not given, and the others are", async () => {
      play.sign(victim);
      const bundles = play.bundles();
      const dealer = play.clients[1]!;
      const others = play.clients
        .filter(({ slot }) => slot !== 1)
        .map(({ participant, shareKey }) => ({ participant, shareKey: shareKey.publicKey }));
      const { secrets } = dealer.secrets!;
      const about = { from: dealer.participant, secrets, thresholdPercent: 67, others };
      const own = dealer.bundle!;
      const moved = own.slice();
      moved.set(own.subarray(shareEntryBytes, 2 * shareEntryBytes), 0);
      const cases: [string, Uint8Array | undefined][] = [
        // the same secrets, dealt in another round
        ["replayed", await sealShares({ ...about, start: root("3") })],
        // another receiver's entry in the place of its own
        ["replayed", moved],
        ["replayed", own.subarray(0, 10)],
        ["no-share", own.slice().fill(0)],
        ["no-bundle", undefined],
      ];
      for (const [reason, bundle] of cases) {
        if (bundle === undefined) bundles.delete(1);
        else bundles.set(1, bundle);
        const { answer, unopened } = await play.open(victim, { bundles });
        expect(unopened).to.deep.equal([{ slot: 1, reason }]);
        expect(answer.shares.subarray(0, 33).every((byte) => byte === 0)).to.equal(true);
        expect(answer.shares.subarray(33).every((byte) => byte === 0)).to.equal(false);
      }
    });

    it("shares that are sealed to a key of another round do not open", async () => {
      play.sign(victim);
      const client = play.clients[victim]!;
      const { privateKey } = createShareKey(createSeededRandom(12));
      client.secrets = { ...client.secrets!, openingKey: privateKey };
      const { unopened } = await play.open(victim);
      expect(unopened.map(({ reason }) => reason)).to.deep.equal(new Array(5).fill("replayed"));
    });
  });

  it("asks for signatures of each owner, not of whoever an endpoint names", async () => {
    const trust: MaskTrust = { ...play.trust(), drawnBySlot: new Map([[0, play.clients[0]!.participant]]) };
    const { secrets, masked } = play.clients[victim]!;
    const own = { secrets: secrets!, masked, closing: undefined };
    await expectCode("MASK_KEY_SWAPPED", () => checkClosing(own, play.closed(), trust));
    const keys: Advertisement = play.advertisements[1]!;
    expect(keys.slot).to.equal(1);
  });

  it("masks and signs nothing with shares that were dealt by another draw, or by other rules than the invitation's", async () => {
    const { secrets, masked } = play.clients[victim]!;
    const sign = (changes: Partial<RoundSecrets>, rules: Partial<MaskTrust["rules"]> = {}) => {
      const own = { secrets: { ...secrets!, ...changes }, masked, closing: undefined };
      return checkClosing(own, play.closed(), { ...play.trust(), rules: { ...play.rules, ...rules } });
    };
    for (const dealt of [{ drawn: 3 }, { thresholdPercent: 51 }, { minUpdates: 4 }]) {
      const { data } = await expectCode("MASK_KEY_SWAPPED", () => sign(dealt));
      expect(data.reason).to.contain("dealt by other rules");
    }
    for (const shown of [{ thresholdPercent: 51 }, { minUpdates: 4 }]) {
      await expectCode("MASK_KEY_SWAPPED", () => sign({}, shown));
    }
    await expectCode("MASK_BELOW_THRESHOLD", () => sign({}, { minUpdates: 7 }));
    expect([...sign({})]).to.have.length(5);
  });

  it("takes no other thing on record for its own than it made", async () => {
    const { secrets, masked } = play.clients[victim]!;
    for (const changes of [
      { sharesId: root("5") },
      { shareKey: root("6") },
      { participant: play.clients[1]!.participant },
    ]) {
      const own = { secrets: { ...secrets!, ...changes }, masked, closing: undefined };
      const { data } = await expectCode("MASK_KEY_SWAPPED", () => checkClosing(own, play.closed(), play.trust()));
      expect(data.reason).to.contain("own");
    }
    for (const changes of [{ maskKey: root("7") }, { seedHash: root("8") }]) {
      const own = {
        secrets: { ...secrets!, secrets: { ...secrets!.secrets, ...changes } },
        masked,
        closing: undefined,
      };
      await expectCode("MASK_KEY_SWAPPED", () => checkClosing(own, play.closed(), play.trust()));
    }
  });
});

import { expect } from "chai";
import fc from "fast-check";
import type { Hex } from "../../../node/core/ids.ts";
import type { ClosingWord, SignedAdvertisement } from "../../../node/core/records.ts";
import { hearAdvertisement } from "../../../node/rounds/hearing/hear-advertisement.ts";
import { hearClosing } from "../../../node/rounds/hearing/hear-closing.ts";
import { hearUnmasking } from "../../../node/rounds/hearing/hear-unmasking.ts";
import { type RoundState, reduceRound } from "../../../node/rounds/state/round-state.ts";
import { decodeAdvertisement, encodeAdvertisement } from "../../../node/rounds/words/advertisement-messages.ts";
import {
  addAdvertisement,
  advertisementsTo,
  onlyAdvertisementsOf,
} from "../../../node/rounds/words/advertisement-pool.ts";
import { addClosing, closingsOf, onlyClosingsOf } from "../../../node/rounds/words/closing-pool.ts";
import {
  decodeClosing,
  decodeHoldShares,
  decodeHoldSharesAnswer,
  decodeUnmasking,
  encodeClosing,
  encodeHoldShares,
  encodeHoldSharesAnswer,
  encodeUnmasking,
  type Unmasking,
} from "../../../node/rounds/words/mask-messages.ts";
import { addUnmasking, onlyUnmaskingsOf, sharesTold, unmaskingsOf } from "../../../node/rounds/words/unmask-pool.ts";
import { modelRecordDigest, modelSign, modelSigner } from "../../simulation/model/model-signature.ts";
import { stateAt } from "../../support/states/machine-states.ts";
import {
  advertisementFor,
  closedMasked,
  maskedRound,
  maskedView,
  unmaskingOf,
} from "../../support/states/masked-states.ts";
import { accounts, contactOf, hashOf, participants, viewOf } from "../../support/states/round-states.ts";

const round = closedMasked([0, 1, 2, 3], [0, 1, 2]);
const honest = unmaskingOf(0, round, [1, 2, 3]);

describe("messages of masked rounds", () => {
  it("come back as they were sent", () => {
    const many = unmaskingOf(
      0,
      round,
      Array.from({ length: 63 }, (_, i) => i),
    );
    for (const unmasking of [honest, many, unmaskingOf(0, round, [])]) {
      expect(decodeUnmasking(encodeUnmasking({ unmasking, sequence: 7 }))).to.deep.equal({ unmasking, sequence: 7 });
    }
    const request = { taskId: 1, round: 2, sharesId: hashOf(3) };
    expect(decodeHoldShares(encodeHoldShares(request))).to.deep.equal(request);
    for (const answer of [{ held: true }, { held: false, reason: "not-drawn" }] as const) {
      expect(decodeHoldSharesAnswer(encodeHoldSharesAnswer(answer))).to.deep.equal(answer);
    }
  });

  it("are refused where anything is not as it must be", () => {
    const bad: Partial<Record<keyof Unmasking | "sequence", unknown>>[] = [
      { shares: "0x11" },
      { shares: `0x${"11".repeat(33 * 64)}` },
      { shares: `0x${"G1".repeat(33)}` },
      { seed: "0x11" },
      { round: -1 },
      { sequence: 2 ** 32 },
      { participant: `0x${"AA".repeat(20)}` },
    ];
    const text = (fields: object) => new TextEncoder().encode(JSON.stringify(fields));
    expect(decodeUnmasking(text({ ...honest, sequence: 1 }))).to.not.equal(undefined);
    for (const change of bad) expect(decodeUnmasking(text({ ...honest, sequence: 1, ...change }))).to.equal(undefined);
    expect(decodeUnmasking(text({ ...honest, sequence: 1, more: 1 }))).to.equal(undefined);
    expect(decodeHoldShares(text({ taskId: 1, round: 2 }))).to.equal(undefined);
    expect(decodeHoldSharesAnswer(text({ held: false, reason: "mood" }))).to.equal(undefined);
  });

  it("do not break on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeUnmasking(bytes)).to.equal(undefined);
        expect(decodeHoldShares(bytes)).to.equal(undefined);
        expect(decodeHoldSharesAnswer(bytes)).to.equal(undefined);
      }),
    );
  });
});

describe("what survivors told", () => {
  it("is kept once a survivor and closing, and grows by shares that it did not tell before", () => {
    const first = addUnmasking(new Map(), unmaskingOf(0, round, [1, 0, 3]));
    expect(addUnmasking(first, unmaskingOf(0, round, [9, 0, 0])), "nothing new").to.equal(first);
    const second = addUnmasking(first, unmaskingOf(0, round, [9, 2, 9]));
    expect(unmaskingsOf(second, round)).to.deep.equal([unmaskingOf(0, round, [1, 2, 3])]);
    expect(unmaskingsOf(first, round).map(sharesTold)).to.deep.equal([2]);
    const both = addUnmasking(second, unmaskingOf(1, round, [1, 1, 1]));
    expect(unmaskingsOf(both, round)).to.have.length(2);
    expect(unmaskingsOf(both, closedMasked([0, 1, 2, 3], [0, 1, 3]))).to.deep.equal([]);
    expect(onlyUnmaskingsOf(both, [1])).to.equal(both);
    expect(onlyUnmaskingsOf(both, [2]).size).to.equal(0);
  });
});

describe("hearUnmasking", () => {
  const state = (view = maskedView(round)): RoundState => stateAt(accounts.x, "aggregator", view, 201);
  const hear = (unmasking: Unmasking, of = state(), author = contactOf(accounts.a).peerId) =>
    hearUnmasking(encodeUnmasking({ unmasking, sequence: 1 }), author, of);

  it("accepts what a survivor's own peer tells", () => {
    expect(hear(honest)).to.deep.equal({ verdict: "accept", unmasking: honest });
  });

  const wrongSeed: Unmasking = { ...honest, seed: hashOf(99) };
  const otherShares: Hex = unmaskingOf(0, round, [1, 2]).shares;
  const rows: [string, ReturnType<typeof hear>["verdict"], string][] = [
    ["a seed that was not advertised", hear(wrongSeed).verdict, "reject"],
    ["another number of shares than others", hear({ ...honest, shares: otherShares }).verdict, "reject"],
    ["garbage", hearUnmasking(Uint8Array.of(1), "peer-aa", state()).verdict, "reject"],
    ["another's peer", hear(honest, state(), contactOf(accounts.b).peerId).verdict, "ignore"],
    [
      "who did not commit",
      hear(unmaskingOf(3, round, [1, 2, 3]), state(), contactOf(accounts.d).peerId).verdict,
      "ignore",
    ],
    ["another task", hear({ ...honest, taskId: 2 }).verdict, "ignore"],
    ["another round", hear({ ...honest, round: 2 }).verdict, "ignore"],
    ["another closing", hear({ ...honest, accumulator: hashOf(1) }).verdict, "ignore"],
    ["a round that is open", hear(honest, state(maskedView(maskedRound([0, 1, 2, 3], [0, 1, 2])))).verdict, "ignore"],
    ["a transparent task", hear(honest, state(viewOf([round]))).verdict, "ignore"],
  ];
  for (const [name, verdict, expected] of rows) it(`${expected}s ${name}`, () => expect(verdict).to.equal(expected));
});

describe("hearClosing", () => {
  const wordOf = (slot: number, changes: Partial<ClosingWord> = {}, by = participants[slot]!): ClosingWord => {
    const word = { taskId: 1, round: 1, accumulator: round.accumulator, participant: participants[slot]!, ...changes };
    return { ...word, signature: modelSign(by, modelRecordDigest({ type: "closing", ...word })) };
  };
  const state = (view = maskedView(round), heard: readonly ClosingWord[] = []): RoundState =>
    heard
      .map((word) => ({ kind: "closing", word }) as const)
      .reduce<RoundState>(reduceRound, stateAt(accounts.x, "aggregator", view, 201));
  const hear = (word: ClosingWord, of = state()) =>
    hearClosing(encodeClosing({ word, sequence: 1 }), of, { recoverSigner: modelSigner });

  it("accepts what a survivor signed, and a repetition without looking at its signature again", () => {
    const word = wordOf(0);
    expect(decodeClosing(encodeClosing({ word, sequence: 7 }))).to.deep.equal({ word, sequence: 7 });
    expect(hear(word)).to.deep.equal({ verdict: "accept", word });
    const known = state(maskedView(round), [word]);
    expect(hearClosing(encodeClosing({ word, sequence: 2 }), known, { recoverSigner: () => undefined })).to.deep.equal({
      verdict: "accept",
    });
  });

  it("checks one signature of a survivor to a closing", () => {
    const unasked = {
      recoverSigner: (): never => {
        throw new TypeError("no signature is to be looked at");
      },
    };
    const word = { ...wordOf(0), signature: wordOf(1).signature };
    const known = state(maskedView(round), [wordOf(0)]);
    expect(hearClosing(encodeClosing({ word, sequence: 2 }), known, unasked).verdict).to.equal("ignore");
  });

  const rows: [string, ReturnType<typeof hear>["verdict"], string][] = [
    ["another's signature", hear(wordOf(0, {}, participants[1])).verdict, "reject"],
    ["garbage", hearClosing(Uint8Array.of(1), state(), { recoverSigner: modelSigner }).verdict, "reject"],
    ["who did not commit", hear(wordOf(3)).verdict, "ignore"],
    ["another task", hear(wordOf(0, { taskId: 2 })).verdict, "ignore"],
    ["another round", hear(wordOf(0, { round: 2 })).verdict, "ignore"],
    ["another closing", hear(wordOf(0, { accumulator: hashOf(1) })).verdict, "ignore"],
    [
      "a round that is open",
      hear(wordOf(0), state(maskedView(maskedRound([0, 1, 2, 3], [0, 1, 2])))).verdict,
      "ignore",
    ],
    ["a transparent task", hear(wordOf(0), state(viewOf([round]))).verdict, "ignore"],
  ];
  for (const [name, verdict, expected] of rows) it(`${expected}s ${name}`, () => expect(verdict).to.equal(expected));

  it("is kept once a survivor and closing", () => {
    const one = addClosing(new Map(), wordOf(0));
    expect(addClosing(one, wordOf(0))).to.equal(one);
    const both = addClosing(one, wordOf(1));
    expect(closingsOf(both, round)).to.have.length(2);
    expect(closingsOf(both, { ...round, accumulator: hashOf(1) })).to.deep.equal([]);
    expect(onlyClosingsOf(both, [1])).to.equal(both);
    expect(onlyClosingsOf(both, [2]).size).to.equal(0);
  });
});

describe("hearAdvertisement", () => {
  const open = maskedRound([]);
  const keysOf = (slot: number, changes: Partial<SignedAdvertisement> = {}, by = participants[slot]!) => {
    const { slot: _, ...keys } = { ...advertisementFor(slot), start: open.start, ...changes };
    return { ...keys, signature: modelSign(by, modelRecordDigest({ type: "advertisement", ...keys })) };
  };
  const state = (view = maskedView(open), heard: readonly SignedAdvertisement[] = []): RoundState =>
    heard
      .map((signed) => ({ kind: "advertisement", signed }) as const)
      .reduce<RoundState>(reduceRound, stateAt(accounts.x, "aggregator", view, 75));
  const hear = (signed: SignedAdvertisement, of = state()) =>
    hearAdvertisement(encodeAdvertisement({ signed, sequence: 1 }), of, { recoverSigner: modelSigner });

  it("accepts what a drawn participant signed, and a repetition without looking at its signature again", () => {
    const signed = keysOf(0);
    expect(decodeAdvertisement(encodeAdvertisement({ signed, sequence: 7 }))).to.deep.equal({ signed, sequence: 7 });
    expect(hear(signed)).to.deep.equal({ verdict: "accept", signed });
    const known = state(maskedView(open), [signed]);
    const again = hearAdvertisement(encodeAdvertisement({ signed, sequence: 2 }), known, {
      recoverSigner: () => undefined,
    });
    expect(again).to.deep.equal({ verdict: "accept" });
  });

  const rows: [string, ReturnType<typeof hear>["verdict"], string][] = [
    ["another's signature", hear(keysOf(0, {}, participants[1])).verdict, "reject"],
    ["garbage", hearAdvertisement(Uint8Array.of(1), state(), { recoverSigner: modelSigner }).verdict, "reject"],
    ["who is not drawn", hear(keysOf(0, { participant: accounts.x }, accounts.x)).verdict, "ignore"],
    ["another task", hear(keysOf(0, { taskId: 2 })).verdict, "ignore"],
    ["another round", hear(keysOf(0, { round: 2 })).verdict, "ignore"],
    ["another opening", hear(keysOf(0, { start: hashOf(1) })).verdict, "ignore"],
    ["a round that is closed", hear(keysOf(0), state(maskedView(round))).verdict, "ignore"],
    ["a transparent task", hear(keysOf(0), state(viewOf([open]))).verdict, "ignore"],
  ];
  for (const [name, verdict, expected] of rows) it(`${expected}s ${name}`, () => expect(verdict).to.equal(expected));

  it("is kept once a participant and opening, the newest", () => {
    const one = addAdvertisement(new Map(), keysOf(0));
    expect(addAdvertisement(one, keysOf(0))).to.equal(one);
    const anew = addAdvertisement(one, keysOf(0, { maskKey: hashOf(3) }));
    expect(advertisementsTo(anew, open).map(({ maskKey }) => maskKey)).to.deep.equal([hashOf(3)]);
    expect(advertisementsTo(anew, { ...open, start: hashOf(1) })).to.deep.equal([]);
    expect(onlyAdvertisementsOf(anew, [1])).to.equal(anew);
    expect(onlyAdvertisementsOf(anew, [2]).size).to.equal(0);
  });
});

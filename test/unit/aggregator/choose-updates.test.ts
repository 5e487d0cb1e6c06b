import { expect } from "chai";
import fc from "fast-check";
import { type ChooseUpdatesInput, chooseUpdates } from "../../../node/aggregator/choose-updates.ts";
import type { Availability } from "../../../node/core/records.ts";
import { aggregatingRound } from "../../support/round-states.ts";
import { availabilityWord } from "../../support/signed-words.ts";

const round = aggregatingRound();
const all = 0b1111n;
/** Words of the participants in the order of their slots; undefined where one has said nothing. */
const words = (...slots: (bigint | undefined)[]): Availability[] =>
  slots.flatMap((named, slot) => (named === undefined ? [] : [availabilityWord(slot, named, round)]));

interface Case {
  /** A letter a slot: h here, u unusable, m missing. */
  readonly facts: string;
  readonly mode?: "transparent" | "masked";
  readonly holders?: number;
  readonly words?: readonly Availability[];
  readonly timeUp?: boolean;
  /** Bitmap of the slots with custody; undefined where the journal was not asked. */
  readonly custody?: bigint | undefined;
  readonly withheld?: bigint;
}

function choose({
  facts,
  mode = "transparent",
  holders = 0,
  words: given = [],
  timeUp = false,
  custody,
  withheld,
}: Case) {
  const input: ChooseUpdatesInput = {
    round: withheld === undefined ? round : { ...round, withheld },
    rules: { mode, holders, minUpdates: 2 },
    factOf: ({ slot }) => ({ h: "here", u: "unusable", m: undefined })[facts[slot]!] as "here" | "unusable" | undefined,
    custodyOf: ({ slot }) => (custody === undefined ? undefined : ((custody >> BigInt(slot)) & 1n) === 1n),
    words: given,
    isTimeUp: timeUp,
  };
  const choice = chooseUpdates(input);
  return choice.kind === "choice" ? { excluded: choice.excluded, words: choice.words.length } : choice.kind;
}

describe("choosing updates in a task without holders", () => {
  it("takes them all when they are here, and asks nothing", () => {
    expect(choose({ facts: "hhhh" })).to.deep.equal({ excluded: 0n, words: 0 });
    expect(choose({ facts: "hhhh", words: words(1n, 2n, 4n) }), "words are not waited for").to.deep.equal({
      excluded: 0n,
      words: 0,
    });
  });

  it("waits for what is missing, then leaves it out; what is unusable at once", () => {
    expect(choose({ facts: "hhhm", custody: 0n })).to.equal("wait");
    expect(choose({ facts: "hhhm", custody: 0n, timeUp: true })).to.deep.equal({ excluded: 0b1000n, words: 0 });
    expect(choose({ facts: "huhh", custody: 0n })).to.deep.equal({ excluded: 0b10n, words: 0 });
  });

  it("does not wait for what was demanded in vain", () => {
    expect(choose({ facts: "hhhm", custody: 0n, withheld: 0b1000n })).to.deep.equal({ excluded: 0b1000n, words: 0 });
  });

  it("keeps minUpdates", () => {
    expect(choose({ facts: "hmmm", custody: 0n, timeUp: true })).to.equal("wait");
  });

  it("asks the journal before it leaves anything out, and never leaves out what it signed for", () => {
    expect(choose({ facts: "hhhm", timeUp: true })).to.equal("recall");
    expect(choose({ facts: "hhhm", timeUp: true, custody: 0b1000n })).to.equal("wait");
    const inVain = { excluded: 0b1000n, words: 0 };
    expect(choose({ facts: "hhhm", custody: 0b1000n, withheld: 0b1000n }), "a reason").to.deep.equal(inVain);
    expect(choose({ facts: "hhhm", timeUp: true, custody: 0b0111n })).to.deep.equal({ excluded: 0b1000n, words: 0 });
  });
});

describe("choosing updates in a masked task", () => {
  const base = { mode: "masked", custody: 0n } as const;

  it("takes all, or waits: nothing can be left out", () => {
    expect(choose({ ...base, facts: "hhhh" })).to.deep.equal({ excluded: 0n, words: 0 });
    for (const facts of ["hhhm", "huhh"]) expect(choose({ ...base, facts, timeUp: true })).to.equal("wait");
    expect(choose({ ...base, facts: "hhhm", withheld: 0b1000n })).to.equal("wait");
    const three = words(0b111n, 0b111n, 0b111n);
    expect(choose({ ...base, facts: "hhhm", holders: 2, words: three, timeUp: true })).to.equal("wait");
    expect(choose({ ...base, facts: "hhhh", holders: 2, words: words(15n, 15n) })).to.deep.equal({
      excluded: 0n,
      words: 2,
    });
  });
});

describe("choosing updates in a task with two holders", () => {
  const base = { holders: 2, custody: 0n } as const;

  it("waits for words, and takes no more of them than it needs", () => {
    expect(choose({ ...base, facts: "hhhh" })).to.equal("wait");
    expect(choose({ ...base, facts: "hhhh", words: words(all), timeUp: true })).to.equal("wait");
    expect(choose({ ...base, facts: "hhhh", words: words(all, all) })).to.deep.equal({ excluded: 0n, words: 2 });
    expect(choose({ ...base, facts: "hhhh", words: words(all, all, all, all) })).to.deep.equal({
      excluded: 0n,
      words: 2,
    });
    const parts = words(0b0011n, 0b0011n, 0b1100n, 0b1100n);
    expect(choose({ ...base, facts: "hhhh", words: parts })).to.deep.equal({ excluded: 0n, words: 4 });
  });

  it("waits for bytes that enough others hold, however late it is", () => {
    expect(choose({ ...base, facts: "hhhm", words: words(all, all), timeUp: true })).to.equal("wait");
    expect(choose({ ...base, facts: "hhhm", words: words(all, all, 0b111n, 0b111n), timeUp: true })).to.equal("wait");
  });

  it("leaves out what too few of enough words name, when its time is up", () => {
    const three = words(0b111n, 0b111n, 0b111n);
    expect(choose({ ...base, facts: "hhhm", words: three })).to.equal("wait");
    expect(choose({ ...base, facts: "hhhm", words: three, timeUp: true })).to.deep.equal({
      excluded: 0b1000n,
      words: 3,
    });
    expect(choose({ ...base, facts: "hhhm", words: words(0b111n, 0b111n), timeUp: true }), "K - f words").to.equal(
      "wait",
    );
    expect(choose({ ...base, facts: "hhhu", words: three }), "unusable").to.deep.equal({ excluded: 0b1000n, words: 3 });
  });

  it("needs no words for what was demanded in vain, and counts it all the same where it has appeared", () => {
    const two = words(0b111n, 0b111n);
    expect(choose({ ...base, facts: "hhhm", words: two, withheld: 0b1000n })).to.deep.equal({
      excluded: 0b1000n,
      words: 2,
    });
    expect(choose({ ...base, facts: "hhhh", words: words(all, all), withheld: 0b1000n })).to.deep.equal({
      excluded: 0n,
      words: 2,
    });
  });

  it("may leave out what it keeps itself when too few others can get it: that is a reason", () => {
    const three = words(0b111n, 0b111n, 0b111n);
    expect(choose({ ...base, facts: "hhhh", words: three, timeUp: true, custody: 0b1000n })).to.deep.equal({
      excluded: 0b1000n,
      words: 3,
    });
  });

  it("gives only what the contract takes", () => {
    const named = fc.option(fc.bigInt(0n, 15n), { nil: undefined });
    const facts = fc.array(fc.constantFrom("h", "u", "m"), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.tuple(named, named, named, named),
        facts,
        fc.bigInt(0n, 15n),
        fc.boolean(),
        (said, known, withheld, timeUp) => {
          const given = words(...said);
          const input: ChooseUpdatesInput = {
            round: { ...round, withheld },
            rules: { mode: "transparent", holders: 2, minUpdates: 2 },
            factOf: ({ slot }) => (known[slot] === "h" ? "here" : known[slot] === "u" ? "unusable" : undefined),
            custodyOf: () => false,
            words: given,
            isTimeUp: timeUp,
          };
          const choice = chooseUpdates(input);
          if (choice.kind !== "choice") return;
          const count = (slot: number) => choice.words.filter(({ slots }) => (slots >> BigInt(slot)) & 1n).length;
          const isOut = (slot: number) => ((choice.excluded >> BigInt(slot)) & 1n) === 1n;
          // the rules of IRounds.propose
          for (const slot of [0, 1, 2, 3]) {
            if (!isOut(slot)) {
              expect(count(slot)).to.be.at.least(2);
              expect(known[slot]).to.equal("h");
            } else if (((withheld >> BigInt(slot)) & 1n) === 0n) {
              expect(count(slot)).to.be.below(2);
              expect(choice.words.length).to.be.at.least(3);
            }
          }
          expect(choice.words.map(({ holder }) => holder)).to.deep.equal(
            choice.words.map(({ holder }) => holder).sort(),
          );
        },
      ),
    );
  });
});

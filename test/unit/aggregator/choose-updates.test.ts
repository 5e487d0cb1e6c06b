import { expect } from "chai";
import fc from "fast-check";
import { chooseUpdates } from "../../../node/aggregator/choose-updates.ts";
import { aggregatingRound } from "../../support/states/round-states.ts";

const round = aggregatingRound();

interface Case {
  /** A letter a slot: h here, u unusable, m missing. */
  readonly facts: string;
  readonly mode?: "transparent" | "masked" | "encrypted";
  readonly timeUp?: boolean;
  readonly expelled?: bigint;
  readonly minUpdates?: number;
}

function choose({ facts, mode = "transparent", timeUp = false, expelled = 0n, minUpdates = 2 }: Case) {
  return chooseUpdates({
    round: { ...round, expelled },
    rules: { mode, minUpdates },
    factOf: ({ slot }) => ({ h: "here" as const, u: "unusable" as const })[facts[slot]!],
    isTimeUp: timeUp,
  });
}

describe("chooseUpdates", () => {
  const rows: [string, Case, bigint | undefined][] = [
    ["all are here", { facts: "hhhh" }, 0n],
    ["one is missing", { facts: "hhhm" }, undefined],
    ["one is missing, the time is up", { facts: "hhhm", timeUp: true }, 0b1000n],
    ["one is other than what was committed", { facts: "uhhh" }, undefined],
    ["the same, the time is up", { facts: "uhhh", timeUp: true }, 0b1n],
    ["one is missing whose owner was expelled", { facts: "hmhh", expelled: 0b10n }, 0b10n],
    ["an invalid one whose owner was expelled", { facts: "hhuh", expelled: 0b100n }, 0b100n],
    ["one of an expelled owner is here and valid", { facts: "hhhh", expelled: 0b1n }, 0n],
    ["one of an expelled owner and another are missing", { facts: "mmhh", expelled: 0b1n }, undefined],
    ["too few are here, however late it is", { facts: "hmmm", timeUp: true }, undefined],
    ["just enough are here", { facts: "hhmm", timeUp: true }, 0b1100n],
    ["masked, one is missing", { facts: "hhhm", mode: "masked", timeUp: true }, undefined],
    ["masked, one of an expelled owner is missing", { facts: "hhhm", mode: "masked", expelled: 0b1000n }, undefined],
    ["encrypted, one is unusable", { facts: "hhhu", mode: "encrypted", timeUp: true }, undefined],
    ["masked, all are here", { facts: "hhhh", mode: "masked" }, 0n],
  ];
  for (const [name, given, expected] of rows) {
    it(`${name}: ${expected === undefined ? "waits" : expected.toString(2)}`, () => {
      expect(choose(given)).to.equal(expected);
    });
  }

  it("never leaves out what is here, nor counts what is not, and includes at least minUpdates", () => {
    const facts = fc.array(fc.constantFrom("h", "u", "m"), { minLength: 4, maxLength: 4 }).map((all) => all.join(""));
    fc.assert(
      fc.property(
        facts,
        fc.boolean(),
        fc.bigInt(0n, 15n),
        fc.integer({ min: 1, max: 4 }),
        (of, timeUp, expelled, min) => {
          const excluded = choose({ facts: of, timeUp, expelled, minUpdates: min });
          if (excluded === undefined) return;
          const isOut = (slot: number) => ((excluded >> BigInt(slot)) & 1n) === 1n;
          for (let slot = 0; slot < 4; slot++) expect(isOut(slot)).to.equal(of[slot] !== "h");
          expect([0, 1, 2, 3].filter((slot) => !isOut(slot)).length).to.be.at.least(min);
        },
      ),
    );
  });
});

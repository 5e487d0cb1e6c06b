import { expect } from "chai";
import { AbiCoder, keccak256 } from "ethers";
import type { Bytes32 } from "../../../node/core/ids.ts";
import { nextRoundNumber, ringLength, ringPlace } from "../../../node/core/record/ring.ts";
import { turnOf } from "../../../node/core/record/rotation.ts";
import { drawSeed } from "../../../node/core/words/draw.ts";
import { vectors } from "../../support/vectors.ts";

interface Case {
  readonly name: string;
  readonly places?: string;
  readonly length?: number;
  readonly accepted?: readonly (readonly [round: number, provableUntilS: number])[];
  readonly expected: number | string;
  readonly [field: string]: unknown;
}

const cases = vectors<Case>("turns");

describe("whose turn it is", () => {
  for (const one of cases.filter(({ places }) => places !== undefined)) {
    it(`vector: ${one.name}`, () => {
      const joined = [...one.places!].map((mark, place) => ({
        account: `0x${place.toString(16).padStart(40, "0")}` as const,
        leaving: "lb".includes(mark),
        idle: "ib".includes(mark),
      }));
      const turn = turnOf(one as never, joined);
      expect(turn?.place ?? -1).to.equal(one.expected);
      expect(turn?.aggregator).to.equal(joined[turn?.place ?? -1]?.account);
    });
  }
});

describe("the ring of words", () => {
  for (const one of cases.filter(({ length }) => length !== undefined)) {
    it(`vector: ${one.name}`, () => {
      expect(ringLength(one as never)).to.equal(one.length);
      expect(ringPlace(one.round as number, one.length!)).to.equal(one.expected);
    });
  }
});

describe("the number of an opening", () => {
  for (const one of cases.filter(({ accepted }) => accepted !== undefined)) {
    it(`vector: ${one.name}`, () => {
      const { rounds: most, challengeWindowS, newest, nowS } = one;
      const accepted = one.accepted!.map(([round, provableUntilS]) => ({ round, result: { provableUntilS } }));
      const rounds = accepted.some(({ round }) => round === newest) ? accepted : [...accepted, { round: newest }];
      const view = { rules: { rounds: most, challengeWindowS }, rounds: rounds.filter(({ round }) => round !== 0) };
      expect(nextRoundNumber(view as never, nowS as number) ?? 0).to.equal(one.expected);
    });
  }
});

it("vector: the seed of a draw, here and by ethers", () => {
  const { mixHash, federation, taskId, round, expected } = cases.find(({ name }) => name === "drawSeed")!;
  const seed = drawSeed(mixHash as Bytes32, federation as Bytes32, taskId as number, round as number);
  expect(seed).to.equal(BigInt(expected));
  const encoded = AbiCoder.defaultAbiCoder().encode(
    ["bytes32", "address", "uint32", "uint32"],
    [mixHash, federation, taskId, round],
  );
  expect(keccak256(encoded).slice(0, 18)).to.equal(expected);
});

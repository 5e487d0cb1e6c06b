import { expect } from "chai";
import { AbiCoder, keccak256 } from "ethers";
import { drawSeed } from "../../../node/core/draw.ts";
import type { Bytes32 } from "../../../node/core/ids.ts";
import { ringLength, ringPlace } from "../../../node/core/ring.ts";
import { turnOf } from "../../../node/core/rotation.ts";
import { vectors } from "../../support/vectors.ts";

interface Case {
  readonly name: string;
  readonly places?: string;
  readonly length?: number;
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

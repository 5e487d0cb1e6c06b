import { keccak_256 } from "@noble/hashes/sha3.js";
import { expect } from "chai";
import { chunkTreeRoot } from "../../../../node/core/bytes/chunk-tree.ts";
import { toHex } from "../../../../node/core/bytes/hex.ts";
import { lanesToBytes } from "../../../../node/core/bytes/lanes.ts";
import type { Bytes32, Hex } from "../../../../node/core/ids.ts";
import { initialLanes } from "../../../../node/core/task/initial-model.ts";
import { modelLayout } from "../../../../node/core/task/model-layout.ts";
import type { ModelSpec } from "../../../../node/core/task/task-spec.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { vectors } from "../../../support/vectors.ts";

interface Case {
  name: string;
  model: ModelSpec;
  initialSeed: number;
  fractionBits: number;
  parameterCount: number;
  root: Bytes32;
  lanes?: Hex;
}

const mlp: ModelSpec = {
  kind: "mlp",
  inputs: 100,
  hidden: [60],
  activation: "tanh",
  output: { kind: "classes", count: 4 },
};

describe("initial model", () => {
  for (const { name, fractionBits, parameterCount, root, lanes, ...spec } of vectors<Case>("initial-model")) {
    it(`vector: ${name}`, () => {
      const initial = initialLanes(spec, fractionBits);
      expect(initial.length).to.equal(parameterCount);
      expect(chunkTreeRoot(initial)).to.equal(root);
      if (lanes !== undefined) expect(toHex(lanesToBytes(initial))).to.equal(lanes);
    });
  }

  it("is what docs/protocol/specification.md says, computed here step by step with another keccak", () => {
    const fractionBits = 18;
    const seed = 0x0102_0304;
    const expected: number[] = [];
    let used = 0;
    for (const { shape, role, fanIn, fanOut } of modelLayout(mlp).tensors) {
      const limit = Math.sqrt(6 / (fanIn + fanOut));
      for (let n = shape.reduce((a, b) => a * b); n > 0; n--) {
        if (role === "bias") {
          expected.push(0);
          continue;
        }
        const message = Buffer.concat([Buffer.from("fedledger/initial/1"), Buffer.alloc(8)]);
        message.writeUInt32BE(seed, 19);
        message.writeUInt32BE(used >> 3, 23);
        const word = Buffer.from(keccak_256(message)).readUInt32BE(4 * (used & 7));
        used++;
        expected.push(Math.floor((2 * word - 2 ** 32) * (limit * 2 ** (fractionBits - 32)) + 0.5));
      }
    }
    expect([...initialLanes({ model: mlp, initialSeed: seed }, fractionBits)]).to.deep.equal(expected);
  });

  it("kernels are uniform within Glorot's limit, biases zero", () => {
    const lanes = initialLanes({ model: mlp, initialSeed: 5 }, 20);
    const limit = Math.sqrt(6 / 160) * 2 ** 20;
    const kernel = [...lanes.subarray(0, 6000)];
    expect(Math.max(...kernel)).to.be.within(0.99 * limit, limit);
    expect(Math.min(...kernel)).to.be.within(-limit, -0.99 * limit);
    const mean = kernel.reduce((a, b) => a + b) / 6000;
    const variance = kernel.reduce((sum, lane) => sum + lane * lane, 0) / 6000;
    // Standard error of the mean is limit / sqrt(3 · 6000) = 0.0075 limit; of the variance, 0.30 limit² / sqrt(6000).
    expect(Math.abs(mean)).to.be.below(0.03 * limit);
    expect(variance).to.be.within(0.32 * limit ** 2, 0.35 * limit ** 2);
    expect([...lanes.subarray(6000, 6060)]).to.deep.equal(Array(60).fill(0));
  });

  it("another seed gives another model", () => {
    const roots = [0, 1, 2 ** 32 - 1].map((initialSeed) =>
      chunkTreeRoot(initialLanes({ model: mlp, initialSeed }, 16)),
    );
    expect(new Set(roots).size).to.equal(3);
  });

  it("refuses fraction bits that cannot hold it", async () => {
    const tiny: ModelSpec = { kind: "linear-regression", inputs: 1, output: { kind: "numbers", count: 1 } };
    // sqrt(6 / 2) is the greatest limit there is: 1.73 · 2^30 still fits.
    const [weight] = initialLanes({ model: tiny, initialSeed: 1 }, 30);
    expect(Math.abs(weight!)).to.be.within(1, Math.sqrt(3) * 2 ** 30);
    for (const fractionBits of [0, 31, 2.5]) {
      await expectCode("INVALID_ARGUMENT", () => initialLanes({ model: tiny, initialSeed: 1 }, fractionBits));
    }
  });
});

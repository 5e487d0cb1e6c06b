import { expect } from "chai";
import fc from "fast-check";
import type { ModelSpec } from "../../../../node/core/task/task-spec.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../../node/training/models/safetensors.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { initialParameters, smallModels, taskOf } from "../../../support/states/small-tasks.ts";

const model: ModelSpec = { kind: "linear-regression", inputs: 2, output: { kind: "numbers", count: 1 } };

/** A file with this header text and these floats behind it. */
function fileOf(header: unknown, floats: number[]): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + 4 * floats.length);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  floats.forEach((value, i) => {
    view.setFloat32(8 + text.length + 4 * i, value, true);
  });
  return file;
}

const kernel = { dtype: "F32", shape: [2, 1], data_offsets: [0, 8] };
const bias = { dtype: "F32", shape: [1], data_offsets: [8, 12] };

describe("training/safetensors", () => {
  it("writes the format byte for byte", () => {
    const file = encodeSafetensors(model, Float32Array.of(1, -2, 0.5), { task: "7" });
    const json =
      '{"__metadata__":{"format":"fedledger","task":"7"},"dense1/kernel":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"dense1/bias":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}';
    const padded = json.padEnd(Math.ceil(json.length / 8) * 8);
    expect(file).to.deep.equal(fileOf(padded, [1, -2, 0.5]));
    expect([...file.subarray(-12)]).to.deep.equal([0, 0, 128, 63, 0, 0, 0, 192, 0, 0, 0, 63]);
  });

  it("reads back what it wrote, for every model", () => {
    for (const each of smallModels) {
      const parameters = initialParameters(taskOf(each));
      const file = encodeSafetensors(each, parameters, { round: "3" });
      // At an odd offset in a larger buffer, as a file read in one piece may be.
      const moved = new Uint8Array(file.length + 3).subarray(3);
      moved.set(file);
      const read = decodeSafetensors("f", moved, each);
      expect(read.parameters).to.deep.equal(parameters);
      expect(read.metadata).to.deep.equal({ format: "fedledger", round: "3" });
    }
  });

  it("reads tensors in another order, with offsets of their own", () => {
    const header = {
      "dense1/bias": { ...bias, data_offsets: [0, 4] },
      "dense1/kernel": { ...kernel, data_offsets: [4, 12] },
    };
    expect([...decodeSafetensors("f", fileOf(header, [3, 1, 2]), model).parameters]).to.deep.equal([1, 2, 3]);
  });

  it("refuses files that are broken or of another model", async () => {
    const both = { "dense1/kernel": kernel, "dense1/bias": bias };
    const floats = [1, 2, 3];
    const wrong: [string, Uint8Array][] = [
      ["empty", new Uint8Array()],
      ["header longer than the file", fileOf(both, floats).subarray(0, 40)],
      ["no JSON", fileOf("{x}     ", floats)],
      ["a list", fileOf("[]      ", floats)],
      ["no tensor", fileOf({ "dense1/kernel": kernel }, floats)],
      ["surplus tensor", fileOf({ ...both, other: bias }, floats)],
      ["other type", fileOf({ ...both, "dense1/bias": { ...bias, dtype: "F16" } }, floats)],
      ["other shape", fileOf({ ...both, "dense1/kernel": { ...kernel, shape: [1, 2] } }, floats)],
      ["beyond the end", fileOf({ ...both, "dense1/bias": { ...bias, data_offsets: [12, 16] } }, floats)],
      ["negative offset", fileOf({ ...both, "dense1/bias": { ...bias, data_offsets: [-4, 0] } }, floats)],
      ["wrong length", fileOf({ ...both, "dense1/bias": { ...bias, data_offsets: [8, 10] } }, floats)],
      ["no offsets", fileOf({ ...both, "dense1/bias": { dtype: "F32", shape: [1] } }, floats)],
      ["null tensor", fileOf({ ...both, "dense1/bias": null }, floats)],
    ];
    for (const [name, file] of wrong) {
      const error = await expectCode("INVALID_DATA", () => decodeSafetensors(name, file, model));
      expect(error.data.source).to.equal(name);
    }
  });

  it("never throws anything but INVALID_DATA, whatever bytes come", async () => {
    const good = encodeSafetensors(model, Float32Array.of(1, 2, 3));
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 13), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const file = good.slice();
        file[at]! ^= flip;
        try {
          decodeSafetensors("f", file, model);
        } catch {
          await expectCode("INVALID_DATA", () => decodeSafetensors("f", file, model));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("refuses parameters of another length", async () => {
    await expectCode("LENGTH_MISMATCH", () => encodeSafetensors(model, new Float32Array(4)));
  });
});

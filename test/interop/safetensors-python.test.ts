import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { modelLayout } from "../../node/core/task/model-layout.ts";
import { decodeSafetensors, encodeSafetensors } from "../../node/training/models/safetensors.ts";
import { initialParameters, smallModels, taskOf } from "../support/states/small-tasks.ts";

const python = process.env.PYTHON ?? "python3";
const script = `
import json, sys
from safetensors import safe_open
from safetensors.numpy import save_file
with safe_open(sys.argv[1], "np") as file:
    tensors = {name: file.get_tensor(name) for name in file.keys()}
    metadata = file.metadata()
save_file(tensors, sys.argv[2], metadata)
print(json.dumps({
    "metadata": metadata,
    "tensors": {name: [str(t.dtype), list(t.shape), [float(v) for v in t.ravel()]] for name, t in tensors.items()},
}))
`;

describe("safetensors of Python", () => {
  let folder: string;

  before(function () {
    try {
      execFileSync(python, ["-c", "import safetensors.numpy"], { stdio: "ignore" });
    } catch {
      process.stderr.write(`    not checked: ${python} has no safetensors and numpy (PYTHON names another one)\n`);
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "fedledger-safetensors-"));
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true });
  });

  it("reads our files, and we read its", () => {
    for (const model of smallModels) {
      const parameters = initialParameters(taskOf(model));
      const [ours, theirs] = [join(folder, "ours.safetensors"), join(folder, "theirs.safetensors")];
      writeFileSync(ours, encodeSafetensors(model, parameters, { task: "1", round: "4" }));
      const read = JSON.parse(execFileSync(python, ["-c", script, ours, theirs], { encoding: "utf8" }));
      expect(read.metadata).to.deep.equal({ format: "fedledger", task: "1", round: "4" });
      let offset = 0;
      for (const { name, shape } of modelLayout(model).tensors) {
        const size = shape.reduce((product, side) => product * side, 1);
        expect(read.tensors[name]).to.deep.equal(["float32", shape, [...parameters.subarray(offset, offset + size)]]);
        offset += size;
      }
      expect(Object.keys(read.tensors)).to.have.length(modelLayout(model).tensors.length);
      expect(decodeSafetensors(theirs, readFileSync(theirs), model).parameters).to.deep.equal(parameters);
    }
  });
});

import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { smallModels } from "../../support/states/small-tasks.ts";

const run = promisify(execFile);
const script = fileURLToPath(new URL("../../support/training/train-once.ts", import.meta.url));

describe("training on wasm", () => {
  for (const kind of ["mlp", "cnn"] as const) {
    it(`gives the same bits of a ${kind} in two processes, from any directory, with V8's wide instructions and without`, async () => {
      const number = String(smallModels.findIndex((model) => model.kind === kind));
      const [first, second] = await Promise.all([
        run(process.execPath, [script, number]),
        run(process.execPath, ["--no-enable-avx", "--no-enable-fma3", script, number], { cwd: tmpdir() }),
      ]);
      expect(first.stdout).to.match(/^[0-9a-f]{64}$/);
      expect(second.stdout).to.equal(first.stdout);
    });
  }
});

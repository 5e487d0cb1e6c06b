import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";

const run = promisify(execFile);
const script = fileURLToPath(new URL("../../support/training/train-together.ts", import.meta.url));

describe("trainers of one process", () => {
  it("all get wasm when they are opened at once, and train at once to the bits that each gives alone", async () => {
    const { stdout } = await run(process.execPath, [script]);
    const { engines, alone, together } = JSON.parse(stdout) as Record<string, string[]>;
    expect(engines).to.have.length(5);
    expect(engines!.every((engine) => engine.startsWith("tfjs-wasm"))).to.equal(true);
    expect(new Set(alone).size, "different data, different bits").to.equal(5);
    expect(together).to.deep.equal(alone);
  });
});

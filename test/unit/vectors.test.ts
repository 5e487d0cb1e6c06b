import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";

describe("vectors", () => {
  it("are what the implementation writes now", async () => {
    const script = fileURLToPath(new URL("../../scripts/vectors.ts", import.meta.url));
    const { stderr } = await promisify(execFile)(process.execPath, [script, "--check"]);
    expect(stderr).to.equal("");
  });
});

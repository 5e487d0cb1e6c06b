import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { projectFolder } from "../../support/processes/fedledger-process.ts";

const mnist = join(projectFolder, "..", "shared", "data", "mnist");

describe("MNIST, 8,000 to train and 2,000 held out, ten participants", function () {
  this.timeout(600_000);

  it("is learnt as well in fixed point as in float32 (within 0.5 points)", async function () {
    if (!existsSync(mnist)) {
      this.test!.title += " (skipped: there is no ../shared/data/mnist)";
      this.skip();
    }
    const child = spawn(process.execPath, [join("test", "bench", "mnist-parity.ts"), mnist, "--json"], {
      cwd: projectFolder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (data: Buffer) => {
      said += data.toString();
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(code).to.equal(0);
    const { fixedPoint, float32 } = JSON.parse(said) as { fixedPoint: number; float32: number };
    this.test!.title += `: ${(fixedPoint * 100).toFixed(2)} % and ${(float32 * 100).toFixed(2)} %`;
    expect(fixedPoint).to.be.greaterThan(0.9);
    expect(Math.abs(fixedPoint - float32)).to.be.at.most(0.005);
  });
});

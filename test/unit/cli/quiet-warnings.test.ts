import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { projectFolder } from "../../support/processes/fedledger-process.ts";

const run = promisify(execFile);

describe("what Node itself remarks", () => {
  it("is shown, but for SQLite's being experimental, which nobody at the command line can change", async () => {
    const script = `
      import { quietWarnings } from ${JSON.stringify(join(projectFolder, "node", "cli", "quiet-warnings.ts"))};
      quietWarnings();
      process.emitWarning("SQLite is an experimental feature and might change at any time", "ExperimentalWarning");
      process.emitWarning("Another one is experimental", "ExperimentalWarning");
      process.emitWarning("A thing is deprecated", { type: "DeprecationWarning" });`;
    const { stderr } = await run(process.execPath, ["--input-type=module", "--eval", script]);
    expect(stderr).to.contain("Another one").and.contain("is deprecated").and.not.contain("SQLite");
  });
});

import { join } from "node:path";
import { expect } from "chai";
import { runFedledger } from "../support/processes/fedledger-process.ts";
import { commandOf, startGeth } from "../support/processes/foreign-chains.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// geth is found as chains.test.ts says.
describe("an audit of what geth stores", function () {
  this.timeout(240_000);

  it("is proven by the hash of a block, as the command, and exit 4 for a block that geth does not know", async function () {
    const command = commandOf("geth", "version");
    if (command === undefined) {
      this.skip();
      return;
    }
    const folder = await temporaryDirectory();
    const geth = await startGeth(command, folder.path);
    try {
      const env = { FEDLEDGER_PASSWORD: "of the test" };
      const run = (...args: readonly string[]) => runFedledger([...args, "--json"], { env, cwd: folder.path });
      const keystore = join(folder.path, "admin.json");
      const made = await run("keys", "create", "--keystore", keystore);
      await geth.fund(made.events.at(-1)?.account as string, 100);
      const deployed = await run("deploy", "--rpc", geth.url, "--keystore", keystore);
      expect(deployed.code, deployed.stderr).to.equal(0);
      const record = ["--rpc", geth.url, "--federation", deployed.events.at(-1)?.federation as string];
      const task = ["--data", "breast-cancer", "--participants", "3", "--rounds", "1"];
      const finality = ["--confirmations", "0"];
      const created = await run("task", "create", ...task, ...record, ...finality, "--keystore", keystore);
      expect(created.code, created.stdout).to.equal(0);
      const audited = await run("audit", ...record, ...finality);
      expect(audited.code, audited.stdout + audited.stderr).to.equal(0);
      const evidence = audited.events.at(-1)?.evidence as { unproven?: string; block: { hash: string } };
      expect(evidence.unproven).to.equal(undefined);
      const pinned = await run("audit", ...record, ...finality, "--block", evidence.block.hash);
      expect(pinned.code).to.equal(0);
      expect((await run("audit", ...record, ...finality, "--block", `0x${"12".repeat(32)}`)).code).to.equal(4);
    } finally {
      await geth.stop();
      await folder.remove();
    }
  });
});

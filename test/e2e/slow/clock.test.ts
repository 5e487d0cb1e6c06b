import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { runFedledger } from "../../support/processes/fedledger-process.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

// The chain's own time is the system's, which nothing here changes: the nodes' clocks are off by two hours from it.
describe("a federation whose members' clocks are wrong", function () {
  this.timeout(120_000);

  for (const [how, offsetMs] of [
    ["ahead", 7_200_000],
    ["behind", -7_200_000],
  ] as const) {
    it(`by two hours ${how} finishes its rounds, and passes its audit`, async () => {
      const folder = await temporaryDirectory();
      const hook = join(folder.path, "clock.mjs");
      writeFileSync(
        hook,
        `const now = Date.now, begin = performance.timeOrigin;
         Object.defineProperty(performance, "timeOrigin", { value: begin + ${offsetMs} });
         globalThis.Date = class extends Date {
           constructor(...args) { args.length > 0 ? super(...args) : super(now() + ${offsetMs}); }
           static now() { return now() + ${offsetMs}; }
         };`,
      );
      const NODE_OPTIONS = [process.env.NODE_OPTIONS, `--import=${hook}`].filter(Boolean).join(" ");
      const args = ["demo", "--rounds", "2", "--participants", "3", "--json", "--out", join(folder.path, "out")];
      const { code, stderr } = await runFedledger(args, { env: { NODE_OPTIONS } });
      expect(code, stderr).to.equal(0);
      await folder.remove();
    });
  }
});

import { appendFileSync } from "node:fs";
import Mocha from "mocha";

/** Mocha's spec reporter (dots in CI) that also appends its counts to the file named by FEDLEDGER_TEST_COUNTS. */
export default class CountReporter extends (process.env.CI ? Mocha.reporters.Dot : Mocha.reporters.Spec) {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.FEDLEDGER_TEST_COUNTS;
    if (file === undefined) return;
    runner.once("end", () => {
      const { passes, failures, pending } = runner.stats;
      appendFileSync(file, `${JSON.stringify({ passed: passes, failed: failures, skipped: pending })}\n`);
    });
  }
}

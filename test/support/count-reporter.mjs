import { appendFileSync } from "node:fs";
import Mocha from "mocha";

/** So long a run may go on after its last test: what a test left open would keep it for ever. */
const endsWithinMs = 30_000;

/** Mocha's spec reporter (dots in CI) that also appends its counts to the file named by FEDLEDGER_TEST_COUNTS. */
export default class CountReporter extends (process.env.CI ? Mocha.reporters.Dot : Mocha.reporters.Spec) {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.FEDLEDGER_TEST_COUNTS;
    if (file === undefined) return;
    runner.once("end", () => {
      const { passes, failures, pending } = runner.stats;
      appendFileSync(file, `${JSON.stringify({ passed: passes, failed: failures, skipped: pending })}\n`);
      setTimeout(() => {
        process.stderr.write(`A test left open: ${process.getActiveResourcesInfo().join(", ")}\n`);
        appendFileSync(file, `${JSON.stringify({ passed: 0, failed: 1, skipped: 0 })}\n`);
        process.exit(1);
      }, endsWithinMs).unref();
    });
  }
}

import { expect } from "chai";
import type { TaskRules } from "../../../node/core/records.ts";
import { rulesFault } from "../../../node/core/task/rules-validity.ts";
import { type FederationFixture, startFederation } from "../../support/federation-fixture.ts";
import { rejection } from "../../support/rejection.ts";
import { vectors } from "../../support/vectors.ts";

interface Case {
  readonly name: string;
  readonly rules: TaskRules;
  /** "valid", or the contract's error and, of InvalidRule, the field. */
  readonly expected: string;
}

describe("which rules a task may have", () => {
  let federation: FederationFixture;
  before(async () => {
    federation = await startFederation({ participants: 0, aggregators: 0, register: false });
  });
  after(() => federation.close());

  for (const { name, rules, expected } of vectors<Case>("rules")) {
    it(`vector: ${name}, here and by the contract`, async () => {
      const fault = rulesFault(rules);
      expect(fault === undefined ? "valid" : Object.values(fault).join(" ")).to.equal(expected);
      const created = federation.createTask({ rules, enrol: [], join: [] });
      if (expected === "valid" && rules.drawDelayBlocks < 224) return expect(await created).to.be.above(0);
      const { error, reason } = (await rejection(created, "TRANSACTION_REVERTED")).data;
      // rules that this chain cannot serve: it has no hashes of older blocks
      if (expected === "valid") return expect(reason).to.equal("ChainLacks(what: 2935)");
      const named = error === "InvalidRule" ? /field: (\w+)/.exec(String(reason))![1] : "";
      return expect(`${error} ${named}`.trim()).to.equal(expected);
    });
  }
});

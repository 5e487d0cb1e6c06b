import { expect } from "chai";
import fc from "fast-check";
import {
  admits,
  attributesText,
  isWithin,
  type Policy,
  parsePolicy,
  policyText,
} from "../../../../node/core/task/access.ts";
import { canonicalTaskSpec, parseTaskSpec } from "../../../../node/core/task/task-spec.ts";
import { taskPreset } from "../../../../node/training/task-presets.ts";
import { expectCode } from "../../../support/expect-code.ts";

const spec = { ...taskPreset("breast-cancer").spec, blobs: "members" };
const name = fc.constantFrom("", "a", "b", "c");
const attributes = fc.record({ organisation: name, region: name, clearance: fc.integer({ min: 0, max: 3 }) });
const policy: fc.Arbitrary<Policy> = fc.record(
  {
    organisations: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { maxLength: 3 }),
    regions: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { maxLength: 3 }),
    clearance: fc.integer({ min: 0, max: 3 }),
  },
  { requiredKeys: [] },
);

describe("core/access", () => {
  it("lets in whoever has one of each kind that is asked for, and the clearance", () => {
    const wanted = { organisations: ["North", "South"], regions: ["EU"], clearance: 2 };
    const member = { organisation: "South", region: "EU", clearance: 2 };
    expect(admits(wanted, member)).to.equal(true);
    expect(admits(wanted, { ...member, clearance: 255 })).to.equal(true);
    for (const other of [{ organisation: "south" }, { organisation: "" }, { region: "EU " }, { clearance: 1 }])
      expect(admits(wanted, { ...member, ...other }), JSON.stringify(other)).to.equal(false);
    expect(admits(wanted, undefined)).to.equal(false);
    for (const nothing of [undefined, {}, { organisations: [], regions: [], clearance: 0 }])
      expect(admits(nothing, undefined)).to.equal(true);
  });

  it("never lets in more with one more condition", () => {
    fc.assert(
      fc.property(policy, policy, attributes, (one, other, member) => {
        if (isWithin(one, other) && admits(one, member)) expect(admits(other, member)).to.equal(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("knows whether one policy lies within another", () => {
    fc.assert(
      fc.property(policy, policy, (one, other) => {
        const all = ["", "a", "b", "c"].flatMap((organisation) =>
          ["", "a", "b", "c"].flatMap((region) =>
            [0, 1, 2, 3].map((clearance) => ({ organisation, region, clearance })),
          ),
        );
        const covered = all.every((member) => !admits(one, member) || admits(other, member));
        // a list of all that there is here is not everything that there could be
        fc.pre([other.organisations, other.regions].every((list) => (list?.length ?? 0) < 3));
        expect(isWithin(one, other)).to.equal(covered);
      }),
      { numRuns: 1000 },
    );
  });

  it("says policies and attributes in words", () => {
    expect(policyText(undefined)).to.equal("anyone");
    expect(policyText({ organisations: ["a", "b"], regions: ["EU"], clearance: 2 })).to.equal(
      "organisation a or b, region EU, clearance 2 or more",
    );
    expect(attributesText()).to.equal("no organisation or region, clearance 0");
    expect(attributesText({ organisation: "a", region: "", clearance: 3 })).to.equal("organisation a, clearance 3");
  });

  it("is a part of the specification that may be absent", () => {
    expect(canonicalTaskSpec(parseTaskSpec(spec))).not.to.contain("access");
    const access = { read: { organisations: ["a"] }, audit: { regions: ["EU"], clearance: 1 } };
    expect(parseTaskSpec({ ...spec, access }).access).to.deep.equal(access);
  });

  it("is refused where the blobs are public", async () => {
    for (const blobs of [undefined, "public"]) {
      const value = { ...spec, blobs, access: { read: { clearance: 1 } } };
      expect((await expectCode("INVALID_TASK_SPEC", () => parseTaskSpec(value))).data.reason).to.match(
        /^access: public/,
      );
    }
  });

  const wrong: Record<string, unknown> = {
    nothing: {},
    "a policy that asks for nothing": { read: {} },
    "an empty list": { read: { organisations: [] } },
    "an empty text": { read: { organisations: [""] } },
    "33 bytes": { read: { organisations: [`${"ä".repeat(16)}x`] } },
    "a zero character": { audit: { regions: ["a\0b"] } },
    "33 entries": { audit: { regions: Array.from({ length: 33 }, (_, i) => `r${i}`) } },
    "clearance 0": { read: { clearance: 0 } },
    "clearance 256": { read: { clearance: 256 } },
    "who may join": { join: { clearance: 1 } },
    "an unknown field": { read: { country: ["a"] } },
  };
  for (const [what, access] of Object.entries(wrong)) {
    it(`refuses ${what} in a specification`, async () => {
      const error = await expectCode("INVALID_TASK_SPEC", () => parseTaskSpec({ ...spec, access }));
      expect(error.data.reason).to.match(/^access/);
    });
  }

  it("checks a policy by itself", async () => {
    expect(parsePolicy("x", { clearance: 3 })).to.deep.equal({ clearance: 3 });
    const error = await expectCode("INVALID_CONFIG", () => parsePolicy("--region", { regions: ["x".repeat(33)] }));
    expect(error.data.name).to.equal("--region");
  });
});

import { expect } from "chai";
import { policyRefusals } from "../../../node/config/policy-refusals.ts";
import { parseSitePolicy, type SitePolicy } from "../../../node/config/site-policy.ts";
import type { Address } from "../../../node/core/ids.ts";
import { taskPreset } from "../../../node/training/index.ts";
import { expectCode } from "../../support/expect-code.ts";
import { gaussianPrivacy } from "../../support/states/privacy-specs.ts";
import { rules } from "../../support/states/round-states.ts";

const { spec } = taskPreset("breast-cancer");
const address = (digit: string) => `0x${digit.repeat(40)}` as Address;
const hash = (digit: string) => `0x${digit.repeat(64)}` as const;
const hashes = { Federation: hash("a"), Court: hash("b"), Proofs: hash("c") };
const bonds = { participantBondGwei: 2e9, aggregatorBondGwei: 3e9 };
const task = {
  view: { rules: { ...rules, minUpdates: 4, rounds: 9, parameterCount: 31, ...bonds }, creator: address("1") },
  spec: {
    ...spec,
    blobs: "members" as const,
    privacy: gaussianPrivacy,
    data: { ...spec.data, anonymity: { k: 5, quasiIdentifiers: ["age"] } },
  },
  federation: address("2"),
  codes: { hashes },
  role: "participant" as const,
};
const format = "fedledger/policy/1" as const;
const refused = (limits: Partial<SitePolicy>, other: Partial<typeof task> = {}) =>
  policyRefusals({ format, ...limits }, { ...task, ...other }).map(({ key }) => key);

/** A limit that the task is just within, and the nearest one that it is not. */
const pairs: Required<{ [K in keyof Omit<SitePolicy, "format" | "dataBudget">]: [SitePolicy[K], SitePolicy[K]] }> = {
  modes: [["masked", task.view.rules.mode], [task.view.rules.mode === "masked" ? "transparent" : "masked"]],
  rules: [[task.view.rules.rule], ["coordinate-median"]],
  blobs: [["members"], ["public"]],
  maxEpsilon: [8, 7.999],
  maxDelta: [1e-5, 9e-6],
  privacyUnits: [["participant", "example"], ["example"]],
  minK: [5, 6],
  minUpdates: [4, 5],
  maxParameters: [31, 30],
  maxRounds: [9, 8],
  maxBondEther: [2, 1.999],
  federations: [[address("9"), address("2")], [address("9")]],
  creators: [[address("1")], [address("2")]],
  codeHashes: [hashes, { ...hashes, Court: hash("d") }],
};

describe("config/site-policy", () => {
  for (const [key, [within, below]] of Object.entries(pairs)) {
    it(`${key} takes a task that is just within it, and refuses one that is not`, () => {
      expect(refused({ [key]: within })).to.deep.equal([]);
      expect(refused({ [key]: below })).to.deep.equal([key]);
    });
  }

  it("a task that says nothing of noise, of k or of its blobs is below whatever asks for them", () => {
    const { privacy: _, blobs: __, ...silent } = task.spec;
    const plain = { spec: { ...silent, data: spec.data } as never };
    expect(refused({ maxEpsilon: 1000, maxDelta: 0.5, privacyUnits: ["participant", "example"] }, plain)).to.deep.equal(
      [...["maxEpsilon", "maxDelta", "privacyUnits"]],
    );
    expect(refused({ minK: 2, blobs: ["members"] }, plain)).to.deep.equal(["blobs", "minK"]);
    expect(refused({ blobs: ["public"] }, plain)).to.deep.equal([]);
  });

  it("looks at the bond of the node's own role", () => {
    const aggregator = { role: "aggregator" } as never;
    expect(refused({ maxBondEther: 2.5 })).to.deep.equal([]);
    expect(refused({ maxBondEther: 2.5 }, aggregator)).to.deep.equal(["maxBondEther"]);
  });

  it("a code that is not there is another", () => {
    expect(refused({ codeHashes: hashes }, { codes: { hashes: {} as never } })).to.deep.equal(["codeHashes"]);
  });

  it("names all that it has against a task, and has nothing against any where it asks for nothing", () => {
    expect(refused({ minK: 9, maxRounds: 1 })).to.deep.equal(["minK", "maxRounds"]);
    expect(refused({})).to.deep.equal([]);
    expect(refused({ dataBudget: { epsilon: 1, delta: 1e-6 } })).to.deep.equal([]);
  });

  it("a file is refused for what is misspelt, empty, out of range, or no JSON", async () => {
    const parse = (value: unknown) => parseSitePolicy("policy.json", JSON.stringify(value));
    expect(parse({ format, modes: ["masked"] })).to.deep.equal({ format, modes: ["masked"] });
    for (const wrong of [
      ...[{}, [], { format, maxepsilon: 1 }, { format, modes: [] }, { format, modes: ["open"] }, { format, minK: 1 }],
      ...[
        { format, maxEpsilon: 0 },
        { format, codeHashes: { Court: hash("d") } },
        { format, federations: ["0x12"] },
      ],
      ...[{ format: "fedledger/policy/2" }, { format, dataBudget: { epsilon: 1 } }, { format, maxDelta: 1 }],
    ]) {
      await expectCode("INVALID_CONFIG", () => parse(wrong));
    }
    await expectCode("INVALID_CONFIG", () => parseSitePolicy("policy.json", "{"));
  });
});

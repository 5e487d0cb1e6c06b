import { readFileSync } from "node:fs";
import { expect } from "chai";
import { id } from "ethers";
import {
  type EnumCodes,
  modeCodes,
  phaseCodes,
  proofKindCodes,
  reasonCodes,
  roleIds,
  roleOfId,
  ruleCodes,
  taskRuleFields,
} from "../../../../node/core/task/enum-codes.ts";
import { expectCode } from "../../../support/expect-code.ts";

const source = ["TaskTypes", "ProofTypes"]
  .map((name) => readFileSync(new URL(`../../../../contracts/types/${name}.sol`, import.meta.url), "utf8"))
  .join("");
const enums: [string, EnumCodes<string>][] = [
  ["Mode", modeCodes as EnumCodes<string>],
  ["Rule", ruleCodes as EnumCodes<string>],
  ["Phase", phaseCodes as EnumCodes<string>],
  ["Reason", reasonCodes as EnumCodes<string>],
  ["ProofKind", proofKindCodes as EnumCodes<string>],
];

describe("enum codes", () => {
  for (const [name, codes] of enums) {
    it(`${name} has the contract's names in the contract's order`, () => {
      const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(source)![1]!;
      const names = body.split(",").map((word) =>
        word
          .trim()
          .replace(/(?<=.)[A-Z]/g, "-$&")
          .toLowerCase(),
      );
      expect(codes.names).to.deep.equal(names);
      for (const [code, word] of names.entries()) {
        expect(codes.codeOf(word)).to.equal(code);
        expect(codes.nameOf(code)).to.equal(word);
        expect(codes.nameOf(BigInt(code))).to.equal(word);
      }
    });

    it(`${name} refuses other names and numbers`, async () => {
      await expectCode("INVALID_ARGUMENT", () => codes.codeOf("other"));
      for (const code of [codes.names.length, -1, 0.5]) await expectCode("INVALID_ARGUMENT", () => codes.nameOf(code));
    });
  }

  it("the fields of the rules are the contract's struct, in its order", () => {
    const body = /struct TaskRules \{([^}]*)\}/.exec(source)![1]!;
    const fields = [...body.matchAll(/(\w+);/g)].map(([, name]) => name);
    expect(fields).to.have.length.above(10);
    expect(taskRuleFields).to.deep.equal(fields);
  });

  it("roles have AccessControl's identifiers", () => {
    expect(roleIds.participant).to.equal(id("PARTICIPANT_ROLE"));
    expect(roleIds.aggregator).to.equal(id("AGGREGATOR_ROLE"));
    expect(roleIds["task-creator"]).to.equal(id("TASK_CREATOR_ROLE"));
    expect(BigInt(roleIds.admin)).to.equal(0n);
    expect(roleOfId(id("AGGREGATOR_ROLE").toUpperCase().replace("0X", "0x"))).to.equal("aggregator");
    expect(roleOfId(id("OTHER_ROLE"))).to.equal(undefined);
  });
});

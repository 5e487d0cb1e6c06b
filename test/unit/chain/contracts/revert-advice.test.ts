import { expect } from "chai";
import type { Interface } from "ethers";
import { loadContractInterface } from "../../../../node/chain/contracts/contract-abi.ts";
import { revertedError } from "../../../../node/chain/contracts/contract-errors.ts";
import { advisedErrors } from "../../../../node/chain/contracts/revert-advice.ts";
import { taskRuleFields } from "../../../../node/core/task/enum-codes.ts";

describe("advice on a contract's error", () => {
  let contract: Interface;
  before(async () => {
    contract = await loadContractInterface();
  });
  const revert = (name: string, ...args: readonly unknown[]) =>
    revertedError(contract, "call", contract.encodeErrorResult(name, args));

  it("is for errors that the contract has", () => {
    for (const name of advisedErrors) expect(contract.getError(name), name).to.not.equal(null);
  });

  it("gives amounts in ether, exactly, and times as dates", () => {
    expect(revert("WrongBond", 1_500_000_000_000_000_001n).remedy).to.include(" 1.500000000000000001 ether ");
    expect(revert("InvalidBond", 25n * 10n ** 16n).remedy).to.include(" 0.25 ether");
    expect(revert("StillBonded", 1_800_000_000).remedy).to.include("2027-01-15 08:00:00 UTC");
  });

  it("names the rule that is out of range", () => {
    for (const [place, field] of taskRuleFields.entries()) {
      const error = revert("InvalidRule", place);
      expect(error.data).to.include({ error: "InvalidRule", reason: `InvalidRule(field: ${field})` });
      expect(error.remedy).to.include(` ${field} `);
    }
    expect(revert("InvalidRule", 200).data.reason).to.equal("InvalidRule(field: 200)");
  });

  it("names the mode of a task that a call is not for", () => {
    const error = revert("WrongMode", 1);
    expect(error.data.reason).to.equal("WrongMode(mode: masked)");
    expect(error.remedy).to.include("masked");
  });

  it("says what a chain lacks", () => {
    expect(revert("ChainLacks", 9).remedy).to.include("precompile 9");
    expect(revert("ChainLacks", 4788).remedy).to.include("--participation 100");
  });

  it("is there for every way to revert", () => {
    const errors = [
      revert("NoAmount"),
      revert("PaymentRefused"),
      revert("TooEarly", 5),
      revertedError(contract, "call", "0x"),
      revertedError(contract, "call", "0xdeadbeef"),
    ];
    for (const { remedy } of errors) expect(remedy).to.match(/^[A-Z][^?]+[^.]\.$/);
  });
});

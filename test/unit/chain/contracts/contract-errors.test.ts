import { expect } from "chai";
import { AbiCoder, Interface } from "ethers";
import { decodeRevert, revertDataOf } from "../../../../node/chain/contracts/contract-errors.ts";
import { classifySendRefusal } from "../../../../node/chain/rpc/send-errors.ts";
import { type Fees, raiseFees } from "../../../../node/chain/sending/fees.ts";

const contract = new Interface(["error TooLate(uint256 deadline)", "error OnlyAccounts()"]);

describe("reverts", () => {
  it("are named with their arguments", () => {
    const late = contract.encodeErrorResult("TooLate", [1_700_000_000]);
    expect(decodeRevert(contract, late)).to.deep.equal({ error: "TooLate", reason: "TooLate(deadline: 1700000000)" });
    const only = contract.encodeErrorResult("OnlyAccounts", []);
    expect(decodeRevert(contract, only)).to.deep.equal({ error: "OnlyAccounts", reason: "OnlyAccounts" });
  });

  it("by require, by a panic, of other contracts and without data are told apart", () => {
    const coder = AbiCoder.defaultAbiCoder();
    const required = `0x08c379a0${coder.encode(["string"], ["no"]).slice(2)}`;
    expect(decodeRevert(contract, required)).to.deep.equal({ error: "Error", reason: "no" });
    const panic = `0x4e487b71${coder.encode(["uint256"], [17]).slice(2)}`;
    expect(decodeRevert(contract, panic)).to.deep.equal({ error: "Panic", reason: "Panic(code: 0x11)" });
    expect(decodeRevert(contract, "0xdeadbeef").error).to.equal("unknown");
    expect(decodeRevert(contract, "0x").error).to.equal("unknown");
  });

  it("are found wherever a node puts their data", () => {
    const data = "0xabcdef01";
    const message = "execution reverted";
    for (const place of [
      data,
      { data },
      { data: { data } },
      { originalError: { data } },
      { result: data },
      `Reverted ${data}`,
    ]) {
      expect(revertDataOf({ code: -32_000, message, data: place })).to.equal(data);
    }
    expect(revertDataOf({ code: 3, message: "?" })).to.equal("0x");
    expect(revertDataOf({ code: -32_000, message })).to.equal("0x");
    expect(revertDataOf({ code: -32_000, message: "header not found" })).to.equal(undefined);
  });
});

describe("refusals of a transaction", () => {
  // As geth, Nethermind, Besu, Erigon, Reth, Hardhat and anvil word them.
  const known = {
    "already-known": ["already known", "AlreadyKnown", "Known transaction", "transaction already imported"],
    "nonce-used": [
      "nonce too low: next nonce 5, tx nonce 4",
      "Nonce too low. Expected nonce to be 3 but got 2.",
      "nonce too low",
    ],
    "nonce-too-high": ["Nonce too high. Expected nonce to be 3 but got 9. Note that transactions can't be queued"],
    underpriced: [
      "replacement transaction underpriced",
      "transaction underpriced",
      "max fee per gas less than block base fee",
    ],
    "no-funds": [
      "insufficient funds for gas * price + value",
      "Sender doesn't have enough funds to send tx. The max upfront cost is: 5",
      "Upfront cost exceeds account balance",
    ],
    other: ["exceeds block gas limit", "intrinsic gas too low"],
  } as const;

  for (const [kind, messages] of Object.entries(known)) {
    it(`are read: ${kind}`, () => {
      for (const message of messages) expect(classifySendRefusal({ code: -32_000, message })).to.equal(kind);
    });
  }
});

describe("fees of a replacement", () => {
  it("rise by more than the tenth that nodes ask for, and follow the market above that", () => {
    const former: Fees = { type: 2, maxFeePerGas: 1_000n, maxPriorityFeePerGas: 7n };
    const raised = raiseFees(former, { type: 2, maxFeePerGas: 10n, maxPriorityFeePerGas: 900n });
    expect(raised).to.deep.equal({ type: 2, maxFeePerGas: 1_251n, maxPriorityFeePerGas: 900n });
    expect(raiseFees({ type: 0, gasPrice: 0n }, { type: 0, gasPrice: 0n })).to.deep.equal({ type: 0, gasPrice: 1n });
    expect(raiseFees({ type: 0, gasPrice: 8n }, { type: 0, gasPrice: 90n })).to.deep.equal({ type: 0, gasPrice: 90n });
  });
});

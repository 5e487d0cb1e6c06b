import { getAddress, ZeroHash } from "ethers";
import { domainVersion } from "../../../../node/chain/contracts/attestation-digest.ts";
import { loadContractInterface } from "../../../../node/chain/contracts/contract-abi.ts";
import { checkFederation } from "../../../../node/chain/contracts/federation-lookup.ts";
import type { JsonRpc } from "../../../../node/chain/rpc/json-rpc.ts";
import type { Address } from "../../../../node/core/ids.ts";
import { expectCode } from "../../../support/expect-code.ts";

const federation = `0x${"ab".repeat(20)}` as Address;

describe("whether a federation is at an address", () => {
  const at = getAddress(federation) as Address;
  const right = { name: "Fedledger", version: domainVersion, chainId: 5, verifyingContract: at };
  const looked = async (domain: typeof right) => {
    const contract = await loadContractInterface();
    const { name, version, chainId, verifyingContract } = domain;
    const values = ["0x0f", name, version, chainId, verifyingContract, ZeroHash, []];
    const result = contract.encodeFunctionResult("eip712Domain", values);
    return checkFederation({ chainId: 5, ask: async () => ({ result }) } as unknown as JsonRpc, contract, at);
  };

  it("is told by its own domain", () => looked(right));

  it("is not told by a domain of another name, version, chain or contract", async () => {
    for (const other of [
      { name: "Other" },
      { version: "0" },
      { chainId: 6 },
      { verifyingContract: `0x${"cd".repeat(20)}` },
    ])
      await expectCode("NO_FEDERATION", () => looked({ ...right, ...other } as typeof right));
  });
});

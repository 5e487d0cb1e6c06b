import { expect } from "chai";
import { hashMessage, Signature, SigningKey, TypedDataEncoder, verifyTypedData } from "ethers";
import { attestationDomain, recoverSigner } from "../../../node/chain/contracts/attestation-digest.ts";
import type { Address, Bytes32, Hex } from "../../../node/core/ids.ts";
import { vectors } from "../../support/vectors.ts";

interface Case {
  readonly name: string;
  readonly type: string;
  readonly chainId: number;
  readonly federation: Address;
  readonly privateKey: Hex;
  readonly signer: Address;
  readonly value: Record<string, unknown>;
  readonly digest: Bytes32;
  readonly r: Bytes32;
  readonly vs: Bytes32;
  readonly signature: Hex;
}

/** The types as docs/protocol has them. */
const types: Readonly<Record<string, string>> = {
  attestation: "Attestation(uint32 taskId,uint32 round,bytes32 proposalHash)",
  "wallet-attestation": "WalletAttestation(uint32 taskId,uint32 round,bytes32 proposalHash,address wallet)",
  commitment:
    "Commitment(uint32 taskId,uint32 round,bytes32 anchor,bytes32 updateRoot,bytes32 contentId,uint32 weight)",
  advertisement:
    "Advertisement(uint32 taskId,uint32 round,bytes32 start,bytes32 maskKey,bytes32 seedHash,bytes32 sharesId,bytes32 shareKey)",
  closing: "Closing(uint32 taskId,uint32 round,bytes32 accumulator)",
  "share-key": "ShareKey(uint32 taskId,bytes32 shareKey)",
  "role-grant": "Grant(address account,uint8 role,uint32 epoch)",
  "grant-key": "GrantKey(address successor)",
  grant: "Grant(uint32 taskId,uint32 fromRound,uint32 toRound,bytes32 auditor,bytes32 secrets)",
};

function typed(type: string): Record<string, { name: string; type: string }[]> {
  const [, name, fields] = /^(\w+)\((.*)\)$/.exec(types[type]!)!;
  return { [name!]: fields!.split(",").map((field) => ({ type: field.split(" ")[0]!, name: field.split(" ")[1]! })) };
}

describe("what members sign", () => {
  const cases = vectors<Case>("signatures");

  it("every type has a vector", () => {
    expect(new Set(cases.map(({ type }) => type))).to.deep.equal(new Set(Object.keys(types)));
  });

  for (const one of cases) {
    it(`vector: ${one.name}: digest, signature and its compact form`, () => {
      const domain = attestationDomain(one.chainId, one.federation);
      expect(domain).to.include({ name: "Fedledger", version: "2" });
      expect(TypedDataEncoder.hash(domain, typed(one.type), one.value)).to.equal(one.digest);
      expect(verifyTypedData(domain, typed(one.type), one.value, one.signature).toLowerCase()).to.equal(one.signer);
      expect(recoverSigner(one.digest, one.signature)!.toLowerCase()).to.equal(one.signer);
      expect(new SigningKey(one.privateKey).sign(one.digest).serialized).to.equal(one.signature);
      const whole = Signature.from(`${one.r}${one.vs.slice(2)}`);
      expect(whole.serialized).to.equal(one.signature);
      expect(recoverSigner(hashMessage("another") as Bytes32, one.signature)?.toLowerCase()).to.not.equal(one.signer);
    });
  }
});

import { expect } from "chai";
import { hashMessage, Signature, SigningKey, TypedDataEncoder, verifyTypedData } from "ethers";
import { attestationDigest, attestationDomain, recoverSigner } from "../../../node/chain/attestation-digest.ts";
import { packEvaluation, unpackEvaluation } from "../../../node/chain/packed-evaluation.ts";
import type { Address, Bytes32, Hex } from "../../../node/core/ids.ts";
import { vectors } from "../../support/vectors.ts";

interface Case {
  readonly name: string;
  readonly type: string;
  readonly chainId: number;
  readonly federation: Address;
  readonly privateKey: Hex;
  readonly signer: Address;
  // biome-ignore lint/suspicious/noExplicitAny: each kind has fields of its own.
  readonly value: Record<string, any>;
  readonly packed?: Hex;
  readonly digest: Bytes32;
  readonly r: Bytes32;
  readonly vs: Bytes32;
  readonly signature: Hex;
}

/** The types by the words of docs/protocol.md section 7. */
const types: Readonly<Record<string, string>> = {
  attestation:
    "Attestation(uint32 taskId,uint32 round,bytes32 proposalHash,uint32 samples,int64 metricQ24,uint64 lossQ24)",
  commitment:
    "Commitment(uint32 taskId,uint32 round,bytes32 baseModelRoot,bytes32 updateRoot,bytes32 contentId,uint32 weight)",
  availability: "Availability(uint32 taskId,uint32 round,bytes32 accumulator,uint64 slots)",
  grant: "Grant(uint32 taskId,uint32 fromRound,uint32 toRound,bytes32 auditor,bytes32 secrets)",
  custody: "Custody(uint32 taskId,uint32 round,address participant,bytes32 updateRoot,bytes32 contentId)",
};

function typed(type: string): Record<string, { name: string; type: string }[]> {
  const [, name, fields] = /^(\w+)\((.*)\)$/.exec(types[type]!)!;
  return { [name!]: fields!.split(",").map((field) => ({ type: field.split(" ")[0]!, name: field.split(" ")[1]! })) };
}

describe("what members sign", () => {
  for (const one of vectors<Case>("signatures")) {
    it(`vector: ${one.name}: digest, signature and its compact form`, () => {
      const domain = attestationDomain(one.chainId, one.federation);
      expect(TypedDataEncoder.hash(domain, typed(one.type), one.value)).to.equal(one.digest);
      expect(verifyTypedData(domain, typed(one.type), one.value, one.signature).toLowerCase()).to.equal(one.signer);
      expect(recoverSigner(one.digest, one.signature)!.toLowerCase()).to.equal(one.signer);
      expect(new SigningKey(one.privateKey).sign(one.digest).serialized).to.equal(one.signature);
      const whole = Signature.from(`${one.r}${one.vs.slice(2)}`);
      expect(whole.serialized).to.equal(one.signature);
      expect(recoverSigner(hashMessage("another") as Bytes32, one.signature)?.toLowerCase()).to.not.equal(one.signer);
    });

    if (one.packed === undefined) continue;
    it(`vector: ${one.name}: the packed evaluation`, () => {
      const { taskId, round, proposalHash, samples, metricQ24, lossQ24 } = one.value;
      const evaluation = { samples, metricQ24: BigInt(metricQ24), lossQ24: BigInt(lossQ24) };
      expect(packEvaluation(evaluation)).to.equal(BigInt(one.packed!));
      expect(unpackEvaluation(BigInt(one.packed!))).to.deep.equal(evaluation);
      const domain = attestationDomain(one.chainId, one.federation);
      expect(attestationDigest(domain, { taskId, round, proposalHash, ...evaluation })).to.equal(one.digest);
    });
  }
});

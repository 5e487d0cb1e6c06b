import { computeAddress, SigningKey, TypedDataEncoder } from "ethers";
import {
  attestationDigest,
  attestationDomain,
  attestationTypes,
} from "../../node/chain/contracts/attestation-digest.ts";
import { recordDigest, typedRecord } from "../../node/chain/contracts/signed-records.ts";
import { itemAt } from "../../node/core/bytes/items.ts";
import type { Address, Bytes32, Hex } from "../../node/core/ids.ts";
import type { SignedRecord } from "../../node/ports/chain.ts";
import { account, hash } from "./words.ts";

/** EIP-712 digests of all that members and admins sign, and signatures by a key that everybody knows. */
export function signatureCases(): unknown[] {
  const privateKey = hash("a key that everybody knows") as Hex;
  const key = new SigningKey(privateKey);
  const signer = computeAddress(privateKey).toLowerCase() as Address;
  const federation = account("federation");
  const chainId = 31337;
  const domain = attestationDomain(chainId, federation);
  const round = { taskId: 1, round: 2 };
  const update = { updateRoot: hash("u"), contentId: hash("c") };
  const keys = { maskKey: hash("k"), seedHash: hash("s"), sharesId: hash("b"), shareKey: hash("x") };
  const records: readonly SignedRecord[] = [
    { type: "commitment", ...round, participant: signer, anchor: hash("anchor"), weight: 321, ...update },
    { type: "advertisement", ...round, participant: signer, start: hash("start"), ...keys },
    { type: "closing", ...round, participant: signer, accumulator: hash("accumulator") },
    { type: "share-key", taskId: 1, shareKey: hash("x") },
    { type: "role-grant", account: account("p"), role: "participant", epoch: 1 },
    { type: "role-grant", account: account("a"), role: "aggregator", epoch: 0xffff_ffff },
    { type: "grant-key", successor: account("next") },
    { type: "grant", taskId: 1, fromRound: 2, toRound: 9, auditor: hash("auditor"), secrets: hash("secrets") },
  ];
  const common = { chainId, federation, privateKey, signer };
  const signed = (digest: Bytes32) => {
    const { r, yParityAndS: vs, serialized: signature } = key.sign(digest);
    return { digest, r, vs, signature };
  };
  const attested = { ...round, proposalHash: hash("proposal") };
  // nodes sign with keys; a wallet's owner signs this one with software of its own
  const walletTypes = {
    WalletAttestation: [...attestationTypes.Attestation, { name: "wallet", type: "address" }],
  };
  const walletWord = { ...attested, wallet: account("wallet") };
  return [
    {
      name: "attestation",
      type: "attestation",
      ...common,
      value: attested,
      ...signed(attestationDigest(domain, attested)),
    },
    {
      name: "wallet-attestation",
      type: "wallet-attestation",
      primary: "WalletAttestation",
      ...common,
      value: walletWord,
      ...signed(TypedDataEncoder.hash(domain, walletTypes, walletWord) as Bytes32),
    },
    ...records.map((record) => {
      const { types, value } = typedRecord(record);
      const name = record.type === "role-grant" ? `${record.type} of ${record.role}` : record.type;
      const primary = itemAt(Object.keys(types), 0);
      return { name, type: record.type, primary, ...common, value, ...signed(recordDigest(domain, record)) };
    }),
  ];
}

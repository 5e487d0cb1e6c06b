import { hexlify, type Interface, toUtf8Bytes } from "ethers";
import { peerIdToHex } from "../../core/bytes/peer-id-text.ts";
import { textWord } from "../../core/bytes/word-text.ts";
import type { Address, Hex } from "../../core/ids.ts";
import type { Access, Attributes, TaskRules } from "../../core/records.ts";
import { modeCodes, roleIds, ruleCodes } from "../../core/task/enum-codes.ts";
import { zeroBytes32 } from "../../core/words/commitment.ts";
import type { ChainCall, ProofCall } from "../../ports/index.ts";
import { isProofCall, proofArguments } from "./proof-arguments.ts";
import { encodeAdvertisement, encodeAttestations, encodeSigned } from "./signed-arguments.ts";

/** What a call's arguments need beside it. */
export interface CallContext {
  readonly federation: Address;
  /** RLP of the header that a draw, or the creation of a task that draws, has to give; no bytes for other calls. */
  readonly header: Hex;
}

/** Calldata of a call, for the federation or, of a proof, for the contract of proofs. */
export function encodeCall(contract: Interface, call: ChainCall, { federation, header }: CallContext): Hex {
  const values = isProofCall(call) ? proofArguments(call, federation) : argumentsOf(call, header);
  return contract.encodeFunctionData(call.kind, values) as Hex;
}

/** What a call pays, in wei. */
export function weiSentBy(call: ChainCall): bigint {
  return call.kind === "enrol" || call.kind === "join" ? call.amountWei : 0n;
}

function argumentsOf(call: Exclude<ChainCall, ProofCall>, header: Hex): readonly unknown[] {
  switch (call.kind) {
    case "register": {
      const { peerId, encryptionKey, multiaddrs, grant = "0x" } = call;
      return [peerIdToHex(peerId), encryptionKey, multiaddrs.join("\n"), grant];
    }
    case "grantRole":
    case "revokeRole":
      return [roleIds[call.role], call.account];
    case "setAttributes":
      return [call.account, encodeAttributes(call.attributes)];
    case "createTask": {
      const { rules, access, modelRoot, spec } = call;
      return [encodeRules(rules), encodeAccess(access), modelRoot, hexlify(toUtf8Bytes(spec)), header];
    }
    case "enrol":
      return [call.taskId, call.first, call.statement ?? zeroBytes32, call.shareKey ?? "0x"];
    case "join":
    case "leave":
      return [call.taskId, call.first];
    case "freePlaces":
    case "resume":
      return [call.taskId];
    case "setShareKey":
      return [call.taskId, call.first, call.shareKey];
    case "record":
      return [call.taskId, call.first, call.entryKind, call.hash];
    case "drawRound":
      return [call.taskId, call.round, header];
    case "advertise":
      return [call.taskId, call.round, call.signed.map(encodeAdvertisement)];
    case "commit":
      return [call.taskId, call.round, call.anchor, call.updateRoot, call.contentId, call.weight];
    case "commitBatch":
      return [call.taskId, call.round, call.signed.map(encodeSigned)];
    case "openRound":
    case "closeRound":
    case "reassign":
      return [call.taskId, call.round];
    case "propose":
      return [call.taskId, call.round, call.accumulator, call.proposal, call.openings];
    case "accept": {
      const { signatures, wallets } = encodeAttestations(call.attestations);
      return [call.taskId, call.round, call.proposal, signatures, wallets];
    }
    case "releaseBond":
      return [call.taskId, call.account];
    case "withdraw":
      return [];
  }
}

function encodeAttributes({ organisation, region, clearance }: Attributes) {
  return { organisation: textWord(organisation), region: textWord(region), clearance };
}

function encodeAccess({ organisations, regions, clearance }: Access) {
  return { organisations: organisations.map(textWord), regions: regions.map(textWord), clearance };
}

function encodeRules(rules: TaskRules) {
  return { ...rules, mode: modeCodes.codeOf(rules.mode), rule: ruleCodes.codeOf(rules.rule) };
}

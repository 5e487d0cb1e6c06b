import { hexlify, type Interface, toUtf8Bytes } from "ethers";
import { modeCodes, roleIds, ruleCodes } from "../core/enum-codes.ts";
import type { Hex } from "../core/ids.ts";
import { peerIdToHex } from "../core/peer-id-text.ts";
import type { TaskRules } from "../core/records.ts";
import type { ChainCall } from "../ports/index.ts";

/** Calldata of a call. Attestations are put in the ascending order of attesters that the contract wants. */
export function encodeCall(contract: Interface, call: ChainCall): Hex {
  return contract.encodeFunctionData(call.kind, argumentsOf(call)) as Hex;
}

function argumentsOf(call: ChainCall): readonly unknown[] {
  switch (call.kind) {
    case "register":
      return [peerIdToHex(call.peerId), call.encryptionKey, call.multiaddrs.join("\n")];
    case "grantRole":
    case "revokeRole":
      return [roleIds[call.role], call.account];
    case "createTask":
      return [encodeRules(call.rules), call.modelRoot, hexlify(toUtf8Bytes(call.spec))];
    case "enrol":
    case "leaveTask":
    case "openRound":
      return [call.taskId];
    case "commit":
      return [call.taskId, call.round, call.baseModelRoot, call.updateRoot, call.contentId, call.weight];
    case "closeRound":
    case "reassign":
      return [call.taskId, call.round];
    case "propose":
    case "finalizeUnchallenged":
      return [call.taskId, call.round, call.proposal];
    case "finalize": {
      const ascending = call.attestations.toSorted((a, b) => (BigInt(a.attester) < BigInt(b.attester) ? -1 : 1));
      const attestations = ascending.map(({ evaluation, signature }) => ({ evaluation, signature }));
      return [call.taskId, call.round, call.proposal, attestations];
    }
  }
}

function encodeRules(rules: TaskRules) {
  return { ...rules, mode: modeCodes.codeOf(rules.mode), rule: ruleCodes.codeOf(rules.rule) };
}

import { concat, hexlify, type Interface, toUtf8Bytes } from "ethers";
import { modeCodes, roleIds, ruleCodes } from "../core/enum-codes.ts";
import type { Hex } from "../core/ids.ts";
import { bytesToLanes, lanesToBytes } from "../core/lanes.ts";
import { peerIdToHex } from "../core/peer-id-text.ts";
import type { InvalidUpdate, TaskRules, WrongChunk } from "../core/records.ts";
import type { ChainCall } from "../ports/index.ts";

/** Calldata of a call. Attestations are put in the ascending order of attesters that the contract wants. */
export function encodeCall(contract: Interface, call: ChainCall): Hex {
  const isBonded = call.kind === "createTask" && call.bondWei !== undefined;
  return contract.encodeFunctionData(isBonded ? "createBondedTask" : call.kind, argumentsOf(call)) as Hex;
}

function argumentsOf(call: ChainCall): readonly unknown[] {
  switch (call.kind) {
    case "register":
      return [peerIdToHex(call.peerId), call.encryptionKey, call.multiaddrs.join("\n")];
    case "grantRole":
    case "revokeRole":
      return [roleIds[call.role], call.account];
    case "createTask":
      return [
        encodeRules(call.rules),
        call.modelRoot,
        hexlify(toUtf8Bytes(call.spec)),
        ...(call.bondWei === undefined ? [] : [call.bondWei]),
      ];
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
    case "challengeWeight":
      return [call.taskId, call.round, call.proposal, call.commitments];
    case "challengeChunk":
      return [call.taskId, call.round, call.proposal, call.commitments, encodeWrongChunk(call.wrong)];
    case "challengeUpdate":
      return [call.taskId, call.round, call.proposal, call.commitments, encodeInvalidUpdate(call.invalid)];
    case "requestUnbond":
      return [call.amountWei];
    case "bond":
    case "withdrawBond":
    case "withdrawCredit":
      return [];
  }
}

function encodeWrongChunk({ chunkIndex, base, updates, resultLeaf, resultProof }: WrongChunk) {
  return {
    chunkIndex,
    leaf: resultLeaf,
    leafPath: resultProof,
    base: hexlify(base.chunk),
    basePath: base.proof,
    updates: concat(updates.map(({ chunk }) => hexlify(zigzag(chunk)))),
    updatePaths: updates.flatMap(({ proof }) => proof),
  };
}

function encodeInvalidUpdate({ position, chunkIndex, update }: InvalidUpdate) {
  return { position, chunkIndex, chunk: hexlify(update.chunk), path: update.proof };
}

/** Each lane q as (q << 1) ^ (q >> 31): small lanes of either sign have zero bytes then, which cost less in a transaction. */
function zigzag(chunk: Uint8Array): Uint8Array {
  return lanesToBytes(bytesToLanes(chunk.slice()).map((lane) => (lane << 1) ^ (lane >> 31)));
}

function encodeRules(rules: TaskRules) {
  return { ...rules, mode: modeCodes.codeOf(rules.mode), rule: ruleCodes.codeOf(rules.rule) };
}

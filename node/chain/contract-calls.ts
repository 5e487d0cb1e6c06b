import { concat, hexlify, type Interface, Signature, toUtf8Bytes } from "ethers";
import { zeroBytes32 } from "../core/commitment.ts";
import { demandKindCodes, modeCodes, roleIds, ruleCodes } from "../core/enum-codes.ts";
import type { Address, Hex } from "../core/ids.ts";
import { bytesToLanes, lanesToBytes } from "../core/lanes.ts";
import { peerIdToHex } from "../core/peer-id-text.ts";
import type {
  Access,
  Attributes,
  Availability,
  Demand,
  InvalidUpdate,
  SignedCommitment,
  TaskRules,
  WrongChunk,
} from "../core/records.ts";
import { textWord } from "../core/word-text.ts";
import type { ChainCall } from "../ports/index.ts";
import { packEvaluation } from "./packed-evaluation.ts";

/** Calldata of a call. Signatures are put in the ascending order of signers that the contract wants. */
export function encodeCall(contract: Interface, call: ChainCall): Hex {
  return contract.encodeFunctionData(functionOf(call), argumentsOf(call)) as Hex;
}

/** A restricted task is created by a function of its own; every other call's kind is the function's name. */
function functionOf(call: ChainCall): string {
  return call.kind === "createTask" && call.access ? "createRestrictedTask" : call.kind;
}

/** What a call pays, in wei. */
export function weiSentBy(call: ChainCall): bigint {
  return call.kind === "bond" || call.kind === "demandChunk" || call.kind === "demandNodes" ? call.amountWei : 0n;
}

function argumentsOf(call: ChainCall): readonly unknown[] {
  switch (call.kind) {
    case "register":
      return [peerIdToHex(call.peerId), call.encryptionKey, call.multiaddrs.join("\n")];
    case "grantRole":
    case "revokeRole":
      return [roleIds[call.role], call.account];
    case "setAttributes":
      return [call.account, encodeAttributes(call.attributes)];
    case "createTask": {
      const access = call.access ? [encodeAccess(call.access)] : [];
      return [encodeRules(call.rules), ...access, call.modelRoot, hexlify(toUtf8Bytes(call.spec))];
    }
    case "enrol":
    case "leaveTask":
    case "openRound":
      return [call.taskId];
    case "advertise":
      return [call.taskId, call.round, call.seed, call.maskKey, call.seedHash, call.sharesId];
    case "commit":
      return [call.taskId, call.round, call.baseModelRoot, call.updateRoot, call.contentId, call.weight];
    case "commitBatch":
      return [call.taskId, call.round, call.signed.map(encodeSigned)];
    case "closeRound":
    case "reassign":
      return [call.taskId, call.round];
    case "propose":
      return [call.taskId, call.round, call.proposal, encodeWords(call)];
    case "proposeOpened":
      return [call.taskId, call.round, call.proposal, encodeWords(call), call.openings];
    case "finalizeUnchallenged":
      return [call.taskId, call.round, call.proposal];
    case "finalize": {
      const attestations = ascending(call.attestations, ({ attester }) => attester).map((attestation) => ({
        evaluation: packEvaluation(attestation.evaluation),
        ...compact(attestation),
      }));
      return [call.taskId, call.round, call.proposal, attestations];
    }
    case "challengeWeight":
      return [call.taskId, call.round, call.proposal, call.commitments, saltOf(call)];
    case "challengeChunk":
      return [call.taskId, call.round, call.proposal, call.commitments, encodeWrongChunk(call.wrong), saltOf(call)];
    case "challengeMaskedChunk": {
      const { taskId, round, proposal, advertisements, commitments, openings, wrong } = call;
      return [taskId, round, proposal, advertisements, commitments, openings, encodeWrongChunk(wrong), saltOf(call)];
    }
    case "challengeOpening": {
      const { taskId, round, proposal, advertisements, openings, slot } = call;
      return [taskId, round, proposal, advertisements, openings, slot, saltOf(call)];
    }
    case "challengeUpdate": {
      const proof = encodeInvalidUpdate(call.invalid);
      return [call.taskId, call.round, call.proposal, call.commitments, proof, saltOf(call)];
    }
    case "challengeExclusion": {
      const { r, vs } = compact(call.custody);
      return [call.taskId, call.round, call.proposal, call.commitments, call.position, r, vs, saltOf(call)];
    }
    case "reportUpdate":
      return [call.taskId, call.round, call.commitments, encodeInvalidUpdate(call.invalid), saltOf(call)];
    case "reportEquivocation": {
      const { one, other } = call;
      return [call.taskId, call.round, one.baseModelRoot, encodeSigned(one), encodeSigned(other), saltOf(call)];
    }
    case "reportDoubleCommitment":
      return [call.taskId, call.round, call.commitments, call.position, encodeSigned(call.signed), saltOf(call)];
    case "reportWithheld":
      return [call.taskId, call.round, call.proposal, call.commitments, call.position, saltOf(call)];
    case "demandChunk":
      return [encodeDemand(call.demand), call.proposal, call.commitments, call.position];
    case "demandNodes":
      return [encodeDemand(call.demand), call.proposal, call.path];
    case "answerChunk":
      return [encodeDemand(call.demand), call.participant, hexlify(call.shown.chunk), call.shown.proof];
    case "answerNodes":
      return [encodeDemand(call.demand), call.nodes];
    case "strikeUnanswered":
      return [encodeDemand(call.demand), call.proposal];
    case "returnDemand":
      return [encodeDemand(call.demand)];
    case "reserveChallenge":
      return [call.reservation];
    case "claimReward":
      return [call.caseHash, call.salt];
    case "collectReward":
      return [call.caseHash];
    case "requestUnbond":
      return [call.amountWei];
    case "bond":
    case "withdrawBond":
    case "withdrawCredit":
      return [];
  }
}

const saltOf = ({ salt }: { readonly salt?: Hex }) => salt ?? zeroBytes32;

function ascending<Entry>(entries: readonly Entry[], accountOf: (entry: Entry) => Address): readonly Entry[] {
  return entries.toSorted((a, b) => (BigInt(accountOf(a)) < BigInt(accountOf(b)) ? -1 : 1));
}

/** A signature of 65 bytes in the two words of EIP-2098. */
function compact({ signature }: { readonly signature: Hex }) {
  const { r, yParityAndS: vs } = Signature.from(signature);
  return { r, vs };
}

function encodeSigned(signed: SignedCommitment) {
  const { weight, updateRoot, contentId } = signed;
  return { weight, updateRoot, contentId, ...compact(signed) };
}

function encodeWords({ words = [] }: { readonly words?: readonly Availability[] }) {
  return ascending(words, ({ holder }) => holder).map((word) => ({ slots: word.slots, ...compact(word) }));
}

function encodeAttributes({ organisation, region, clearance }: Attributes) {
  return { organisation: textWord(organisation), region: textWord(region), clearance };
}

function encodeAccess({ organisations, regions, clearance }: Access) {
  return { organisations: organisations.map(textWord), regions: regions.map(textWord), clearance };
}

function encodeDemand(demand: Demand) {
  return { ...demand, kind: demandKindCodes.codeOf(demand.kind) };
}

function encodeWrongChunk({
  chunkIndex,
  base,
  updates,
  resultLeaf,
  resultProof,
  bounds = new Uint8Array(),
}: WrongChunk) {
  return {
    chunkIndex,
    leaf: resultLeaf,
    leafPath: resultProof,
    base: hexlify(base.chunk),
    basePath: base.proof,
    updates: concat(updates.map(({ chunk }) => hexlify(zigzag(chunk)))),
    updatePaths: updates.flatMap(({ proof }) => proof),
    bounds: hexlify(bounds),
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

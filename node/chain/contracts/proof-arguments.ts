import { concat, hexlify } from "ethers";
import { bytesToLanes, lanesToBytes } from "../../core/bytes/lanes.ts";
import type { Address, Hex } from "../../core/ids.ts";
import type { Evidence, InvalidUpdate, Proposal, WrongChunk } from "../../core/records.ts";
import { zeroBytes32 } from "../../core/words/commitment.ts";
import type { ChainCall, ProofCall } from "../../ports/index.ts";
import { encodeSigned } from "./signed-arguments.ts";

const proofKinds: Readonly<Record<ProofCall["kind"], true>> = {
  proveChunk: true,
  proveMaskedChunk: true,
  proveOpening: true,
  proveWeight: true,
  proveUpdate: true,
  proveEquivocation: true,
  proveDoubleCommitment: true,
};

/** Whether a call goes to the contract of proofs. */
export function isProofCall(call: ChainCall): call is ProofCall {
  return Object.hasOwn(proofKinds, call.kind);
}

/** Arguments of a proof against a federation's members, as contracts/Proofs.sol wants them. */
export function proofArguments(call: ProofCall, federation: Address): readonly unknown[] {
  if (call.kind === "proveEquivocation") {
    const { taskId, round, anchor, one, other } = call;
    return [federation, taskId, round, anchor, encodeSigned(one), encodeSigned(other)];
  }
  const about = [federation, encodeEvidence(call.evidence)];
  switch (call.kind) {
    case "proveChunk":
      return [...about, call.commitments, encodeWrongChunk(call.wrong)];
    case "proveMaskedChunk": {
      const { start, advertisements, commitments, openings, wrong } = call;
      return [...about, start, advertisements, commitments, openings, encodeWrongChunk(wrong)];
    }
    case "proveOpening":
      return [...about, call.start, call.advertisements, call.openings, call.slot];
    case "proveWeight":
      return [...about, call.commitments];
    case "proveUpdate":
      return [...about, call.commitments, encodeInvalidUpdate(call.invalid)];
    case "proveDoubleCommitment":
      return [...about, call.commitments, call.position, encodeSigned(call.signed)];
  }
}

const noProposal: Proposal = {
  attempt: 0,
  aggregator: "0x0000000000000000000000000000000000000000",
  modelRoot: zeroBytes32,
  contentId: zeroBytes32,
  totalWeight: 0n,
  excluded: 0n,
};

function encodeEvidence({ inputs, proposal = noProposal, attesters }: Evidence) {
  return { inputs, proposal, attesters };
}

function encodeWrongChunk(wrong: WrongChunk) {
  const { chunkIndex, base, updates, resultLeaf, resultProof, bounds = new Uint8Array() } = wrong;
  return {
    chunkIndex,
    leaf: resultLeaf,
    leafPath: resultProof,
    base: hexlify(base.chunk),
    basePath: base.proof,
    updates: concat(updates.map(({ chunk }) => hexlify(zigzag(chunk)))) as Hex,
    updatePaths: updates.flatMap(({ proof }) => proof),
    bounds: hexlify(bounds),
  };
}

function encodeInvalidUpdate({ position, chunkIndex, update }: InvalidUpdate) {
  return { position, chunkIndex, chunk: hexlify(update.chunk), path: update.proof };
}

/**
 * Each lane q as (q << 1) ^ (q >> 31): small lanes of either sign have zero bytes then, which cost less in a
 * transaction.
 */
function zigzag(chunk: Uint8Array): Uint8Array {
  return lanesToBytes(bytesToLanes(chunk.slice()).map((lane) => (lane << 1) ^ (lane >> 31)));
}

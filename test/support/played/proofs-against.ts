import { evidenceOf, inputsOf } from "../../../node/core/record/evidence.ts";
import type { RoundView } from "../../../node/core/record/task-view.ts";
import type { ProofCall } from "../../../node/ports/proof-calls.ts";
import type { ProposedRound } from "../../../node/rounds/blobs/proposed-round.ts";
import type { UpdateFault } from "../../../node/rounds/court/court-state.ts";

/** A proof against a round's proposal, for machines, which do not check it. */
export function proofAgainst(round: ProposedRound): ProofCall {
  return { kind: "proveWeight", evidence: evidenceOf(1, round)!, commitments: round.commitments };
}

/** A proof that the update of a place among a round's commitments breaks the rules; likewise. */
export function faultIn(round: RoundView, position: number): UpdateFault {
  return {
    kind: "proveUpdate",
    evidence: { inputs: inputsOf(1, round), attesters: [] },
    commitments: round.commitments,
    invalid: { position, chunkIndex: 0, update: { chunk: new Uint8Array(256), proof: [] } },
  };
}

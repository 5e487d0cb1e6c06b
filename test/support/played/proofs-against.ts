import { evidenceOf } from "../../../node/core/record/evidence.ts";
import type { ProofCall } from "../../../node/ports/proof-calls.ts";
import type { ProposedRound } from "../../../node/rounds/blobs/proposed-round.ts";

/** A proof against a round's proposal, for machines, which do not check it. */
export function proofAgainst(round: ProposedRound): ProofCall {
  return { kind: "proveWeight", evidence: evidenceOf(1, round)!, commitments: round.commitments };
}

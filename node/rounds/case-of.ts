import { caseHash, proposalHash } from "../core/commitment.ts";
import type { Address, Bytes32 } from "../core/ids.ts";
import type { ChallengeKind, MisconductKind } from "../core/records.ts";
import type { ChainCall, ChallengeCall, ReportCall } from "../ports/chain.ts";

/** A call that wins a case, and with it a reward. */
export type CaseCall = ChallengeCall | ReportCall;

const caseKinds: ReadonlySet<string> = new Set<CaseCall["kind"]>([
  "challengeChunk",
  "challengeMaskedChunk",
  "challengeOpening",
  "challengeUpdate",
  "challengeWeight",
  "challengeExclusion",
  "challengeMaskedChunk",
  "challengeOpening",
  "reportUpdate",
  "reportEquivocation",
  "reportDoubleCommitment",
  "reportWithheld",
]);

/** Whether the call wins a case. */
export function isCaseCall(call: ChainCall): call is CaseCall {
  return caseKinds.has(call.kind);
}

/** What a case is: how the contract knows its reward (docs/protocol.md section 11), and against what it is brought. */
export interface Case {
  readonly caseHash: Bytes32;
  readonly against: { readonly proposalHash: Bytes32 } | { readonly participant: Address };
}

/** The case that a call wins. */
export function caseOf(call: CaseCall): Case {
  switch (call.kind) {
    case "reportUpdate":
      return misconductOf(call, call.commitments[call.invalid.position]!.participant, "invalid-update");
    case "reportEquivocation":
      return misconductOf(call, call.one.participant, "equivocation");
    case "reportDoubleCommitment":
      return misconductOf(call, call.signed.participant, "equivocation");
    case "reportWithheld":
      return misconductOf(call, call.commitments[call.position]!.participant, "withheld");
    case "challengeChunk":
    case "challengeMaskedChunk":
      return chargeOf(call, "wrong-chunk", call.wrong.chunkIndex);
    case "challengeUpdate":
      return chargeOf(call, "invalid-update", call.invalid.chunkIndex);
    case "challengeExclusion":
      return chargeOf(call, "left-out", call.commitments[call.position]!.slot);
    case "challengeOpening":
      return chargeOf(call, "false-opening", call.slot);
    case "challengeWeight":
      return chargeOf(call, "wrong-weight", 0);
  }
}

function misconductOf({ taskId, round }: ReportCall, participant: Address, misconduct: MisconductKind): Case {
  return { caseHash: caseHash({ taskId, round, participant, misconduct }), against: { participant } };
}

function chargeOf({ taskId, round, proposal }: ChallengeCall, challenge: ChallengeKind, index: number): Case {
  const hash = proposalHash(taskId, round, proposal);
  return {
    caseHash: caseHash({ taskId, round, proposalHash: hash, challenge, index }),
    against: { proposalHash: hash },
  };
}

import type { FindingInput } from "../../audit/replay/findings.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import type { Log } from "../../ports/system.ts";
import type { ProposedRound } from "../../rounds/blobs/proposed-round.ts";
import type { Judgement } from "../../rounds/court/court-state.ts";
import type { Progress } from "../../rounds/progress/progress.ts";
import type { OpenedSum } from "../../rounds/words/open-sum-messages.ts";

/**
 * Compares the proposal of an encrypted round with what this participant opened itself: the sum's content id, the
 * model's root and its content id. The contract has compared the weight. In a sealed task, `sealed` says what was found
 * in the blob of a model whose root is right, in the place of its content id. Nothing of it can be proven on the chain:
 * what differs is told, and not attested.
 */
export function judgeEncrypted(
  { log, onProgress }: { readonly log: Log; readonly onProgress?: ((progress: Progress) => void) | undefined },
  { round, proposal, commitments }: ProposedRound,
  opened: OpenedSum,
  sealed?: { readonly finding: FindingInput | undefined },
): Judgement {
  const weight = commitments.reduce((sum, each) => sum + BigInt(each.weight), 0n);
  const findings = [
    ...(hexEquals(proposal.openings, opened.sumId) ? [] : ["SUM_WRONG" as const]),
    ...(hexEquals(proposal.modelRoot, opened.modelRoot) ? [] : ["AGGREGATE_WRONG" as const]),
    ...(sealed || hexEquals(proposal.contentId, opened.contentId) ? [] : ["MODEL_BYTES_DIFFER" as const]),
    ...(sealed?.finding && sealed.finding.severity !== "unchecked" ? [sealed.finding.code] : []),
    ...(proposal.totalWeight === weight && proposal.excluded === 0n ? [] : ["TOTAL_WEIGHT_WRONG" as const]),
  ];
  if (findings.length === 0) return sealed?.finding ? { isRight: false, missing: [] } : { isRight: true };
  for (const finding of findings) {
    const data = { round, finding, party: proposal.aggregator };
    log.error("The proposal is not what the round's updates give: it is not attested", data);
  }
  onProgress?.({ kind: "disputed", round, findings });
  return { isRight: false };
}

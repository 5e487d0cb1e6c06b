import { hexEquals } from "../../core/bytes/hex.ts";
import type { Bytes32 } from "../../core/ids.ts";
import type { HashedProposal, RoundRecord } from "../record/task-record.ts";
import { createFindingLog, type Finding } from "../replay/findings.ts";

/** What is to be said about the bytes of a round's base and result. */
export function findModel(
  round: RoundRecord,
  proposal: HashedProposal,
  seen: {
    readonly base: boolean;
    readonly right: boolean;
    readonly modelBlob: "right" | "missing" | "sealed" | "differs";
    readonly check: { readonly modelRoot?: Bytes32; readonly contentId?: Bytes32 };
    readonly sealed: boolean;
  },
): readonly Finding[] {
  const log = createFindingLog(round.opened.taskId, round.round);
  const { aggregator: party, modelRoot, contentId } = proposal;
  if (!seen.base) {
    log.add({
      code: "MODEL_MISSING",
      severity: "unchecked",
      message:
        "The model that this round starts from could neither be recomputed nor had, so its result was not recomputed.",
      data: { modelRoot: round.opened.baseModelRoot },
    });
  }
  const contentRight = !seen.sealed && seen.check.contentId !== undefined && hexEquals(seen.check.contentId, contentId);
  if (seen.modelBlob === "differs" && !(seen.right && !contentRight)) {
    log.add({
      code: "MODEL_BYTES_DIFFER",
      severity: "unchecked",
      party,
      message: "The bytes at hand under the content id of this round's model are not the model.",
      data: { modelRoot, contentId, recomputed: seen.right },
    });
  } else if (seen.modelBlob === "missing" && !seen.right) {
    log.add({
      code: "MODEL_MISSING",
      severity: "unchecked",
      party,
      message: "The bytes of this round's model are nowhere to be had.",
      data: { modelRoot, contentId },
    });
  } else if (seen.modelBlob === "sealed" && !seen.right) {
    log.add({
      code: "MODEL_SEALED",
      severity: "unchecked",
      party,
      message: "The bytes of this round's model are sealed, and there is no key for them here.",
      data: { modelRoot, contentId },
    });
  }
  return log.findings;
}

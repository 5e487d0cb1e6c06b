import { closedRoundOf } from "../audit/replay/masked-round.ts";
import { hexEquals, toHex } from "../core/bytes/hex.ts";
import type { Log } from "../ports/system.ts";
import { collectOpenings, decodeUnmasking } from "../privacy/masking/index.ts";
import type { ShareBundles } from "../rounds/blobs/share-bundles.ts";
import type { TaskLook } from "../rounds/blobs/task-look.ts";
import type { Progress } from "../rounds/progress/progress.ts";
import { fellowsIn } from "../rounds/steps/mask-queries.ts";
import type { AggregatorAction, Opening } from "./aggregator-state.ts";

/** What putting the openings of a round together needs. */
export interface OpenRoundDeps {
  readonly bundles: ShareBundles;
  readonly log: Log;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Puts together what opens a closed round from what survivors told and the bundles that are here, and says what is
 * missing. What somebody gave that cannot be right is told in the log.
 */
export async function openRound(
  { bundles, log, onProgress }: OpenRoundDeps,
  { round, told, subject }: Extract<AggregatorAction, { kind: "open" }>,
  look: TaskLook,
): Promise<Opening> {
  const { taskId, rules } = look.view;
  const answers = told.flatMap((unmasking) => {
    const slot = round.commitments.find(({ participant }) => hexEquals(participant, unmasking.participant))?.slot;
    if (slot === undefined) return [];
    return decodeUnmasking(unmasking, slot, fellowsIn(round, slot).length) ?? [];
  });
  const { openings, missing, blame } = await collectOpenings({
    round: closedRoundOf(taskId, round),
    drawn: round.drawn,
    thresholdPercent: rules.thresholdPercent,
    bundles: await bundles.here(round.advertisements ?? [], round, look),
    answers,
  });
  for (const { slot, reason, about } of blame) {
    log.warn("What a participant gave to open a masked round is false", { round: round.round, slot, reason, about });
  }
  onProgress?.({
    kind: "openings",
    round: round.round,
    heard: told.length,
    of: round.commitments.length,
    missing: missing.map(({ slot }) => slot),
  });
  return { ...subject, ...(openings && { openings: toHex(openings) }) };
}

import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address, Bytes32, RoundNumber } from "../../core/ids.ts";
import type { Commitment } from "../../core/records.ts";
import type { RoundRecord } from "../record/task-record.ts";
import type { UpdateStatus } from "../replay/check-round.ts";
import { createFindingLog, type Finding, type FindingLog } from "../replay/findings.ts";

/**
 * Below so many bits two honest updates can be equal by chance: an update that changes nothing, a tiny or a clipped
 * one.
 */
const minimumInformationBits = 64;
/** Where the model has moved by no more than this many lanes since, honest training can give the same update again. */
const minimumMovedLanes = 16;
/** Taken for a round whose result was not recomputed: further than a lane can move. */
const unknownMoveLanes = 2 ** 32;

/** Finds updates that were used again. Rounds must come in their order. */
export interface ReuseCheck {
  /**
   * Looks at one round. `updates` where their bytes were looked at, `movedLanes` where the result was recomputed.
   * A replay is its participant's. Of a copy within a round no party is named: who sees an update before it is on the
   * chain can commit to it first.
   */
  look(
    record: RoundRecord,
    seen: { readonly updates?: readonly UpdateStatus[]; readonly movedLanes?: number },
  ): Finding[];
}

interface Use {
  readonly round: RoundNumber;
  readonly participant: Address;
  readonly baseModelRoot: Bytes32;
  /** How far the model had moved from the task's start, at most: the sum of each round's greatest change. */
  readonly movedLanes: number;
}

/**
 * A content id is a hash of an update's bytes, and of nothing else (an update root is bound to its participant), so
 * equal content ids are equal updates; in a sealed task the root of the opened lanes says the same. Training from
 * another model gives another update; so the same one again was copied or replayed, except where it carries too little
 * to tell, the base is the same (a round after an invalid one), or the model has hardly moved. A commitment whose bytes
 * are not the committed ones is another's fault: a copy of a whole commitment has the root of the participant it was
 * copied from.
 */
export function createReuseCheck(): ReuseCheck {
  const uses = new Map<string, Use[]>();
  const informationBits = new Map<string, number>();
  let movedLanes = 0;

  function lookAt(
    { round, opened }: RoundRecord,
    log: FindingLog,
    commitment: Commitment,
    update?: UpdateStatus,
  ): void {
    const { participant, contentId } = commitment;
    const bytes = sameLanes(commitment, update);
    const before = uses.get(bytes) ?? [];
    const use = { round, participant, baseModelRoot: opened.baseModelRoot, movedLanes };
    uses.set(bytes, [...before, use]);
    if ((informationBits.get(bytes) ?? 0) < minimumInformationBits) return;
    const copied = before.find((former) => isCopy(use, former));
    const replayed = before.find((former) => isReplay(use, former));
    if (copied) {
      log.add({
        code: "UPDATE_COPIED",
        message: `${copied.participant} and ${participant} committed to the very same update in this round: one of them copied it, and the order on the chain does not tell which.`,
        data: { contentId, first: copied.participant, second: participant },
      });
    }
    if (replayed) {
      log.add({
        code: "UPDATE_REPLAYED",
        party: participant,
        message: `${participant} committed to the update that ${replayed.participant} made in round ${replayed.round}.`,
        data: { contentId, from: replayed.participant, fromRound: replayed.round },
      });
    }
  }

  return {
    look(record, seen) {
      const { round, opened, commitments } = record;
      const log = createFindingLog(commitments[0]?.taskId ?? opened.taskId, round);
      for (const update of (seen.updates ?? []).filter(({ status }) => status === "valid")) {
        informationBits.set(sameLanes(update.commitment, update), update.informationBits);
      }
      for (const [i, commitment] of commitments.entries()) {
        const update = seen.updates?.[i];
        if (update === undefined || update.status === "valid") lookAt(record, log, commitment, update);
      }
      if (record.phase === "accepted" && !record.isVoid) movedLanes += seen.movedLanes ?? unknownMoveLanes;
      return [...log.findings];
    },
  };
}

function isCopy(use: Use, former: Use): boolean {
  return former.round === use.round && !hexEquals(former.participant, use.participant);
}

/** Whether the same update was made from another model, and the model had moved meanwhile. */
function isReplay(use: Use, former: Use): boolean {
  if (former.round === use.round || hexEquals(former.baseModelRoot, use.baseModelRoot)) return false;
  return use.movedLanes - former.movedLanes > minimumMovedLanes;
}

/** What equal updates have in common. */
function sameLanes({ contentId }: RoundRecord["commitments"][number], update: UpdateStatus | undefined): string {
  return (update?.lanesRoot ?? contentId).toLowerCase();
}

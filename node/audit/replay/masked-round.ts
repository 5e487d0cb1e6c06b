import { fromHex } from "../../core/bytes/hex.ts";
import type { Hex, TaskId } from "../../core/ids.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { openingBytes } from "../../core/record/round-keys.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { Advertisement, TaskRules } from "../../core/records.ts";
import { type ClosedRound, checkOpenings, isMaskKey, type KeyedRound } from "../../privacy/masking/index.ts";
import type { Finding } from "./findings.ts";

/** What a round tells about its masks; a RoundView fits. */
export type MaskableRound = Pick<RoundView, "round" | "commitments"> & {
  readonly advertisements?: readonly Advertisement[];
};

/** A closed masked round, and what opens its sum. */
export interface OpenedRound {
  readonly closed: ClosedRound<Advertisement>;
  /** 32 bytes for each slot that advertised. */
  readonly openings: Uint8Array;
}

/** A round's keys as the masks take them. */
export function keyedRoundOf(
  taskId: TaskId,
  { round, advertisements = [] }: Omit<MaskableRound, "commitments">,
): KeyedRound<Advertisement> {
  return { taskId, round, advertisements };
}

/** A closed round as the masks take it. */
export function closedRoundOf(taskId: TaskId, round: MaskableRound): ClosedRound<Advertisement> {
  return { ...keyedRoundOf(taskId, round), surviving: round.commitments.map(({ slot }) => slot) };
}

/**
 * The round with its openings; undefined where the task is not masked, their length is not the round's, or its keys are
 * none that a contract takes: all that the record's check tells.
 */
export function openedRoundOf(
  taskId: TaskId,
  rules: Pick<TaskRules, "mode">,
  round: MaskableRound,
  openings: Hex | undefined,
): OpenedRound | undefined {
  if (modeOf(rules).keys !== "each" || openings === undefined) return undefined;
  if (openings.length !== 2 + 2 * openingBytes * (round.advertisements?.length ?? 0)) return undefined;
  const closed = closedRoundOf(taskId, round);
  return canBeMasked(closed) ? { closed, openings: fromHex(openings) } : undefined;
}

/**
 * Whether masks can be made from what an endpoint says of a round: one key of the curve for each slot, and updates of
 * slots with keys.
 */
function canBeMasked({ advertisements, surviving }: ClosedRound): boolean {
  const slots = new Set(advertisements.map(({ slot }) => slot));
  const isEachOnce = slots.size === advertisements.length && new Set(surviving).size === surviving.length;
  return (
    isEachOnce &&
    surviving.every((slot) => slots.has(slot)) &&
    advertisements.every(({ slot, maskKey }) => slot >= 0 && slot < 64 && isMaskKey(maskKey))
  );
}

/**
 * The first slot whose opening is not what was advertised: what proveOpening shows, and a proof by itself, as it
 * needs no bytes. Undefined where all are true, or there is nothing to compare.
 */
export function falseOpeningOf(
  taskId: TaskId,
  rules: TaskRules,
  round: MaskableRound & { readonly proposal?: { readonly openings?: Hex } | undefined },
): number | undefined {
  const opened = openedRoundOf(taskId, rules, round, round.proposal?.openings);
  return opened && checkOpenings(opened.closed, opened.openings);
}

/**
 * What is to be said where the sum had to be cut: a participant broke the rules, and nobody can tell which, as no
 * update is seen by itself.
 */
export function sumBeyondClip(
  { cutLanes }: { readonly cutLanes: number },
  { taskId, rules, round }: { readonly taskId: TaskId; readonly rules: TaskRules; readonly round: MaskableRound },
): readonly Finding[] {
  if (cutLanes === 0) return [];
  const { clipLanes } = rules;
  return [
    {
      code: "SUM_OUT_OF_BOUNDS",
      severity: "unchecked",
      taskId,
      round: round.round,
      message: `${cutLanes} lanes of the sum are beyond what updates within the clip come to: a participant broke the rules, and nobody can tell which. They were cut, so no lane has moved further than the clip.`,
      data: { cutLanes, clipLanes },
    },
  ];
}

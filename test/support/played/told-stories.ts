import {
  accepted,
  account,
  assigned,
  bytes32,
  closed,
  committed,
  created,
  enrolled,
  invalid,
  joined,
  leaving,
  left,
  opened,
  proposed,
  type Step,
  story,
  taskId,
} from "./told-task.ts";

/** A task with three participants and two aggregators. */
export const members = [created(), enrolled(11, 0), enrolled(12, 1), enrolled(13, 2), joined(21, 0), joined(22, 1)];
/** Up to the proposal of round 1, attempt 0: place 1 of two. */
export const toProposal = story(
  ...members,
  opened(1, 3, 2),
  committed(1, 12, 1),
  committed(1, 11, 0),
  closed,
  assigned(1, 0, 22, 1),
  proposed,
);
/** The same, accepted by two. */
export const accepted1 = story(...toProposal, (before) => accepted(before, 11, 12));
/** The draw of round 1. */
export const drawing: Step = {
  name: "RoundDrawn",
  taskId,
  round: 1,
  seed: 5n,
  commitDeadlineS: 900,
  start: bytes32(4),
};

/** A history with everything but a proof: a missed turn, a resumption, a leaver, an invalid round, all rounds. */
export const wholeHistory = story(
  ...toProposal,
  assigned(1, 1, 21, 0),
  leaving(11),
  assigned(1, 2, 22, 1),
  proposed,
  (before) => accepted(before, 11, 12),
  { name: "Resumed", taskId, aggregator: account(21) },
  { name: "Recorded", taskId, author: account(1), kind: 1, hash: bytes32(8) },
  left(11),
  opened(2, 2, 2, { baseModelRoot: bytes32(512) }),
  (before) => invalid(before, "too-few-updates"),
  enrolled(14, 2),
  { name: "ShareKeySet", taskId, participant: account(14), shareKey: "0x0102" },
  ...[3, 4].flatMap((round) => [
    opened(round, 3, 2, { baseModelRoot: bytes32(round === 3 ? 512 : 530) }),
    committed(round, 14, 2, 5),
    committed(round, 12, 1, 5),
    closed,
    assigned(round, 0, round === 3 ? 22 : 21, round === 3 ? 1 : 0),
    proposed,
    (before: readonly Step[]) => accepted(before, 12, 14),
  ]),
);

import type { TaskId } from "../../core/ids.ts";
import { proposalOf } from "../../core/record/evidence.ts";
import { countSlots, hasTooFewLeft, judgingSlots, quorumOf } from "../../core/record/quorum.ts";
import { nextRoundNumber } from "../../core/record/ring.ts";
import { lacksKeys, mayCommit } from "../../core/record/round-keys.ts";
import { type RoundView, roundInFlight, type TaskView } from "../../core/record/task-view.ts";
import type { ChainCall, Head } from "../../ports/chain.ts";
import type { AdvertisementPool } from "../words/advertisement-pool.ts";
import { type AttestationPool, attestationsTo } from "../words/attestation-pool.ts";
import type { WordPool } from "../words/word-pool.ts";
import { dueAdvertising } from "./due-advertising.ts";
import { dueBatch } from "./due-batch.ts";
import { mayAttest } from "./round-queries.ts";
import { hasBudget, type Surveyed } from "./survey.ts";
import { wantedParticipants } from "./task-start.ts";
import type { Turn } from "./turns.ts";

/** The calls that move a round forward, and that any member of the task may make. */
export type PushCall = Extract<
  ChainCall,
  { kind: "openRound" | "drawRound" | "advertise" | "commitBatch" | "closeRound" | "accept" | "reassign" }
>;

/** A step of the round that the contract would accept now. */
export interface Push extends Omit<Turn, "sinceS"> {
  /** The same for as long as the same step is due. */
  readonly key: string;
  readonly call: PushCall;
}

/** A push and the second of the chain's time at which it was first seen due. */
export type NotedPush = Push & Turn;

/** What was heard for the steps of a round. */
export interface HeardWords {
  readonly attestations: AttestationPool;
  readonly words: WordPool;
  readonly masks: { readonly advertisements: AdvertisementPool };
}

/** Local wishes about pushes; the contract has the last word. */
export interface PushOptions {
  /** Seconds of chain time to wait, once a quorum has attested, for the rest of those who may. */
  readonly graceS: number;
}

/**
 * Blocks for which the chain knows the hash of a block, where it keeps no longer list: then a draw may be out of reach.
 */
const hashedBlocks = 256;

/** So many rounds without enough updates in a row have the longest pause behind them. */
const mostEmptyRounds = 6;

/** The steps that are due in the task now. Deadlines are judged by the head's time. */
export function duePushes(seen: Surveyed, heard: HeardWords, options: PushOptions): readonly Push[] {
  const { view, head } = seen;
  const round = roundInFlight(view);
  if (round === undefined) return dueOpening(seen);
  const { taskId } = view;
  const about = { taskId, round: round.round };
  const closing: Push = {
    key: `close:${round.round}`,
    round: round.round,
    call: { kind: "closeRound", ...about },
  };
  switch (round.phase) {
    case "drawing":
      return dueDraw(round, head, closing, taskId);
    case "open":
      if (mayClose(view, round, head)) return [closing];
      return [...dueKeys(seen, round, heard), ...dueCommitting(seen, round, heard)];
    case "aggregating":
      return dueReassignment(view, round, head, round.assignment);
    default:
      return dueAcceptance(seen, round, heard, options) ?? dueReassignment(view, round, head, proposedTurn(round));
  }
}

function dueOpening(seen: Surveyed): readonly Push[] {
  const { view, head, survey } = seen;
  const { timestampS } = head;
  // who has used up its rounds commits no more
  const ready = view.enrolled.filter(({ account, leaving }) => !leaving && hasBudget(seen, account)).length;
  if (view.complete || ready < wantedParticipants(view, timestampS)) return [];
  // a round without anybody to aggregate would end at once
  if (!view.joined.some(({ leaving }) => !leaving)) return [];
  const round = nextRoundNumber({ rounds: survey.live, rules: view.rules }, timestampS);
  if (round === undefined) return [];
  const call = { kind: "openRound", taskId: view.taskId, round } as const;
  return [{ key: `open:${round}`, round, call, waitS: pauseBeforeS(view) }];
}

/**
 * How long nobody opens another round, seconds: not at all after a round that had enough updates, or two that had not;
 * after three in a row a commit window, and twice as long after each more, up to eight windows. Where nobody is there
 * to commit, rounds would else cost their openers gas without end.
 */
function pauseBeforeS({ rounds, rules }: TaskView): number {
  const last = rounds.slice(-mostEmptyRounds);
  const enough = last.findLastIndex(({ invalidReason }) => invalidReason !== "too-few-updates");
  const empty = last.length - 1 - enough;
  return empty < 3 ? 0 : rules.commitWindowS * 2 ** (empty - 3);
}

function dueDraw({ round, drawBlock }: RoundView, head: Head, closing: Push, taskId: TaskId): readonly Push[] {
  if (head.number < drawBlock) return [];
  const draw: Push = { key: `draw:${round}`, round, call: { kind: "drawRound", taskId, round, drawBlock } };
  return head.number > drawBlock + hashedBlocks ? [draw, closing] : [draw];
}

/** Whether nobody can commit any more, or so few have keys that nothing can come of it. */
function mayClose({ rules }: TaskView, round: RoundView, { timestampS }: Head): boolean {
  if (timestampS > round.commitDeadlineS) return true;
  return round.commitments.length >= mayCommit(round, rules, timestampS) || lacksKeys(round, rules, timestampS);
}

function dueKeys(seen: Surveyed, round: RoundView, { masks }: HeardWords): readonly Push[] {
  const signed = dueAdvertising(seen, round, masks.advertisements);
  if (signed.length === 0) return [];
  const about = { taskId: seen.view.taskId, round: round.round };
  return [{ key: `keys:${round.round}`, round: round.round, call: { kind: "advertise", ...about, signed } }];
}

function dueCommitting(seen: Surveyed, round: RoundView, { words }: HeardWords): readonly Push[] {
  const signed = dueBatch(seen, round, words);
  if (signed.length === 0) return [];
  const about = { taskId: seen.view.taskId, round: round.round };
  return [{ key: `batch:${round.round}`, round: round.round, call: { kind: "commitBatch", ...about, signed } }];
}

/** Whose attempt it is, and until when. */
type Attempt = Pick<NonNullable<RoundView["assignment"]>, "attempt" | "aggregator" | "deadlineS">;

function proposedTurn({ proposal }: RoundView): Attempt | undefined {
  return proposal && { ...proposal, deadlineS: proposal.attestDeadlineS };
}

function dueReassignment(
  { taskId, rules }: TaskView,
  round: RoundView,
  { timestampS }: Head,
  of: Attempt | undefined,
): readonly Push[] {
  if (of === undefined || (timestampS <= of.deadlineS && !hasTooFewLeft(round, rules))) return [];
  return [
    {
      key: `reassign:${round.round}:${of.attempt}:${round.phase}`,
      round: round.round,
      call: { kind: "reassign", taskId, round: round.round },
      last: of.aggregator,
    },
  ];
}

function dueAcceptance(
  { view: { taskId, rules }, head: { timestampS } }: Surveyed,
  round: RoundView,
  heard: HeardWords,
  { graceS }: PushOptions,
): readonly Push[] | undefined {
  const proposal = proposalOf(round);
  if (round.proposal === undefined || proposal === undefined || hasTooFewLeft(round, rules)) return undefined;
  const { hash, attestDeadlineS } = round.proposal;
  if (timestampS > attestDeadlineS) return undefined;
  const attestations = attestationsTo(heard.attestations, hash, (attester) => mayAttest(round, attester));
  if (attestations.length < quorumOf(round, rules)) return undefined;
  const isWhole = attestations.length >= countSlots(judgingSlots(round));
  return [
    {
      key: `accept:${round.round}:${hash}`,
      round: round.round,
      call: { kind: "accept", taskId, round: round.round, proposal, attestations },
      waitS: isWhole ? 0 : graceS,
      first: proposal.aggregator,
      untilS: attestDeadlineS,
    },
  ];
}

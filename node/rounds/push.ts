import { hexEquals } from "../core/hex.ts";
import type { Address, TaskId } from "../core/ids.ts";
import type { Attestation, Proposal, TaskRules } from "../core/records.ts";
import { isKeyTimeOver, leastUpdates } from "../core/round-keys.ts";
import { type RoundView, roundsInFlight, type TaskView } from "../core/task-view.ts";
import type { ChainCall, Head } from "../ports/chain.ts";
import { type AttestationPool, attestationsTo } from "./attestation-pool.ts";
import { dueBatch } from "./due-batch.ts";
import { openDemandsAgainst } from "./round-demands.ts";
import { expectedUpdates, includedBy, needsQuorum, placeOf } from "./round-queries.ts";
import { noWords, type WordPool } from "./word-pool.ts";

/** The calls that move a round forward and that anyone may make. */
export type PushCall =
  | { readonly kind: "openRound"; readonly taskId: TaskId }
  | Extract<ChainCall, { kind: "commitBatch" | "closeRound" | "reassign" | "finalize" | "finalizeUnchallenged" }>;

/** A step of the round that the contract would accept now. */
export interface Push {
  /** The same for as long as the same step is due. */
  readonly key: string;
  readonly call: PushCall;
  /** Seconds to wait after it became due, for something better than what the contract asks at least. */
  readonly waitS: number;
  /** Who should make it first, where someone should. */
  readonly first?: Address;
  /** Who should make it last, where someone should. */
  readonly last?: Address;
}

/** A push and the second of the chain's time at which it was first seen due. */
export interface NotedPush extends Push {
  readonly sinceS: number;
}

/** Local wishes about pushes; the contract has the last word. */
export interface PushOptions {
  /** Enrolled participants to wait for before the first round; the task's minUpdates if lower or absent. */
  readonly openWhenEnrolled?: number;
  /** Seconds of chain time to wait, once a quorum has attested, for the rest of the included participants. */
  readonly graceS: number;
}

/** The steps that are due in the task now, those of the older round first. Deadlines are judged by the head's time. */
export function duePushes(
  view: TaskView,
  head: Head,
  attestations: AttestationPool,
  options: PushOptions,
  words: WordPool = noWords,
): readonly Push[] {
  if (view.complete) return [];
  const steps = roundsInFlight(view).map((round, i) => {
    switch (round.phase) {
      case "open":
        return dueClosing(view, round, head) ?? dueCommitting(view, round, head, words);
      case "aggregating":
        return dueReassignment(view, round, head);
      default: {
        const ending = dueEnding(view, round, head, attestations, options);
        // rounds become final in their order
        return i === 0 || ending?.call.kind === "reassign" ? ending : undefined;
      }
    }
  });
  return [...steps, dueOpening(view, options)].filter((push) => push !== undefined);
}

/** The pushes with the times they were first seen: kept from `before` while their keys stay. */
export function notePushes(before: readonly NotedPush[], due: readonly Push[], head: Head): readonly NotedPush[] {
  return due.map((push) => {
    const known = before.find(({ key }) => key === push.key);
    return { ...push, sinceS: Math.min(known?.sinceS ?? head.timestampS, head.timestampS) };
  });
}

/** Whether the contract would open a round over those in flight: over one proposal in a pipelined task, while nobody leaves. */
function mayOpen(view: TaskView): boolean {
  const [running] = roundsInFlight(view);
  if (running === undefined) return true;
  // the contract keeps two rounds: a third waits for the first, even where the second fell with the first one's former proposal
  if (!view.rules.pipelined || running !== view.rounds.at(-1) || running.phase !== "proposed") return false;
  return !needsQuorum(view, running) && !view.enrolled.some(({ leaving }) => leaving);
}

function dueOpening(view: TaskView, options: PushOptions): Push | undefined {
  const lastRound = view.rounds.length;
  if (lastRound >= view.rules.rounds || !mayOpen(view)) return undefined;
  const ready = view.enrolled.filter(({ leaving }) => !leaving).length;
  const wanted = lastRound === 0 ? (options.openWhenEnrolled ?? 0) : 0;
  if (ready < Math.max(1, view.rules.minUpdates, wanted)) return undefined;
  return { key: `open:${lastRound + 1}`, call: { kind: "openRound", taskId: view.taskId }, waitS: 0 };
}

function dueClosing(view: TaskView, round: RoundView, head: Head): Push | undefined {
  if (!mayClose(view.rules, round, head)) return undefined;
  return {
    key: `close:${round.round}`,
    call: { kind: "closeRound", taskId: view.taskId, round: round.round },
    waitS: 0,
  };
}

/** Whether nobody can commit any more, or so few have keys that nothing can come of it. */
function mayClose(rules: TaskRules, round: RoundView, { timestampS }: Head): boolean {
  if (timestampS > round.commitDeadlineS) return true;
  if (round.commitments.length >= expectedUpdates(round, rules, timestampS)) return true;
  if (rules.mode === "transparent" || !isKeyTimeOver(round, rules, timestampS)) return false;
  return (round.advertisements?.length ?? 0) < (rules.mode === "masked" ? leastUpdates(round, rules) : 1);
}

function dueCommitting(view: TaskView, round: RoundView, head: Head, words: WordPool): Push | undefined {
  const signed = dueBatch(view, round, head, words);
  if (signed.length === 0) return undefined;
  const about = { taskId: view.taskId, round: round.round };
  return { key: `batch:${round.round}`, call: { kind: "commitBatch", ...about, signed }, waitS: 0 };
}

function dueReassignment(view: TaskView, round: RoundView, head: Head): Push | undefined {
  if (round.assignment === undefined || head.timestampS <= round.assignment.deadlineS) return undefined;
  const { attempt, aggregator } = round.assignment;
  return {
    key: `reassign:${round.round}:${attempt}`,
    call: { kind: "reassign", taskId: view.taskId, round: round.round },
    waitS: 0,
    last: aggregator,
  };
}

function dueEnding(
  view: TaskView,
  round: RoundView,
  head: Head,
  pool: AttestationPool,
  options: PushOptions,
): Push | undefined {
  if (round.proposal === undefined) return undefined;
  const { hash, challengeDeadlineS, ...proposal } = round.proposal;
  const base = { taskId: view.taskId, round: round.round };
  const attestations = attestationsTo(pool, hash, (attester) => mayAttest(view, attester));
  if (attestations.length >= view.rules.attestationQuorum) {
    return {
      key: `finalize:${round.round}:${hash}`,
      call: { kind: "finalize", ...base, proposal, attestations },
      waitS: allAttested(round, proposal, attestations) ? 0 : options.graceS,
      first: proposal.aggregator,
    };
  }
  if (head.timestampS <= challengeDeadlineS) return undefined;
  const isFinalByTime = !needsQuorum(view, round);
  if (isFinalByTime && openDemandsAgainst(round).length > 0) return undefined;
  return isFinalByTime
    ? {
        key: `unchallenged:${round.round}:${hash}`,
        call: { kind: "finalizeUnchallenged", ...base, proposal },
        waitS: 0,
        first: proposal.aggregator,
      }
    : {
        key: `reassign:${round.round}:${proposal.attempt}`,
        call: { kind: "reassign", ...base },
        waitS: 0,
        last: proposal.aggregator,
      };
}

/** Whether the contract takes this account's attestation: it holds a place in the task and is not leaving. */
export function mayAttest(view: TaskView, account: Address): boolean {
  return placeOf(view, account)?.leaving === false;
}

function allAttested(round: RoundView, { excluded }: Proposal, attestations: readonly Attestation[]): boolean {
  return includedBy(round, excluded).every(({ participant }) =>
    attestations.some(({ attester }) => hexEquals(attester, participant)),
  );
}

import { hexEquals } from "../core/hex.ts";
import type { Address, TaskId } from "../core/ids.ts";
import type { Attestation, Proposal } from "../core/records.ts";
import type { RoundView, TaskView } from "../core/task-view.ts";
import type { ChainCall, Head } from "../ports/chain.ts";
import { type AttestationPool, attestationsTo } from "./attestation-pool.ts";
import { includedBy, placeOf } from "./round-queries.ts";

/** The calls that move a round forward and that anyone may make. */
export type PushCall =
  | { readonly kind: "openRound"; readonly taskId: TaskId }
  | Extract<ChainCall, { kind: "closeRound" | "reassign" | "finalize" | "finalizeUnchallenged" }>;

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

/** The step that is due in the task now, if one is. Deadlines are judged by the head's time. */
export function duePush(
  view: TaskView,
  head: Head,
  attestations: AttestationPool,
  options: PushOptions,
): Push | undefined {
  const round = view.rounds.at(-1);
  if (view.complete) return undefined;
  switch (round?.phase) {
    case "open":
      return dueClosing(view, round, head);
    case "aggregating":
      return dueReassignment(view, round, head);
    case "proposed":
      return dueEnding(view, round, head, attestations, options);
    default:
      return dueOpening(view, round?.round ?? 0, options);
  }
}

/** The push with the time it was first seen: kept from `before` while its key stays. */
export function notePush(before: NotedPush | undefined, due: Push | undefined, head: Head): NotedPush | undefined {
  if (due === undefined) return undefined;
  return { ...due, sinceS: before?.key === due.key ? Math.min(before.sinceS, head.timestampS) : head.timestampS };
}

function dueOpening(view: TaskView, lastRound: number, options: PushOptions): Push | undefined {
  const ready = view.enrolled.filter(({ leaving }) => !leaving).length;
  const wanted = lastRound === 0 ? (options.openWhenEnrolled ?? 0) : 0;
  if (ready < Math.max(1, view.rules.minUpdates, wanted)) return undefined;
  return { key: `open:${lastRound + 1}`, call: { kind: "openRound", taskId: view.taskId }, waitS: 0 };
}

function dueClosing(view: TaskView, round: RoundView, head: Head): Push | undefined {
  if (round.commitments.length < round.drawn && head.timestampS <= round.commitDeadlineS) return undefined;
  return {
    key: `close:${round.round}`,
    call: { kind: "closeRound", taskId: view.taskId, round: round.round },
    waitS: 0,
  };
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
  return proposal.excluded === 0n
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

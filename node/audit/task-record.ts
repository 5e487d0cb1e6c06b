import type { Deployment } from "../core/commitment.ts";
import type { Address, Bytes32, RoundNumber, TaskId } from "../core/ids.ts";
import type { Commitment, Phase, Proposal, TaskEvent, TaskRules } from "../core/records.ts";
import { createFindingLog, type Finding, type FindingLog } from "./findings.ts";

/** One variant of a task's events. */
export type EventOf<Name extends TaskEvent["name"]> = Extract<TaskEvent, { readonly name: Name }>;

/** A proposal with the hash that binds it. */
export type HashedProposal = Proposal & { readonly hash: Bytes32; readonly challengeDeadlineS: number };

/** A proposal that did not become the result. `challenge`: what it was proven wrong by; absent where it was only set aside. */
export type FormerProposal = HashedProposal & { readonly challenge?: EventOf<"Challenged"> };

/** A round as the events tell it, with what is wrong in them. */
export interface RoundRecord {
  readonly round: RoundNumber;
  readonly phase: Phase;
  readonly opened: EventOf<"RoundOpened">;
  /** In the order of the chain. */
  readonly commitments: readonly Commitment[];
  readonly closed?: EventOf<"RoundClosed">;
  readonly assignments: readonly EventOf<"AggregatorAssigned">[];
  /** The proposal that stands; absent before it and after a reassignment. */
  readonly proposal?: HashedProposal | undefined;
  /** Proposals that a challenge, a reassignment or the round's invalidation set aside. */
  readonly superseded: readonly FormerProposal[];
  readonly ended?: EventOf<"RoundFinalized"> | EventOf<"RoundInvalidated">;
  /** Accounts that were drawn. */
  readonly drawn: readonly Address[];
  /** All events from the opening to the end. */
  readonly events: readonly TaskEvent[];
  readonly findings: readonly Finding[];
}

/** A task as the events tell it, with what is wrong in them. */
export interface TaskRecord {
  readonly taskId: TaskId;
  readonly created: EventOf<"TaskCreated">;
  readonly rounds: readonly RoundRecord[];
  /** Accounts that had a place at any time, in the order of their first enrolment. */
  readonly participants: readonly Address[];
  /** Head of the history before the first round. */
  readonly initialHead: Bytes32;
  /** Head of the history as the events hash to it. */
  readonly historyHead: Bytes32;
  /** Findings of the task as a whole (round 0). */
  readonly findings: readonly Finding[];
}

/** A round while its events are read. `accumulators`: the values that would agree with the events so far; one, unless they disagree. */
export interface RoundDraft {
  round: RoundNumber;
  phase: Phase;
  opened: EventOf<"RoundOpened">;
  commitments: Commitment[];
  closed?: EventOf<"RoundClosed">;
  assignments: EventOf<"AggregatorAssigned">[];
  proposal?: HashedProposal | undefined;
  superseded: FormerProposal[];
  /** The challenge just won, until an aggregator is assigned. */
  challenged?: EventOf<"Challenged"> | undefined;
  ended?: EventOf<"RoundFinalized"> | EventOf<"RoundInvalidated">;
  drawn: Address[];
  /** Place of each account, by its lower-case form, when the round opened. */
  places: ReadonlyMap<string, number>;
  accumulators: readonly Bytes32[];
  /** Whether the opening's draw is right, so that slots can be judged by it. */
  drawTrusted: boolean;
  events: TaskEvent[];
  log: FindingLog;
}

/** Where a walk through the events stands. */
export interface Walk {
  readonly deployment: Deployment;
  readonly taskId: TaskId;
  readonly created: EventOf<"TaskCreated">;
  readonly rules: TaskRules;
  /** Whether only aggregators with a bond are assigned, so that a round may end for want of one. */
  readonly bonded: boolean;
  readonly log: FindingLog;
  readonly rounds: RoundDraft[];
  /** Place of each account now, by its lower-case form. */
  readonly places: Map<string, { participant: Address; index: number; leaving: boolean }>;
  readonly participants: Map<string, Address>;
  /** Rounds each account has committed in, by its lower-case form. */
  readonly used: Map<string, number>;
  /** Heads of the history that would agree with the events so far; one, unless they disagree. */
  heads: readonly Bytes32[];
  /** Roots of the current model that would agree with the events so far; one, unless they disagree. */
  models: readonly Bytes32[];
}

/** Where findings about an event go: its round if one is running, else the task as a whole. */
export function logOf(walk: Walk): FindingLog {
  return walk.rounds.at(-1)?.log ?? walk.log;
}

/** A round that has just opened. */
export function draftRound(walk: Walk, opened: EventOf<"RoundOpened">): RoundDraft {
  const round = walk.rounds.length + 1;
  return {
    round,
    phase: "open",
    opened,
    commitments: [],
    assignments: [],
    superseded: [],
    drawn: [],
    places: new Map([...walk.places].map(([account, { index }]) => [account, index])),
    accumulators: [],
    drawTrusted: true,
    events: [],
    log: createFindingLog(walk.taskId, round),
  };
}

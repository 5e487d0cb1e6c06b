import type { Deployment } from "../core/commitment.ts";
import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "../core/ids.ts";
import type { Access, Advertisement, Commitment, Phase, Proposal, TaskRules } from "../core/records.ts";
import type { EventPosition, TaskEvent } from "../core/task-events.ts";
import type { ChainReader } from "../ports/chain.ts";
import { createFindingLog, type Finding, type FindingLog } from "./findings.ts";

/** One variant of a task's events. */
export type EventOf<Name extends TaskEvent["name"]> = Extract<TaskEvent, { readonly name: Name }>;

/** A proposal with the hash that binds it. */
export type HashedProposal = Proposal & {
  readonly hash: Bytes32;
  /** Last second of its challenge window, answers to demands counted in. */
  readonly challengeDeadlineS: number;
  /** Whether only a quorum makes it final: it leaves out an update for no reason that the contract checked, or the task is encrypted. */
  readonly needsQuorum: boolean;
  /** What it came with, in a masked or encrypted task. */
  readonly openings?: Hex;
};

/** A proven misconduct of a participant, and what it cost. */
export interface MisconductRecord {
  readonly event: EventOf<"Misconduct">;
  /** The bond taken; absent where none answered. */
  readonly slashed?: EventOf<"Slashed">;
}

/** A demand on record. */
export interface DemandRecord {
  readonly event: EventOf<"Demanded">;
  /** Whether the proposer still owes an answer. */
  open: boolean;
  /** Answered, given back, or the ground of a strike. */
  ended?: EventOf<"ChunkShown" | "NodesShown" | "DemandReturned">;
}

/** A proposal that did not become the result. `challenge`: what it was proven wrong by; absent where it was only set aside. */
export type FormerProposal = HashedProposal & { readonly challenge?: EventOf<"Challenged"> };

/** A round as the events tell it, with what is wrong in them. */
export interface RoundRecord {
  readonly round: RoundNumber;
  readonly phase: Phase;
  readonly opened: EventOf<"RoundOpened">;
  /** In the order of the chain; empty in a transparent task. */
  readonly advertisements: readonly Advertisement[];
  /** In the order of the chain. */
  readonly commitments: readonly Commitment[];
  readonly closed?: EventOf<"RoundClosed">;
  readonly assignments: readonly EventOf<"AggregatorAssigned">[];
  /** The proposal that stands; absent before it and after a reassignment. */
  readonly proposal?: HashedProposal | undefined;
  /** Proposals that a challenge, a reassignment or the round's invalidation set aside. */
  readonly superseded: readonly FormerProposal[];
  /** Bitmap of the slots whose update was demanded and not shown. */
  readonly withheld: bigint;
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
  /** Who may enrol; absent where everybody with the role may. */
  readonly access?: Access;
  readonly rounds: readonly RoundRecord[];
  /** Numbers of the rounds that have ended, in the order of their ends: of two in flight the later may end first. */
  readonly ends: readonly RoundNumber[];
  /** Participants proven to have broken the rules, in the order of the chain. */
  readonly misconduct: readonly MisconductRecord[];
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
  advertisements: Advertisement[];
  commitments: Commitment[];
  closed?: EventOf<"RoundClosed">;
  assignments: EventOf<"AggregatorAssigned">[];
  /** Openings whose proposal must be the next event. */
  shown?: EventOf<"Opened"> | undefined;
  proposal?: HashedProposal | undefined;
  superseded: FormerProposal[];
  withheld: bigint;
  /** Hash of the proposal that it was opened on; absent where it starts from a final model. */
  ancestor?: Bytes32;
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

/** A slashing or a leave that follows in the same step. */
export type Awaited =
  | {
      readonly name: "Slashed";
      readonly round: RoundNumber;
      readonly account: Address;
      readonly challenger: Address;
      /** Whether it is the bond of a place, not that of an assignment. */
      readonly isPlace: boolean;
      /** What must follow in turn. */
      readonly next?: Awaited;
    }
  | { readonly name: "Leaving"; readonly account: Address };

/** The account that signed a record; undefined for a signature that the contract would not accept (ChainReader.recoverSigner). */
export type RecoverSigner = ChainReader["recoverSigner"];

/** Where a walk through the events stands. */
export interface Walk {
  readonly deployment: Deployment;
  readonly taskId: TaskId;
  readonly created: EventOf<"TaskCreated">;
  readonly rules: TaskRules;
  /** Who may enrol, as the event just after the creation says. */
  readonly restricted?: EventOf<"AccessRestricted">;
  /** Who says what a word on availability is signed by; without it such words are not checked. */
  readonly recoverSigner?: RecoverSigner | undefined;
  readonly log: FindingLog;
  readonly rounds: RoundDraft[];
  /** Place of each account now, by its lower-case form. */
  readonly places: Map<string, { participant: Address; index: number; leaving: boolean }>;
  readonly participants: Map<string, Address>;
  /** Rounds each account has committed in, by its lower-case form. */
  readonly used: Map<string, number>;
  /** The event read last. */
  last: EventPosition;
  /** By their ids in lower case. */
  readonly demands: Map<string, DemandRecord>;
  /** Amounts that answer, by round (0: for a place) and lower-case account. */
  readonly locked: Map<string, bigint>;
  /** Participants that may not come back, lower-case. */
  readonly expelled: Set<string>;
  readonly misconduct: MisconductRecord[];
  readonly ends: RoundNumber[];
  /** A demand given back while its proposal stands: it is struck for it in the next event. */
  returned?: { readonly round: RoundNumber; readonly record: DemandRecord } | undefined;
  /** What must be the next of the task's events, as a challenge or a report has just been won. */
  awaited?: Awaited | undefined;
  /** Heads of the history that would agree with the events so far; one, unless they disagree. */
  heads: readonly Bytes32[];
  /** Roots of the current model that would agree with the events so far; one, unless they disagree. */
  models: readonly Bytes32[];
}

/** The rounds that have not ended, oldest first. */
export function inFlight(walk: Walk): readonly RoundDraft[] {
  return walk.rounds.filter(({ ended }) => ended === undefined);
}

/** The slot's bit in a bitmap. */
export function slotBit({ slot }: Pick<Commitment, "slot">): bigint {
  return 1n << BigInt(slot);
}

/** The commitments that a proposal counts. */
export function includedIn(
  { commitments }: Pick<RoundDraft, "commitments">,
  { excluded }: Pick<Proposal, "excluded">,
): readonly Commitment[] {
  return commitments.filter((commitment) => (excluded & slotBit(commitment)) === 0n);
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
    advertisements: [],
    commitments: [],
    assignments: [],
    superseded: [],
    withheld: 0n,
    drawn: [],
    places: new Map([...walk.places].map(([account, { index }]) => [account, index])),
    accumulators: [],
    drawTrusted: true,
    events: [],
    log: createFindingLog(walk.taskId, round),
  };
}

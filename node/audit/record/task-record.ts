import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "../../core/ids.ts";
import type { HistoryEntry } from "../../core/record/history-head.ts";
import { slotsOf } from "../../core/record/round-keys.ts";
import type { EventPosition, TaskEvent } from "../../core/record/task-events.ts";
import type { LeftPlace, RoundView } from "../../core/record/task-view.ts";
import type { Advertisement, Commitment, Phase, Proposal, RoundInputs, TaskRules } from "../../core/records.ts";
import { type Deployment, wordHash, zeroBytes32 } from "../../core/words/commitment.ts";
import type { ChainReader } from "../../ports/chain.ts";
import type { Finding, FindingLog } from "../replay/findings.ts";

/** One variant of a task's events. */
export type EventOf<Name extends TaskEvent["name"]> = Extract<TaskEvent, { readonly name: Name }>;

/**
 * The account that signed a record; undefined for a signature that the contract would not accept
 * (ChainReader.recoverSigner).
 */
export type RecoverSigner = ChainReader["recoverSigner"];

/** Keys as they were advertised. */
export type SignedKeys = Advertisement & { readonly signature: Hex };

/** A proposal with the hash that binds it, and what it came with. */
export type HashedProposal = NonNullable<RoundView["proposal"]>;

/** How a proposal was proven wrong. */
export interface StrikeRecord {
  readonly event: EventOf<"Struck">;
  /** The bonds that it cost, in the order of the chain. */
  readonly expelled: readonly EventOf<"MemberExpelled">[];
  readonly rewarded?: EventOf<"Rewarded">;
  /** What it made void; absent where nothing. */
  readonly rolledBack?: EventOf<"RolledBack">;
}

/**
 * A proposal that did not become the result. `strike`: what it was proven wrong by; absent where it was only set aside.
 */
export type FormerProposal = HashedProposal & { readonly strike?: StrikeRecord };

/** An account that was proven to have broken the rules, and lost its bond and its place. */
export interface ExpelledRecord {
  readonly event: EventOf<"MemberExpelled">;
  /** Absent where the record does not say. */
  readonly prover?: Address;
  /** The strike that it was a part of; absent where it was proven apart from any proposal. */
  readonly strike?: EventOf<"Struck">;
  /** The prover's part of what the proof took in all. */
  readonly rewardWei?: bigint;
}

/** A round as the events tell it, with what is wrong in them. */
export interface RoundRecord {
  readonly round: RoundNumber;
  readonly phase: Phase;
  readonly opened: EventOf<"RoundOpened">;
  readonly drawn: number;
  readonly seed: bigint;
  /** Head of the history at the opening, which the start value binds. */
  readonly headAtOpening: Bytes32;
  readonly start: Bytes32;
  readonly anchor: Bytes32;
  readonly accumulator: Bytes32;
  /** Number of accepted rounds, void ones not counted, before this one. */
  readonly acceptedBefore: number;
  /** In the order of the chain; empty in a transparent task. */
  readonly advertisements: readonly SignedKeys[];
  /** In the order of the chain. */
  readonly commitments: readonly Commitment[];
  readonly closed?: EventOf<"RoundClosed">;
  readonly assignments: readonly EventOf<"AggregatorAssigned">[];
  /** The proposal that stands, or was accepted; absent before it and after a reassignment. */
  readonly proposal?: HashedProposal | undefined;
  /** Proposals that a strike, a reassignment or the round's end set aside. */
  readonly superseded: readonly FormerProposal[];
  readonly ended?: EventOf<"RoundAccepted"> | EventOf<"RoundInvalid">;
  /** How the accepted proposal was proven wrong. */
  readonly strike?: StrikeRecord;
  /** Whether a roll-back made it void. */
  readonly isVoid: boolean;
  /** Accounts that were drawn. */
  readonly members: readonly Address[];
  /** All events from the opening to the end. */
  readonly events: readonly TaskEvent[];
  readonly findings: readonly Finding[];
}

/** A task as the events tell it, with what is wrong in them. */
export interface TaskRecord {
  readonly taskId: TaskId;
  readonly created: EventOf<"TaskCreated">;
  readonly rounds: readonly RoundRecord[];
  /** In the order of the chain. */
  readonly expelled: readonly ExpelledRecord[];
  readonly statements: readonly EventOf<"Enrolled">[];
  readonly recorded: readonly EventOf<"Recorded">[];
  /** Accounts that had a place at any time, in the order of their first. */
  readonly participants: readonly Address[];
  readonly aggregators: readonly Address[];
  /** Accepted rounds that are not void. */
  readonly accepted: number;
  /** The entries of its history, by which the head grows from that of the creation. */
  readonly entries: readonly HistoryEntry[];
  /** Head of the history as the events hash to it. */
  readonly historyHead: Bytes32;
  /** Findings of the task as a whole (round 0). */
  readonly findings: readonly Finding[];
  /** Whether the events are those that the history's head is of: only then they prove what an account did. */
  readonly isBound: boolean;
  /** Whether the times until which rounds can be proven wrong are the contract's stored ones. */
  readonly timesCompared: boolean;
}

/**
 * A round while its events are read. `anchors`, `accumulators`: the values that would agree with the events so far;
 * one, unless they disagree.
 */
export interface RoundDraft {
  readonly round: RoundNumber;
  phase: Phase;
  readonly opened: EventOf<"RoundOpened">;
  readonly drawn: number;
  seed: bigint;
  start: Bytes32;
  commitDeadlineS: number;
  readonly acceptedBefore: number;
  /** Heads that the start value may be over. */
  readonly headsBefore: readonly Bytes32[];
  anchors: readonly Bytes32[];
  accumulators: readonly Bytes32[];
  advertisements: SignedKeys[];
  commitments: Commitment[];
  /** Slots whose participant was expelled since it committed. */
  expelled: bigint;
  closed?: EventOf<"RoundClosed">;
  assignments: EventOf<"AggregatorAssigned">[];
  proposal?: HashedProposal | undefined;
  superseded: FormerProposal[];
  ended?: EventOf<"RoundAccepted"> | EventOf<"RoundInvalid">;
  strike?: StrikeRecord;
  isVoid: boolean;
  members: Address[];
  /** Place of each account, by its lower-case form, when the round opened. */
  readonly places: ReadonlyMap<string, number>;
  /** Whether the opening and its draw are right, so that slots can be judged by them. */
  drawTrusted: boolean;
  events: TaskEvent[];
  log: FindingLog;
}

/** A place in a task. */
export interface Place {
  readonly account: Address;
  leaving: boolean;
  /** Of an aggregator: it missed its last turn. */
  idle: boolean;
}

/** What is known of an account, whether it has a place or not. */
export interface MemberState {
  readonly account: Address;
  /** What its bond, if it has one, was locked for. */
  role: "participant" | "aggregator";
  bonded: boolean;
  expelled: boolean;
  /** Second from which its bond may leave; absent while it has a place, or where times are not told. */
  freeFromS?: number | undefined;
}

/** A proof that is being told: its events follow one another. */
export interface OpenProof {
  /** Absent where an account is expelled apart from any proposal. */
  readonly struck?: EventOf<"Struck">;
  /** The round whose proposal is struck. */
  readonly draft?: RoundDraft | undefined;
  /** What is struck. */
  readonly proposal?: HashedProposal | undefined;
  /** Whether the struck proposal stood: the round goes on, or ends, next. */
  readonly stood: boolean;
  /** Whether rounds must become void by it. */
  readonly rollsBack: boolean;
  /** Who must be expelled by a strike, and was not yet; by the lower-case account. */
  readonly due: Map<string, Address>;
  readonly expelled: EventOf<"MemberExpelled">[];
  rolledBack?: EventOf<"RolledBack">;
  takenWei: bigint;
  /** Whether it is an entry of the history by now. */
  entered: boolean;
}

/** Where a walk through the events stands. */
export interface Walk {
  readonly deployment: Deployment;
  readonly taskId: TaskId;
  readonly created: EventOf<"TaskCreated">;
  readonly rules: TaskRules;
  /** Without it signatures of advertisements are not checked. */
  readonly recoverSigner?: RecoverSigner | undefined;
  readonly log: FindingLog;
  readonly rounds: RoundDraft[];
  /** By place. */
  readonly participants: Place[];
  readonly aggregators: Place[];
  /** By the lower-case account, in the order of first appearance. */
  readonly states: Map<string, MemberState>;
  readonly expelled: ExpelledRecord[];
  readonly statements: EventOf<"Enrolled">[];
  readonly recorded: EventOf<"Recorded">[];
  /** The event read last. */
  last: EventPosition;
  /** Places that were left, in the order of the contract's list. */
  leavers: readonly LeftPlace[];
  /** What a call frees some of whose events are read: whose places are left to be freed, and how many were. */
  freeing?:
    | { readonly rest: readonly Address[]; readonly leavers: readonly LeftPlace[]; readonly told: number }
    | undefined;
  proof?: OpenProof | undefined;
  readonly entries: HistoryEntry[];
  /** Heads of the history that would agree with the events so far; one, unless they disagree. */
  heads: readonly Bytes32[];
  /** Roots of the current model that would agree with the events so far; one, unless they disagree. */
  models: readonly Bytes32[];
  /** Accepted rounds that are not void. */
  accepted: number;
}

/** The round of this number: some numbers are passed over. */
export function roundNumbered<Round extends { readonly round: RoundNumber }>(
  rounds: readonly Round[],
  number: RoundNumber,
): Round | undefined {
  return rounds.find(({ round }) => round === number);
}

/** The round that has not ended; undefined where none is in flight. */
export function inFlight({ rounds }: Pick<Walk, "rounds">): RoundDraft | undefined {
  const newest = rounds.at(-1);
  return newest?.ended === undefined ? newest : undefined;
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

/** Sum of the weights. */
export function weightOf(commitments: readonly Commitment[]): bigint {
  return commitments.reduce((sum, { weight }) => sum + BigInt(weight), 0n);
}

/** Where findings about an event go: its round if one is running, else the task as a whole. */
export function logOf(walk: Walk): FindingLog {
  return walk.rounds.at(-1)?.log ?? walk.log;
}

/** As many as a bitmap of the contract's has. */
const allSlots = (1n << 64n) - 1n;

/** What a proof needs of a round, and its word binds. */
export function inputsOf(
  taskId: TaskId,
  round: Pick<RoundDraft, "round" | "opened" | "commitments" | "acceptedBefore"> & {
    readonly advertisements: readonly SignedKeys[];
  },
  bound: Pick<RoundInputs, "anchor" | "accumulator" | "openingsHash">,
): RoundInputs {
  const { opened, commitments, advertisements, acceptedBefore } = round;
  return {
    taskId,
    round: round.round,
    drawn: opened.drawn,
    committed: slotsOf(commitments) & allSlots,
    keyed: slotsOf(advertisements) & allSlots,
    totalWeight: weightOf(commitments),
    acceptedBefore,
    baseModelRoot: opened.baseModelRoot,
    ...bound,
  };
}

/** What an accepted round's entry in the history is of. */
export function acceptedHash(
  inputs: RoundInputs,
  hash: Bytes32 | undefined,
  { attesters }: Pick<EventOf<"RoundAccepted">, "attesters">,
): Bytes32 {
  return wordHash(inputs, hash ?? zeroBytes32, attesters);
}

/** No bytes. */
export const noBytes: Hex = "0x";

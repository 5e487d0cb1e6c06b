import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import type { RoundView, TaskView } from "../../../node/core/record/task-view.ts";
import type { Attestation, Commitment, Member, Proposal, TaskRules } from "../../../node/core/records.ts";
import { accumulatorOf, proposalHash } from "../../../node/core/words/commitment.ts";
import type { Head } from "../../../node/ports/chain.ts";
import type { ProposedRound } from "../../../node/rounds/blobs/proposed-round.ts";
import type { RoleMachineOptions } from "../../../node/rounds/state/round-state.ts";
import type { NodeTimes } from "../../../node/rounds/steps/node-times.ts";
import { plainRules } from "./plain-rules.ts";

/** Four participants a to d and two aggregators x and y, as states of a round machine see them. */
export const accounts = Object.fromEntries(
  [..."abcdxy"].map((letter, i) => [letter, `0x${(i + 10).toString(16).repeat(40)}` as Address]),
) as Record<"a" | "b" | "c" | "d" | "x" | "y", Address>;

export const participants = [accounts.a, accounts.b, accounts.c, accounts.d];
const aggregators = [accounts.x, accounts.y];

/** A 32-byte hash of one repeated byte. */
export function hashOf(byte: number): Bytes32 {
  return `0x${byte.toString(16).padStart(2, "0").repeat(32)}` as Bytes32;
}

export const rules: TaskRules = {
  mode: "transparent",
  rule: "weighted-mean",
  fractionBits: 16,
  attempts: 2,
  parameterCount: 81,
  clipLanes: 1 << 20,
  maxWeight: 100,
  serverRateQ16: 65_536,
  rounds: 3,
  minUpdates: 2,
  maxUpdates: 4,
  participationBps: 10_000,
  ...plainRules,
  attestationQuorum: 2,
  roundsPerParticipant: 0,
  commitWindowS: 60,
  aggregateWindowS: 40,
  attestWindowS: 60,
  challengeWindowS: 500,
};

export const times: NodeTimes = { patienceS: 5, graceS: 3, answerTimeoutMs: 1000, republishMs: 500, settleBlocks: 0 };

/** What every machine of an account wishes. */
export function optionsOf(account: Address): RoleMachineOptions {
  return { ...times, contact: contactOf(account) };
}

export function memberOf(account: Address, role: "participant" | "aggregator"): Member {
  return { account, roles: [role], contact: contactOf(account) };
}

export function contactOf(account: Address): NonNullable<Member["contact"]> {
  return { peerId: `peer-${account.slice(2, 4)}`, encryptionKey: hashOf(1), multiaddrs: ["/memory/1"] };
}

export const members: readonly Member[] = [
  ...participants.map((account) => memberOf(account, "participant")),
  ...aggregators.map((account) => memberOf(account, "aggregator")),
];

export function headAt(timestampS: number): Head {
  return { number: timestampS, hash: hashOf(timestampS % 256), timestampS };
}

export function commitmentOf(slot: number, round = 1): Commitment {
  const participant = participants[slot]!;
  return {
    taskId: 1,
    round,
    participant,
    slot,
    weight: 10,
    updateRoot: hashOf(16 + slot),
    contentId: hashOf(32 + slot),
  };
}

/** A round of four drawn participants; open until second 160 unless said otherwise. */
export function roundOf(changes: Partial<RoundView> = {}): RoundView {
  const commitments = changes.commitments ?? [];
  const start = changes.start ?? hashOf(70);
  const anchor = changes.anchor ?? start;
  return {
    round: 1,
    phase: "open",
    baseModelRoot: hashOf(9),
    seed: 1n,
    enrolled: 4,
    drawn: 4,
    aggregators: 2,
    openedAtBlock: 1,
    drawBlock: 0,
    headAtOpening: hashOf(7),
    acceptedBefore: 0,
    commitDeadlineS: 160,
    start,
    anchor,
    commitments,
    totalWeight: commitments.reduce((sum, { weight }) => sum + BigInt(weight), 0n),
    accumulator: accumulatorOf(anchor, commitments),
    ...changes,
  };
}

/** A closed round with these updates, x assigned until second 240. */
export function aggregatingRound(slots: readonly number[] = [0, 1, 2, 3], changes: Partial<RoundView> = {}): RoundView {
  return roundOf({
    phase: "aggregating",
    commitments: slots.map((slot) => commitmentOf(slot, changes.round)),
    assignment: { attempt: 0, aggregator: accounts.x, place: 0, count: 2, deadlineS: 240 },
    ...changes,
  });
}

/** A round at a proposal by x, to be attested to until second 300. */
export function proposedRound(excluded = 0n, changes: Partial<RoundView> = {}): ProposedRound {
  const round = aggregatingRound([0, 1, 2, 3], changes);
  const proposal: Proposal = {
    attempt: 0,
    aggregator: accounts.x,
    modelRoot: hashOf(50),
    contentId: hashOf(51),
    totalWeight: 40n,
    excluded,
  };
  const hash = proposalHash(1, round.round, round.accumulator, "0x", proposal);
  const standing = { ...proposal, hash, openings: "0x" as const, attestDeadlineS: 300 };
  return { ...round, phase: "proposed", ...changes, proposal: { ...standing, ...changes.proposal } };
}

/** A round whose proposal a, b and c attested to, to be proven wrong until second 800. */
export function acceptedRound(changes: Partial<RoundView> = {}): ProposedRound {
  const round = proposedRound(0n, { phase: "accepted", ...changes });
  const { modelRoot } = round.proposal;
  return { result: { modelRoot, attesters: participants.slice(0, 3), provableUntilS: 800 }, ...round };
}

export function viewOf(rounds: readonly RoundView[] = [], changes: Partial<TaskView> = {}): TaskView {
  const standing = rounds.filter((round) => round.phase === "accepted" && round.void !== true);
  return {
    taskId: 1,
    firstHead: hashOf(1),
    creator: accounts.x,
    rules,
    access: { organisations: [], regions: [], clearance: 0 },
    spec: "{}",
    initialModelRoot: hashOf(9),
    modelRoot: standing.at(-1)?.proposal?.modelRoot ?? hashOf(9),
    enrolled: participants.map((account) => ({ account, leaving: false, statement: hashOf(0) })),
    joined: aggregators.map((account) => ({ account, leaving: false, idle: false })),
    leavers: [],
    shareKeys: new Map(),
    rounds,
    accepted: standing.length,
    historyHead: hashOf(0),
    complete: standing.length >= rules.rounds,
    ...changes,
  };
}

export function attestationOf(attester: Address, proposal: Bytes32, round = 1): Attestation {
  return { taskId: 1, round, proposalHash: proposal, attester, signature: `0x${"11".repeat(65)}` };
}

/**
 * What a machine knows of an account with a place in the task, whose bond and credit were looked at and of which the
 * journal says nothing.
 */
export const emptyPurse = {
  kind: "purse",
  purse: { of: "place:false:0:0", bondWei: 0n, freeFromS: 0, creditWei: 0n },
} as const;

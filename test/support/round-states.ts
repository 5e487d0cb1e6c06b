import { extendAccumulator, proposalHash } from "../../node/core/commitment.ts";
import type { Address, Bytes32 } from "../../node/core/ids.ts";
import type { Attestation, Commitment, Member, Proposal, TaskRules } from "../../node/core/records.ts";
import type { RoundView, TaskView } from "../../node/core/task-view.ts";
import type { Head } from "../../node/ports/chain.ts";
import type { NodeTimes } from "../../node/rounds/node-times.ts";
import { plainRules } from "./plain-rules.ts";

/** Four participants a to d and two aggregators x and y, as states of a round machine see them. */
export const accounts = Object.fromEntries(
  [..."abcdxy"].map((letter, i) => [letter, `0x${(i + 10).toString(16).repeat(40)}` as Address]),
) as Record<"a" | "b" | "c" | "d" | "x" | "y", Address>;

export const participants = [accounts.a, accounts.b, accounts.c, accounts.d];

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
  challengeWindowS: 50,
};

export const times: NodeTimes = { patienceS: 5, graceS: 3, holdTimeoutMs: 1000, republishMs: 500, settleBlocks: 0 };

export function memberOf(account: Address, role: "participant" | "aggregator"): Member {
  return { account, roles: [role], contact: contactOf(account) };
}

export function contactOf(account: Address): NonNullable<Member["contact"]> {
  return { peerId: `peer-${account.slice(2, 4)}`, encryptionKey: hashOf(1), multiaddrs: ["/memory/1"] };
}

export const members: readonly Member[] = [
  ...participants.map((account) => memberOf(account, "participant")),
  memberOf(accounts.x, "aggregator"),
  memberOf(accounts.y, "aggregator"),
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
  return {
    round: 1,
    phase: "open",
    baseModelRoot: hashOf(9),
    seed: 1n,
    enrolled: 4,
    drawn: 4,
    openedAtBlock: 1,
    commitDeadlineS: 160,
    commitments,
    totalWeight: commitments.reduce((sum, { weight }) => sum + BigInt(weight), 0n),
    accumulator: commitments.reduce(extendAccumulator, hashOf(70)),
    ...changes,
  };
}

/** A closed round with these updates, x assigned until second 240. */
export function aggregatingRound(slots: readonly number[] = [0, 1, 2, 3], changes: Partial<RoundView> = {}): RoundView {
  return roundOf({
    phase: "aggregating",
    commitments: slots.map((slot) => commitmentOf(slot)),
    assignment: { attempt: 0, aggregator: accounts.x, deadlineS: 240 },
    ...changes,
  });
}

/** A round at a proposal by x, to be challenged until second 300. */
export function proposedRound(excluded = 0n) {
  const round = aggregatingRound();
  const totalWeight = 40n;
  const attempt = 0;
  const proposal: Proposal = {
    attempt,
    aggregator: accounts.x,
    modelRoot: hashOf(50),
    contentId: hashOf(51),
    totalWeight,
    excluded,
  };
  const hash = proposalHash(1, 1, proposal);
  return { ...round, phase: "proposed" as const, proposal: { ...proposal, hash, challengeDeadlineS: 300 } };
}

export function viewOf(rounds: readonly RoundView[] = [], changes: Partial<TaskView> = {}): TaskView {
  return {
    taskId: 1,
    creator: accounts.x,
    rules,
    spec: "{}",
    initialModelRoot: hashOf(9),
    modelRoot: hashOf(9),
    enrolled: participants.map((participant) => ({ participant, leaving: false })),
    rounds,
    historyHead: hashOf(0),
    complete: false,
    ...changes,
  };
}

export function attestationOf(attester: Address, proposal: Bytes32, round = 1): Attestation {
  const evaluation = { samples: 5, metricQ24: 1n << 23n, lossQ24: 1n << 20n };
  return { taskId: 1, round, proposalHash: proposal, attester, evaluation, signature: `0x${"11".repeat(65)}` };
}

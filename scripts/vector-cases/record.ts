import {
  extendAccumulator,
  extendHistory,
  initialHistoryHead,
  proposalHash,
  rulesHash,
  startAccumulator,
  zeroBytes32,
} from "../../node/core/commitment.ts";
import { drawnCount, slotOf } from "../../node/core/draw.ts";
import { toHex } from "../../node/core/hex.ts";
import type { Address, Bytes32, Hex } from "../../node/core/ids.ts";
import { keccak256 } from "../../node/core/keccak.ts";
import type { Proposal, TaskRules } from "../../node/core/records.ts";

const uintHex = (value: bigint): Hex => `0x${value.toString(16)}`;
const hash = (label: string): Bytes32 => toHex(keccak256(new TextEncoder().encode(label)));
const account = (label: string): Address => toHex(keccak256(new TextEncoder().encode(label)).subarray(12));

/** The slots of all places. */
export function drawCases(): unknown[] {
  const shapes = [
    { enrolled: 1, minUpdates: 1, maxUpdates: 64, participationBps: 10_000 },
    { enrolled: 2, minUpdates: 1, maxUpdates: 1, participationBps: 1 },
    { enrolled: 3, minUpdates: 1, maxUpdates: 2, participationBps: 3_334 },
    { enrolled: 5, minUpdates: 2, maxUpdates: 64, participationBps: 3_000 },
    { enrolled: 10, minUpdates: 2, maxUpdates: 64, participationBps: 5_000 },
    { enrolled: 10, minUpdates: 2, maxUpdates: 64, participationBps: 10_000 },
    { enrolled: 16, minUpdates: 1, maxUpdates: 3, participationBps: 5_000 },
    { enrolled: 17, minUpdates: 1, maxUpdates: 64, participationBps: 2_500 },
    { enrolled: 64, minUpdates: 60, maxUpdates: 60, participationBps: 1 },
    { enrolled: 65, minUpdates: 1, maxUpdates: 64, participationBps: 9_999 },
    { enrolled: 300, minUpdates: 1, maxUpdates: 64, participationBps: 1_000 },
  ];
  return shapes.flatMap(({ enrolled, ...rules }) =>
    [0n, BigInt(hash(`seed ${enrolled}`)) & ((1n << 72n) - 1n), (1n << 72n) - 1n].map((seed) => {
      const drawn = drawnCount(rules, enrolled);
      const slots = Array.from({ length: enrolled }, (_, index) => slotOf(index, enrolled, drawn, seed));
      return {
        name: `${drawn} of ${enrolled}, seed ${uintHex(seed)}`,
        seed: uintHex(seed),
        ...rules,
        enrolled,
        drawn,
        slots,
      };
    }),
  );
}

/** The hashes of one round's record, each from the one before. */
export function commitmentCases(): unknown[] {
  const rules: TaskRules = {
    mode: "transparent",
    rule: "weighted-mean",
    fractionBits: 16,
    attempts: 3,
    parameterCount: 199_210,
    clipLanes: 65_536,
    maxWeight: 1_000,
    serverRateQ16: 65_536,
    rounds: 10,
    minUpdates: 3,
    maxUpdates: 5,
    participationBps: 10_000,
    trim: 0,
    attestationQuorum: 4,
    holders: 2,
    pipelined: true,
    aggregatorBondGwei: 2_000_000_000,
    participantBondGwei: 1_500_000_000,
    roundsPerParticipant: 0,
    commitWindowS: 60,
    aggregateWindowS: 30,
    challengeWindowS: 45,
  };
  const deployment = { chainId: 31337, federation: account("federation") };
  const initial = {
    ...deployment,
    taskId: 1,
    rules,
    modelRoot: hash("model 0"),
    spec: '{"format":"fedledger/task/1"}',
  };
  const opening = { ...deployment, taskId: 1, round: 1, baseModelRoot: hash("model 0"), enrolled: 7, drawn: 5 };
  const seed = (1n << 72n) - 12_345n;
  const started = startAccumulator({ ...opening, seed });
  const commitment = { participant: account("p"), slot: 4, weight: 321, updateRoot: hash("u"), contentId: hash("c") };
  const extended = extendAccumulator(started, commitment);
  const proposal: Proposal = {
    attempt: 1,
    aggregator: account("a"),
    modelRoot: hash("model 1"),
    contentId: hash("content 1"),
    totalWeight: 4_321n,
    excluded: (1n << 63n) | 1n,
  };
  const proposed = proposalHash(1, 1, proposal);
  const head = initialHistoryHead(initial);
  const end = { round: 1, phase: "finalized", baseModelRoot: hash("model 0"), accumulator: extended } as const;
  const final = { ...end, proposalHash: proposed, reason: "none" } as const;
  const invalid = { ...end, phase: "invalidated", proposalHash: zeroBytes32, reason: "no-proposal" } as const;
  return [
    { name: "rulesHash", rules, expected: rulesHash(rules) },
    { name: "initialHistoryHead", ...initial, expected: head },
    { name: "startAccumulator", ...opening, seed: uintHex(seed), expected: started },
    { name: "extendAccumulator", accumulator: started, ...commitment, expected: extended },
    {
      name: "proposalHash",
      taskId: 1,
      round: 1,
      ...proposal,
      totalWeight: uintHex(proposal.totalWeight),
      excluded: uintHex(proposal.excluded),
      expected: proposed,
    },
    { name: "extendHistory finalized", head, ...final, expected: extendHistory(head, final) },
    { name: "extendHistory invalidated", head, ...invalid, expected: extendHistory(head, invalid) },
  ];
}

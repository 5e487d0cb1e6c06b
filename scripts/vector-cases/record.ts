import { computeAddress, SigningKey } from "ethers";
import { attestationDigest, attestationDomain, attestationValue } from "../../node/chain/attestation-digest.ts";
import { packEvaluation } from "../../node/chain/packed-evaluation.ts";
import { recordDigest, typedRecord } from "../../node/chain/signed-records.ts";
import {
  accessHash,
  caseHash,
  challengeReservation,
  demandId,
  extendAccumulator,
  extendHistory,
  initialHistoryHead,
  proposalHash,
  rulesHash,
  startAccumulator,
  updateRootOf,
  zeroBytes32,
} from "../../node/core/commitment.ts";
import { drawnCount, slotOf } from "../../node/core/draw.ts";
import { toHex } from "../../node/core/hex.ts";
import type { Address, Bytes32, Hex } from "../../node/core/ids.ts";
import { keccak256 } from "../../node/core/keccak.ts";
import type { Demand, Evaluation, Proposal, TaskRules } from "../../node/core/records.ts";
import type { SignedRecord } from "../../node/ports/chain.ts";

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

const anybody = { organisations: [], regions: [], clearance: 0 };

/** The hashes of one round's record, each from the one before. */
export function commitmentCases(): unknown[] {
  const rules: TaskRules = {
    mode: "masked",
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
    thresholdPercent: 67,
    attestationQuorum: 4,
    holders: 2,
    pipelined: true,
    aggregatorBondGwei: 2_000_000_000,
    participantBondGwei: 1_500_000_000,
    neighbours: 4,
    keyWindowS: 20,
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
  const keys = { maskKey: hash("k"), seedHash: hash("s"), sharesId: hash("b") };
  const advertisement = { participant: account("p"), slot: 4, ...keys };
  const access = { organisations: ["Klinik A", "Hôpital B"], regions: ["EU"], clearance: 3 };
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
    { name: "initialHistoryHead restricted", ...initial, access, expected: initialHistoryHead({ ...initial, access }) },
    { name: "accessHash", access, expected: accessHash(access) },
    { name: "accessHash of any", access: anybody, expected: accessHash(anybody) },
    { name: "extendAccumulator", accumulator: started, ...commitment, expected: extended },
    {
      name: "extendAccumulator by keys",
      accumulator: started,
      ...advertisement,
      expected: extendAccumulator(started, advertisement),
    },
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

/** What is bound to a participant, demanded, proven and reserved. */
export function courtCases(): unknown[] {
  const proposed = hash("proposal");
  const participant = account("p");
  const root = hash("update tree");
  const chunk: Demand = {
    ...round,
    proposalHash: proposed,
    kind: "update-chunk",
    place: 63,
    index: 3_112,
    root: hash("u"),
  };
  const nodes: Demand = { ...chunk, kind: "model-nodes", place: 12, index: 0, root: hash("model 1") };
  const leaf = { ...round, proposalHash: proposed, challenge: "wrong-chunk", index: 3_112 } as const;
  const report = { ...round, participant, misconduct: "withheld" } as const;
  const [salt, of] = [hash("salt"), caseHash(leaf)];
  return [
    { name: "updateRootOf", participant, root, expected: updateRootOf(participant, root) },
    ...[chunk, nodes].map((demand) => ({ name: `demandId ${demand.kind}`, demand, expected: demandId(demand) })),
    { name: "caseHash of a challenge", ...leaf, expected: of },
    { name: "caseHash of a report", ...report, expected: caseHash(report) },
    {
      name: "challengeReservation",
      account: participant,
      salt,
      of,
      expected: challengeReservation(participant, salt, of),
    },
  ];
}

const round = { taskId: 1, round: 2 };

/** EIP-712 digests of all that members sign, and signatures by a key that everybody knows. */
export function signatureCases(): unknown[] {
  const privateKey = hash("a key that everybody knows") as Hex;
  const key = new SigningKey(privateKey);
  const signer = computeAddress(privateKey).toLowerCase() as Address;
  const federation = account("federation");
  const chainId = 31337;
  const domain = attestationDomain(chainId, federation);
  const update = { updateRoot: hash("u"), contentId: hash("c") };
  const evaluations: readonly Evaluation[] = [
    { samples: 0, metricQ24: 0n, lossQ24: 0n },
    { samples: 2_000, metricQ24: 15_938_355n, lossQ24: 3_355_443n },
    { samples: 0xffff_ffff, metricQ24: -1n, lossQ24: (1n << 64n) - 1n },
    { samples: 1, metricQ24: -(1n << 63n), lossQ24: 1n },
  ];
  const records: readonly SignedRecord[] = [
    { type: "commitment", ...round, participant: signer, baseModelRoot: hash("model 1"), weight: 321, ...update },
    { type: "availability", ...round, holder: signer, accumulator: hash("accumulator"), slots: (1n << 63n) | 5n },
    { type: "custody", ...round, aggregator: signer, participant: account("p"), ...update },
    { type: "grant", taskId: 1, fromRound: 2, toRound: 9, auditor: hash("auditor"), secrets: hash("secrets") },
  ];
  const common = { chainId, federation, privateKey, signer };
  const signed = (digest: Bytes32) => {
    const { r, yParityAndS: vs, serialized: signature } = key.sign(digest);
    return { digest, r, vs, signature };
  };
  const plain = (value: object) =>
    Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, typeof each === "bigint" ? String(each) : each]),
    );
  return [
    ...evaluations.map((evaluation) => {
      const proposed = hash("proposal");
      const digest = attestationDigest(domain, attestationValue(round.taskId, round.round, proposed, evaluation));
      const packed = uintHex(packEvaluation(evaluation));
      const value = { ...round, proposalHash: proposed, ...plain(evaluation) };
      return {
        name: `attestation of ${evaluation.samples} samples`,
        type: "attestation",
        ...common,
        value,
        packed,
        ...signed(digest),
      };
    }),
    ...records.map((record) => {
      const { types, value } = typedRecord(record);
      const name = Object.keys(types)[0]!;
      return { name, type: record.type, ...common, value: plain(value), ...signed(recordDigest(domain, record)) };
    }),
  ];
}

import type { ChunkTree } from "../../../node/core/chunk-tree.ts";
import { updateRootOf } from "../../../node/core/commitment.ts";
import { concatBytes, toHex } from "../../../node/core/hex.ts";
import type { Address, Hex } from "../../../node/core/ids.ts";
import type { Random } from "../../../node/ports/index.ts";
import {
  type ClosedRound,
  createMaskedMean,
  createMaskSecrets,
  keyedNeighbours,
  maskUpdate,
} from "../../../node/privacy/masking/index.ts";
import { encodeZigzag, type SolidityCommitment, signerOf, type Vector, vectorOf } from "./challenged-round.ts";
import { baseRules, type SolidityProposal, type SolidityRules, type TestFederation, word } from "./federation.ts";
import type { createSeededNumbers } from "./seeded-numbers.ts";

/** An advertisement as the ABI takes it. */
export interface SolidityAdvertisement {
  readonly participant: string;
  readonly slot: number;
  readonly maskKey: Hex;
  readonly seedHash: Hex;
  readonly sharesId: Hex;
}

/** What {@link runMasked} needs. */
export interface MaskedPlan {
  readonly base: Vector;
  /** One for each of the first participants: what it trained. */
  readonly updates: readonly { readonly lanes: Int32Array; readonly weight: number }[];
  /** Slots that advertise and then do not commit. */
  readonly dropped?: readonly number[];
  readonly rules?: Partial<SolidityRules>;
  readonly numbers: ReturnType<typeof createSeededNumbers>;
  /** Opens a bonded task with the least bond, and bonds its aggregators. */
  readonly bonded?: boolean;
  /** Committed by everybody in the place of its masked update: where only the cost counts. */
  readonly instead?: Vector;
}

/** Randomness that a test repeats. */
export const seededRandom = (numbers: ReturnType<typeof createSeededNumbers>): Random => ({
  bytes: (length) => Uint8Array.from({ length }, () => numbers.below(256)),
});

/** Rules of a small masked task. */
export const maskedRules: SolidityRules = {
  ...baseRules,
  mode: 1,
  clipLanes: 1000,
  minUpdates: 3,
  thresholdPercent: 51,
  keyWindowS: 100,
};

/** A masked round of real keys and masks, closed: an aggregator is assigned. The slots are the participants' places. */
export async function runMasked(f: TestFederation, plan: MaskedPlan) {
  const { base, updates, dropped = [], numbers, bonded = false, instead } = plan;
  const { federation } = f;
  const rules: SolidityRules = {
    ...maskedRules,
    parameterCount: base.lanes.length,
    maxUpdates: updates.length,
    ...plan.rules,
  };
  let aggregatorBondGwei = 0;
  if (bonded) {
    const { parameterCount, maxUpdates, neighbours } = rules;
    const bondWei: bigint = await federation.leastMaskedBondWei(parameterCount, maxUpdates, neighbours);
    aggregatorBondGwei = Number(bondWei / 10n ** 9n);
    for (const aggregator of f.aggregators) await federation.connect(aggregator).bond({ value: bondWei });
  }
  await federation.createTask({ ...rules, aggregatorBondGwei }, base.tree.root, f.ethers.toUtf8Bytes("{}"));
  const taskId = Number(await federation.taskCount());
  const members = f.members.slice(0, updates.length);
  for (const member of members) await federation.connect(member).enrol(taskId);
  await federation.openRound(taskId);
  const { seed } = await federation.roundInfo(taskId, 1);

  const random = seededRandom(numbers);
  const secrets = members.map(() => createMaskSecrets(random));
  const advertisements: SolidityAdvertisement[] = [];
  for (const [slot, { maskKey, seedHash }] of secrets.entries()) {
    const member = members[slot]!;
    const sharesId = word(slot + 900) as Hex;
    await federation.connect(member).advertise(taskId, 1, seed, maskKey, seedHash, sharesId);
    advertisements.push({ participant: member.address, slot, maskKey, seedHash, sharesId });
  }
  const surviving = updates.map((_, slot) => slot).filter((slot) => !dropped.includes(slot));
  const { neighbours } = rules;
  const round: ClosedRound = { taskId, round: 1, seed, drawn: updates.length, neighbours, advertisements, surviving };

  const commitments: SolidityCommitment[] = [];
  const committed: Vector[] = [];
  for (const slot of surviving) {
    const { lanes, weight } = updates[slot]!;
    const masked = instead ?? vectorOf(await maskUpdate({ lanes, weight, slot, secrets: secrets[slot]!, round }));
    const member = members[slot]!;
    const updateRoot = updateRootOf(member.address as Address, masked.tree.root);
    const contentId = word(slot);
    await federation.connect(member).commit(taskId, 1, base.tree.root, updateRoot, contentId, weight);
    commitments.push({ participant: member.address, slot, weight, updateRoot, contentId });
    committed.push(masked);
  }
  if (dropped.length > 0) await f.pass(rules.keyWindowS + rules.commitWindowS + 1);
  await federation.closeRound(taskId, 1);

  const survives = (slot: number) => surviving.includes(slot);
  const isNeeded = (slot: number) => keyedNeighbours(round, slot).some((other) => survives(other.slot));
  const rightOpenings = concatBytes(
    ...surviving.map((slot) => secrets[slot]!.seed),
    ...dropped.map((slot) => (isNeeded(slot) ? secrets[slot]!.secretKey : new Uint8Array(32))),
  );
  const openings = toHex(rightOpenings);
  return {
    taskId,
    rules,
    round,
    secrets,
    advertisements,
    commitments,
    committed,
    openings,
    /** What the openings make of the masked updates. */
    honest(given: Uint8Array = rightOpenings): Int32Array {
      const { parameterCount, serverRateQ16, clipLanes } = rules;
      const mean = createMaskedMean({ parameterCount, serverRateQ16, clipLanes, round, openings: given });
      for (const [i, { lanes }] of committed.entries()) mean.add(lanes, commitments[i]!.weight);
      return mean.finish(base.lanes);
    },

    /** The assigned aggregator proposes this model with these openings; returns the proposal. */
    async propose(modelRoot: string, given: Hex = openings): Promise<SolidityProposal> {
      const proposal = await f.proposal(taskId, { modelRoot });
      const aggregator = federation.connect(signerOf(f, proposal.aggregator));
      await aggregator.proposeOpened(taskId, 1, proposal, [], given);
      return proposal;
    },

    /** The proof that chunk `chunkIndex` of the proposed model is not what the openings give; of whatever model. */
    proof: (proposed: ChunkTree, chunkIndex: number) => ({
      chunkIndex,
      leaf: proposed.leaf(chunkIndex),
      leafPath: proposed.proof(chunkIndex),
      base: base.tree.chunk(chunkIndex),
      basePath: base.tree.proof(chunkIndex),
      updates: concatBytes(...committed.map(({ tree }) => encodeZigzag(tree.chunk(chunkIndex)))),
      updatePaths: committed.flatMap(({ tree }) => tree.proof(chunkIndex)),
      bounds: new Uint8Array(0),
    }),
  };
}

import type { ChunkTree } from "../../../node/core/bytes/chunk-tree.ts";
import { concatBytes, toHex } from "../../../node/core/bytes/hex.ts";
import type { Address, Hex } from "../../../node/core/ids.ts";
import { updateRootOf } from "../../../node/core/words/commitment.ts";
import type { Random } from "../../../node/ports/index.ts";
import {
  type ClosedRound,
  createMaskedMean,
  createMaskSecrets,
  maskUpdate,
} from "../../../node/privacy/masking/index.ts";
import type { SolidityAdvertisement, SolidityCommitment, SolidityProposal } from "./facts.ts";
import { maskedRules, type SolidityRules, type TestFederation, word } from "./federation.ts";
import { encodeZigzag, type Vector, vectorOf } from "./proven-round.ts";
import type { createSeededNumbers } from "./seeded-numbers.ts";

/** What {@link runMasked} needs. */
export interface MaskedPlan {
  readonly base: Vector;
  /** One for each of the first participants: what it trained. */
  readonly updates: readonly { readonly lanes: Int32Array; readonly weight: number }[];
  /** Slots that advertise and then do not commit. */
  readonly dropped?: readonly number[];
  readonly rules?: Partial<SolidityRules>;
  readonly numbers: ReturnType<typeof createSeededNumbers>;
  /** Everybody in the task has the least bond there. */
  readonly bonded?: boolean;
  /** Committed by everybody in the place of its masked update: where only the cost counts. */
  readonly instead?: Vector;
}

/** Randomness that a test repeats. */
export const seededRandom = (numbers: ReturnType<typeof createSeededNumbers>): Random => ({
  bytes: (length) => Uint8Array.from({ length }, () => numbers.below(256)),
});

/** A masked round of real keys and masks, closed: an aggregator is assigned. The slots are the participants' places. */
export async function runMasked(f: TestFederation, plan: MaskedPlan) {
  const { base, updates, dropped = [], numbers, bonded = false, instead } = plan;
  const { federation } = f;
  const plain: SolidityRules = {
    ...{ ...maskedRules, parameterCount: base.lanes.length, maxUpdates: updates.length },
    ...plan.rules,
  };
  const rules = bonded ? await f.bonded(plain) : plain;
  const members = f.members.slice(0, updates.length);
  const taskId = await f.createTask(rules, { enrolled: members, modelRoot: base.tree.root });
  await f.openRound(taskId);

  const random = seededRandom(numbers);
  const secrets = members.map(() => createMaskSecrets(random));
  const signed = [];
  for (const [slot, { maskKey, seedHash }] of secrets.entries()) {
    const keys = { maskKey, seedHash, sharesId: word(slot + 900), shareKey: word(slot + 1900) };
    signed.push(await f.signKeys(taskId, members[slot]!, keys));
  }
  await federation.advertise(taskId, 1, signed);
  const { advertisements, anchor, start } = await f.facts(taskId);
  const surviving = updates.map((_, slot) => slot).filter((slot) => !dropped.includes(slot));
  const keys = advertisements.map(({ slot, maskKey, seedHash }) => ({
    ...{ slot, maskKey: maskKey as Hex, seedHash: seedHash as Hex },
  }));
  const round: ClosedRound = { taskId, round: 1, advertisements: keys, surviving };

  const commitments: SolidityCommitment[] = [];
  const committed: Vector[] = [];
  for (const slot of surviving) {
    const { lanes, weight } = updates[slot]!;
    const masked = instead ?? vectorOf(await maskUpdate({ lanes, weight, slot, secrets: secrets[slot]!, round }));
    const member = members[slot]!;
    const updateRoot = updateRootOf(member.address as Address, masked.tree.root);
    const contentId = word(slot);
    await federation.connect(member).commit(taskId, 1, anchor, updateRoot, contentId, weight);
    commitments.push({ participant: member.address, slot, weight, updateRoot, contentId });
    committed.push(masked);
  }
  if (dropped.length > 0) await f.pass(rules.keyWindowS + rules.commitWindowS + 1);
  await federation.closeRound(taskId, 1);

  const rightOpenings = concatBytes(
    ...surviving.map((slot) => secrets[slot]!.seed),
    ...dropped.map((slot) => secrets[slot]!.secretKey),
  );
  const openings = toHex(rightOpenings);
  return {
    taskId,
    rules,
    round,
    start,
    secrets,
    members,
    advertisements: advertisements as readonly SolidityAdvertisement[],
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
    propose: (modelRoot: string, given: string = openings): Promise<SolidityProposal> =>
      f.propose(taskId, { modelRoot }, given),

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

/** A round of {@link runMasked}. */
export type MaskedRoundOfTest = Awaited<ReturnType<typeof runMasked>>;

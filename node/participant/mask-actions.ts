import { keyedRoundOf } from "../audit/masked-round.ts";
import { chunkTreeRoot } from "../core/chunk-tree.ts";
import { updateRootOf } from "../core/commitment.ts";
import { FedledgerError } from "../core/error.ts";
import { hexEquals } from "../core/hex.ts";
import type { TaskId } from "../core/ids.ts";
import { maskNeighbours } from "../core/mask-graph.ts";
import type { RoundView } from "../core/task-view.ts";
import type { Chain } from "../ports/chain.ts";
import type { BlobStore } from "../ports/storage.ts";
import type { Journal, Random } from "../ports/system.ts";
import {
  answerUnmasking,
  checkMasking,
  createMaskJournal,
  createMaskSecrets,
  encodeUnmasking,
  maskUpdate,
  type RoundOpening,
  type SecretsRecord,
  sealShares,
} from "../privacy/masking/index.ts";
import type { ReaderKeys } from "../privacy/sealed/keyring.ts";
import type { Unmasking } from "../rounds/mask-messages.ts";
import { drawnBySlot, neighboursOf } from "../rounds/mask-queries.ts";
import type { ModelSource, TaskLook } from "../rounds/model-source.ts";
import type { ShareBundles } from "../rounds/share-bundles.ts";
import type { RoundKeys, TrainedUpdate } from "./participant-state.ts";
import { readCommitment } from "./sign-commitment.ts";
import type { TrainedLanes } from "./train-update.ts";

/** What a participant's steps in a masked round need. */
export interface MaskActionDeps {
  readonly chain: Pick<Chain, "account" | "chainId" | "federation" | "recoverSigner">;
  readonly store: BlobStore;
  readonly bundles: ShareBundles;
  readonly journal: Journal;
  readonly random: Random;
  readonly source: Pick<ModelSource, "put">;
  /** X25519, whose public key is registered: they open what others share. */
  readonly keys: ReaderKeys | undefined;
}

/** The steps; each of the journal's records is on disk before what it is about leaves the node. */
export interface MaskActions {
  /**
   * The secrets of a round's opening, made and their shares sealed and stored, or those in the journal. Undefined while a neighbour's encryption key
   * is not registered yet, unless `isLate`: then its share is lost. Rejects with MASK_BASE_CHANGED, MASK_RECORD_BROKEN, and as BlobStore.put does.
   */
  makeKeys(round: RoundView, isLate: boolean, look: TaskLook): Promise<RoundKeys | undefined>;
  /** The masked update that the journal has of this opening; undefined where there is none. */
  masked(round: RoundView, taskId: TaskId): Promise<TrainedUpdate | undefined>;
  /**
   * The update under the masks of the keys on record, stored; the one in the journal where it was made before with these keys.
   * Rejects with the codes of a client's own rules (MASK_…): then nothing is committed in this round.
   */
  mask(round: RoundView, trained: TrainedLanes | undefined, look: TaskLook): Promise<TrainedUpdate>;
  /** What opens a closed round, as far as the bundles are here. Rejects with the codes of a client's own rules (MASK_…): then nothing is told. */
  unmask(round: RoundView, look: TaskLook): Promise<Unmasking>;
  /** Forgets the secrets of a round that has ended. */
  forget(round: RoundView, taskId: TaskId): Promise<void>;
}

/** Steps over a journal. */
export function createMaskActions(deps: MaskActionDeps): MaskActions {
  const { chain, store, source, bundles, journal, random, keys: own } = deps;
  const { account: me, chainId, federation } = chain;
  const records = createMaskJournal(journal);
  const openingOf = ({ round, seed }: RoundView, taskId: TaskId): RoundOpening => ({ taskId, round, seed });

  async function secretsOf(round: RoundView, taskId: TaskId): Promise<SecretsRecord> {
    const secrets = await records.readSecrets(openingOf(round, taskId));
    if (secrets !== undefined) return secrets;
    throw new FedledgerError("MASK_NOT_MEMBER", { round: round.round, reason: "its secrets are not in the journal" });
  }

  async function maskedOf(round: RoundView, taskId: TaskId): Promise<TrainedUpdate | undefined> {
    const record = await records.readMasked(openingOf(round, taskId));
    if (record === undefined) return undefined;
    const { baseModelRoot, updateRoot, contentId, weight } = record;
    return { round: round.round, baseModelRoot, updateRoot, contentId, weight };
  }

  return {
    async makeKeys(round, isLate, look) {
      const { view, members, signal } = look;
      const { taskId, rules } = view;
      const opening = openingOf(round, taskId);
      const known = await records.readSecrets(opening);
      if (known !== undefined) return keysOf(known, round);
      const bySlot = drawnBySlot(view, round);
      const slot = [...bySlot].find(([, participant]) => hexEquals(participant, me))![0];
      const { drawn, baseModelRoot } = round;
      const { neighbours, thresholdPercent, minUpdates } = rules;
      const receivers = maskNeighbours(slot, { seed: round.seed, drawn, neighbours }).map((other) => {
        const participant = bySlot.get(other)!;
        const contact = members.find(({ account }) => hexEquals(account, participant))?.contact;
        return { participant, encryptionKey: contact?.encryptionKey };
      });
      if (!isLate && receivers.some(({ encryptionKey }) => encryptionKey === undefined)) return undefined;
      const secrets = createMaskSecrets(random);
      const context = { federation, ...opening };
      const bundle = await sealShares({ context, from: me, secrets, thresholdPercent, neighbours: receivers });
      const sharesId = await store.put(bundle, { signal });
      const limits = { drawn, neighbours, thresholdPercent, minUpdates };
      const record: SecretsRecord = { ...opening, baseModelRoot, participant: me, slot, ...limits, secrets, sharesId };
      signal.throwIfAborted();
      await records.writeSecrets(record);
      return keysOf(record, round);
    },

    masked: maskedOf,

    async mask(round, trained, look) {
      const { signal } = look;
      const { taskId, rules } = look.view;
      const opening = openingOf(round, taskId);
      const secrets = await secretsOf(round, taskId);
      const keys = checkMasking({ secrets, masked: await records.readMasked(opening) }, round);
      const signed = await readCommitment({ chain, journal, taskId }, round);
      const before = await maskedOf(round, taskId);
      if (signed !== undefined && !hexEquals(signed.updateRoot, before?.updateRoot ?? "")) {
        throw alreadyUsed(round, "another commitment was signed for this round and model");
      }
      if (before !== undefined) return before;
      if (trained === undefined) throw alreadyUsed(round, "what was trained is not at hand");
      const { lanes, weight } = trained;
      const about = { slot: secrets.slot, secrets: secrets.secrets, round: keyedRoundOf(taskId, rules, round) };
      const masked = await maskUpdate({ lanes, weight, ...about }, { signal });
      const { baseModelRoot } = round;
      const updateRoot = updateRootOf(me, chunkTreeRoot(masked));
      // nobody knows its name before the journal does
      const contentId = await source.put(masked, { round: round.round, purpose: "update", root: updateRoot }, look);
      const contents = { updateRoot, contentId };
      signal.throwIfAborted();
      await records.writeMasked(opening, { baseModelRoot, keys, ...contents, weight });
      return { round: round.round, baseModelRoot, ...contents, weight };
    },

    async unmask(round, look) {
      const { taskId, rules } = look.view;
      const opening = openingOf(round, taskId);
      if (own === undefined) {
        throw new FedledgerError("INVALID_ARGUMENT", { name: "keys", value: undefined, expected: "the node's own" });
      }
      const written = {
        secrets: await secretsOf(round, taskId),
        masked: await records.readMasked(opening),
        answer: await records.readAnswer(opening),
      };
      const here = await bundles.here(neighboursOf(round, rules, written.secrets.slot), round, look);
      const request = { chainId, federation, taskId, view: round, bundles: here, privateKey: own.privateKey };
      const { answer, record } = await answerUnmasking(written, request);
      await records.writeAnswer(opening, record);
      const { accumulator } = round;
      const about = { taskId, round: round.round, accumulator, participant: me };
      return { ...about, ...encodeUnmasking(answer) };
    },

    forget: async (round, taskId) => await records.forget(openingOf(round, taskId)),
  };
}

function keysOf({ secrets, sharesId, baseModelRoot, seed }: SecretsRecord, round: RoundView): RoundKeys {
  if (!hexEquals(baseModelRoot, round.baseModelRoot)) {
    const data = { round: round.round, expected: baseModelRoot, actual: round.baseModelRoot };
    throw new FedledgerError("MASK_BASE_CHANGED", data);
  }
  const { maskKey, seedHash } = secrets;
  return { round: round.round, baseModelRoot, seed, maskKey, seedHash, sharesId };
}

function alreadyUsed({ round }: RoundView, reason: string): FedledgerError {
  return new FedledgerError("MASK_ALREADY_USED", { round, reason });
}

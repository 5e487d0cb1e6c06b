import { keyedRoundOf } from "../../audit/replay/masked-round.ts";
import { chunkTreeRoot } from "../../core/bytes/chunk-tree.ts";
import { compactSignature } from "../../core/bytes/compact-signature.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32, Hex, TaskId } from "../../core/ids.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { ClosingWord, SignedAdvertisement } from "../../core/records.ts";
import { updateRootOf } from "../../core/words/commitment.ts";
import type { Invitation } from "../../core/words/invitation.ts";
import type { Chain } from "../../ports/chain.ts";
import type { BlobStore } from "../../ports/storage.ts";
import type { Journal, Random } from "../../ports/system.ts";
import {
  answerUnmasking,
  checkClosing,
  checkMasking,
  checkOpening,
  createMaskJournal,
  createMaskSecrets,
  encodeUnmasking,
  fellowsNeeded,
  type MaskedRecord,
  type MaskTrust,
  maskUpdate,
  type OwnRound,
  type RoundSecrets,
  sealShares,
} from "../../privacy/masking/index.ts";
import type { ModelSource } from "../../rounds/blobs/model-source.ts";
import type { ShareBundles } from "../../rounds/blobs/share-bundles.ts";
import type { TaskLook } from "../../rounds/blobs/task-look.ts";
import { fellowsIn, shareKeyOf } from "../../rounds/steps/mask-queries.ts";
import type { Unmasking } from "../../rounds/words/mask-messages.ts";
import { createRoundMemory } from "../state/round-memory.ts";
import type { TrainedUpdate } from "../state/trained-update.ts";
import type { TrainedLanes } from "../update/train-update.ts";
import { maskTrust, rememberSigners } from "./mask-trust.ts";
import { createShareKeys, type SecretFile } from "./share-keys.ts";

/** What a participant's steps in masked rounds need. */
export interface MaskActionDeps {
  readonly taskId: TaskId;
  readonly chain: Pick<Chain, "account" | "chainId" | "federation" | "recoverSigner" | "signRecord">;
  readonly store: BlobStore;
  readonly bundles: ShareBundles;
  readonly journal: Journal;
  readonly random: Random;
  readonly source: Pick<ModelSource, "put">;
  /** Whom to believe; without it this node takes no part in masked rounds. */
  readonly invitation?: Invitation | undefined;
  /** Where its key for the shares of its next round is kept. */
  readonly shareKeyFile: SecretFile;
}

/**
 * The steps. What must not be done twice is in the journal before anything of it leaves the node; secrets are in memory
 * only.
 */
export interface MaskActions {
  /** The public halves of the share keys at hand. */
  shareKeys(): Promise<readonly Bytes32[]>;
  /**
   * This node's word on the key for the shares of its next round: the key's 32 bytes and the 64 of its signature.
   * `named`: what its newest word names.
   */
  signShareKey(named?: Bytes32): Promise<Hex>;
  /** Overwrites the share keys before the one that the newest word on record names. */
  settleShareKey(named: Bytes32): Promise<void>;
  /**
   * The keys of a round's opening, signed, their secrets in memory and their shares sealed and stored; those made
   * before where there are. Undefined while a grant or a share key of a member is not on record yet, unless `isLate`:
   * then it gets no share. Rejects with INVITATION_NEEDED, INVITATION_MISMATCH, as checkOpening throws, with
   * MASK_NOT_MEMBER where the key for this round's shares is lost, MASK_NO_GRANT, MASK_BELOW_THRESHOLD, and as
   * BlobStore.put does.
   */
  makeKeys(round: RoundView, isLate: boolean, look: TaskLook): Promise<SignedAdvertisement | undefined>;
  /** The masked update of this round, under the keys on record; undefined where there is none. */
  masked(round: RoundView): Promise<TrainedUpdate | undefined>;
  /**
   * The update under the masks of the keys on record, stored; the one in the journal where it was made before with
   * these keys. Rejects with the codes of a member's own rules (MASK_…): then nothing is committed in this round.
   */
  mask(round: RoundView, trained: TrainedLanes | undefined, look: TaskLook): Promise<TrainedUpdate>;
  /**
   * The one word on the closing of a round. Rejects with the codes of a member's own rules (MASK_…): then nothing is
   * signed.
   */
  signClosing(round: RoundView, look: TaskLook): Promise<ClosingWord>;
  /**
   * What opens the closing that was signed, as far as the bundles are here. Rejects with the codes of a member's own
   * rules (MASK_…): then nothing is told.
   */
  unmask(
    round: RoundView,
    heard: { readonly words: readonly ClosingWord[]; readonly held: ReadonlySet<number> },
    look: TaskLook,
  ): Promise<Unmasking>;
  /** Forgets the secrets of a round that is over for this node. */
  forget(round: RoundView): void;
}

/** Steps of one process. */
export function createMaskActions(deps: MaskActionDeps): MaskActions {
  const { taskId, chain, store, source, bundles, journal, random, invitation } = deps;
  const { account: me, chainId, federation } = chain;
  const recoverSigner = rememberSigners((record) => chain.recoverSigner(record));
  const records = createMaskJournal(journal);
  const memory = createRoundMemory();
  const keys = createShareKeys({ file: deps.shareKeyFile, random });
  const signed = new WeakMap<RoundSecrets, SignedAdvertisement>();

  function trustIn(round: RoundView, look: TaskLook): MaskTrust {
    if (invitation === undefined) throw new FedledgerError("INVITATION_NEEDED", { taskId });
    return maskTrust({ chainId, federation, recoverSigner, invitation }, round, look);
  }

  /** The own slot of a round. */
  function slotIn({ drawnBySlot }: MaskTrust, { round }: RoundView): number {
    const [slot] = [...drawnBySlot].find(([, participant]) => hexEquals(participant, me)) ?? [];
    if (slot === undefined) throw new FedledgerError("MASK_NOT_MEMBER", { round, reason: "it is not drawn" });
    return slot;
  }

  function secretsOf(round: RoundView): RoundSecrets {
    const secrets = memory.of(round);
    if (secrets !== undefined) return secrets;
    const reason = "its secrets are forgotten, or were in the memory of a process that has ended";
    throw new FedledgerError("MASK_NOT_MEMBER", { round: round.round, reason });
  }

  async function ownRound(round: RoundView): Promise<OwnRound> {
    const of = { taskId, round: round.round };
    const secrets = secretsOf(round);
    return { secrets, masked: await records.readMasked(of), closing: await records.readClosing(of) };
  }

  return {
    shareKeys: () => keys.known(),
    async signShareKey(named) {
      const { publicKey: shareKey } = await keys.next(named);
      const signature = compactSignature(await chain.signRecord({ type: "share-key", taskId, shareKey }));
      return `0x${shareKey.slice(2)}${signature.slice(2)}`;
    },
    settleShareKey: (named) => keys.settle(named),

    async makeKeys(round, isLate, look) {
      const known = memory.of(round);
      if (known !== undefined) return signed.get(known);
      const trust = trustIn(round, look);
      const { isGranted, drawnBySlot: bySlot } = trust;
      checkOpening(round, { taskId }, trust);
      const slot = slotIn(trust, round);
      const named = shareKeyOf(look.view, round, me, recoverSigner);
      const openingKey = named && (await keys.privateKeyOf(named));
      if (openingKey === undefined) {
        throw new FedledgerError("MASK_NOT_MEMBER", {
          round: round.round,
          reason: "its key for the others' shares is lost",
        });
      }
      const others = [...bySlot].sort(([a], [b]) => a - b).filter(([other]) => other !== slot);
      const receivers = others.map(([, participant]) => {
        const shareKey = isGranted(participant) ? shareKeyOf(look.view, round, participant, recoverSigner) : undefined;
        return { participant, shareKey };
      });
      const ready = receivers.filter(({ shareKey }) => shareKey !== undefined).length;
      if (!isLate && (ready < receivers.length || !isGranted(me))) return undefined;
      if (!isGranted(me)) throw new FedledgerError("MASK_NO_GRANT", { round: round.round, account: me });
      const { thresholdPercent, minUpdates } = trust.rules;
      const { start, drawn } = round;
      const least = fellowsNeeded({ drawn, thresholdPercent });
      if (ready < least) {
        const data = { round: round.round, actual: ready + 1, of: drawn, least: least + 1 };
        throw new FedledgerError("MASK_BELOW_THRESHOLD", data);
      }
      const secrets = createMaskSecrets(random);
      const { publicKey: shareKey } = await keys.next(named);
      const bundle = await sealShares({ start, from: me, secrets, thresholdPercent, others: receivers });
      const sharesId = await store.put(bundle, { signal: look.signal });
      const { maskKey, seedHash } = secrets;
      const record = { taskId, round: round.round, participant: me, start, maskKey, seedHash, sharesId, shareKey };
      const advertisement = { ...record, signature: await chain.signRecord({ type: "advertisement", ...record }) };
      look.signal.throwIfAborted();
      const limits = { drawn, thresholdPercent, minUpdates };
      const about = { taskId, round: round.round, start, participant: me, slot, ...limits, sharesId, shareKey };
      const held: RoundSecrets = { ...about, secrets, openingKey: openingKey.slice() };
      memory.keep(held);
      signed.set(held, advertisement);
      return advertisement;
    },

    async masked(round) {
      const record = await records.readMasked({ taskId, round: round.round });
      return record !== undefined && hexEquals(record.anchor, round.anchor) ? updateOf(record, round) : undefined;
    },

    async mask(round, trained, look) {
      const of = { taskId, round: round.round };
      const before = await records.readMasked(of);
      // no secret is needed to commit to what was masked before a restart
      if (before !== undefined && hexEquals(before.anchor, round.anchor)) return updateOf(before, round);
      const secrets = secretsOf(round);
      const anchor = checkMasking({ secrets, masked: before }, round, trustIn(round, look));
      if (trained === undefined) {
        throw new FedledgerError("MASK_NOT_MEMBER", { round: round.round, reason: "what was trained is not at hand" });
      }
      const { lanes, weight } = trained;
      const about = { slot: secrets.slot, secrets: secrets.secrets, round: keyedRoundOf(taskId, round) };
      const masked = await maskUpdate({ lanes, weight, ...about }, { signal: look.signal });
      const { baseModelRoot } = round;
      const updateRoot = updateRootOf(me, chunkTreeRoot(masked));
      // nobody knows its name before the journal does
      const contentId = await source.put(masked, { round: round.round, purpose: "update", root: updateRoot }, look);
      look.signal.throwIfAborted();
      const record = { anchor, baseModelRoot, updateRoot, contentId, weight };
      await records.writeMasked(of, record);
      return updateOf(record, round);
    },

    async signClosing(round, look) {
      const { accumulator } = round;
      checkClosing(await ownRound(round), round, trustIn(round, look));
      await records.writeClosing({ taskId, round: round.round }, { accumulator });
      const word = { taskId, round: round.round, accumulator, participant: me };
      return { ...word, signature: await chain.signRecord({ type: "closing", ...word }) };
    },

    async unmask(round, heard, look) {
      const own = await ownRound(round);
      const here = await bundles.here(fellowsIn(round, own.secrets.slot), round, look);
      const request = { view: round, trust: trustIn(round, look), ...heard, bundles: here };
      const { answer } = await answerUnmasking(own, request);
      look.signal.throwIfAborted();
      // what was forgotten meanwhile is told no more: the seed that the answer names is overwritten
      secretsOf(round);
      const { accumulator } = round;
      return { taskId, round: round.round, accumulator, participant: me, ...encodeUnmasking(answer) };
    },

    forget: ({ round }) => memory.forget(round),
  };
}

function updateOf({ baseModelRoot, updateRoot, contentId, weight }: MaskedRecord, { round }: RoundView): TrainedUpdate {
  return { round, baseModelRoot, updateRoot, contentId, weight };
}

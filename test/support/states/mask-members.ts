import { toHex } from "../../../node/core/bytes/hex.ts";
import { keccak256 } from "../../../node/core/bytes/keccak.ts";
import { bytesToLanes } from "../../../node/core/bytes/lanes.ts";
import type { Address, Bytes32, Hex } from "../../../node/core/ids.ts";
import type { RoundView, TaskView } from "../../../node/core/record/task-view.ts";
import type { Commitment, Member, SignedAdvertisement, TaskRules } from "../../../node/core/records.ts";
import { accumulatorOf, anchorOf, startValue } from "../../../node/core/words/commitment.ts";
import {
  createMaskActions,
  type MaskActionDeps,
  type MaskActions,
} from "../../../node/participant/masked/mask-actions.ts";
import { createMemorySecret } from "../../../node/participant/masked/share-keys.ts";
import type { TrainedUpdate } from "../../../node/participant/state/trained-update.ts";
import type { SignedRecord } from "../../../node/ports/chain.ts";
import type { BlobStore } from "../../../node/ports/storage.ts";
import { createModelSource } from "../../../node/rounds/blobs/model-source.ts";
import { createShareBundles } from "../../../node/rounds/blobs/share-bundles.ts";
import type { TaskLook } from "../../../node/rounds/blobs/task-look.ts";
import { openJournal } from "../../../node/system/journal.ts";
import { createRandom } from "../../../node/system/random.ts";
import { modelRecordDigest, modelSign, modelSigner } from "../../simulation/model/model-signature.ts";
import { putInto } from "../history/history-writer.ts";
import { memoryStore } from "../memory-store.ts";
import { maskedRules, maskedView } from "./masked-states.ts";
import { granted, modelInvitation } from "./model-invitation.ts";
import { hashOf, memberOf, participants, roundOf } from "./round-states.ts";

/** Of all rounds here. */
export const deployment = { chainId: 31337, federation: `0x${"fe".repeat(20)}` as Address };
/** A task among four; three fellows open a secret. */
export const rules = { ...maskedRules, parameterCount: 100 };
/** Of all four. */
export const invitation = modelInvitation(deployment, participants, [{ ...maskedView(), rules }]);
/** With their grants. */
export const members: readonly Member[] = participants.map((account) =>
  granted(invitation, memberOf(account, "participant")),
);
/** What the participant in a slot trained. */
export const trained = (slot: number) => ({ lanes: new Int32Array(100).fill(slot + 1), weight: 10 + slot });

/** The round of a task whose history has this head. */
export function openedOver(headAtOpening: Bytes32, round = 1, drawn = 4): RoundView {
  const opened = roundOf({ round, headAtOpening, drawn, enrolled: drawn, seed: 0n });
  const start = startValue({ ...deployment, taskId: 1, ...opened, historyHead: headAtOpening });
  return { ...opened, start, anchor: start, accumulator: start };
}

/** The first round, as it opened. */
export const opened = openedOver(hashOf(7));

/** A participant with a store that it shares with all others, as if everybody had fetched everything. */
export function participantIn(blobs: ReturnType<typeof memoryStore>, account: Address) {
  const store = {
    ...blobs,
    put: async (bytes: Uint8Array) => {
      if (bytes.length % 4 === 0) return await putInto(blobs)(bytesToLanes(bytes));
      const contentId = toHex(keccak256(bytes));
      blobs.blobs.set(contentId, bytes.slice());
      return contentId;
    },
  } as unknown as BlobStore;
  const transport = { peerId: "me", connected: () => [] };
  const journal = openJournal(":memory:");
  const shareKeyFile = createMemorySecret();
  const deps: MaskActionDeps = {
    taskId: 1,
    chain: {
      account,
      ...deployment,
      recoverSigner: modelSigner,
      signRecord: async (record: SignedRecord) => modelSign(account, modelRecordDigest(record)),
    },
    store,
    source: createModelSource({ store, transport }),
    bundles: createShareBundles({ store, transport }),
    journal,
    random: createRandom(),
    invitation,
    shareKeyFile,
  };
  const restart = (changes: Partial<MaskActionDeps> = {}): MaskActions => createMaskActions({ ...deps, ...changes });
  return { account, journal, shareKeyFile, deps, restart, actions: restart() };
}

/** What participants say of the task, of rounds before the newest one beside it. */
export function lookAt(
  round: RoundView,
  shareKeys: ReadonlyMap<Address, Hex>,
  changes: { readonly before?: readonly RoundView[]; readonly of?: readonly Member[]; readonly rules?: TaskRules } = {},
): TaskLook {
  const { before = [], of = members } = changes;
  const view: TaskView = { ...maskedView(...before, round), rules: changes.rules ?? rules, shareKeys };
  return { view, members: of, signal: new AbortController().signal };
}

/** The round with these keys on record. */
export function advertised(keys: readonly SignedAdvertisement[], round = opened): RoundView {
  const advertisements = keys.map(({ start: _, ...key }) => {
    return { ...key, slot: participants.indexOf(key.participant) };
  });
  const anchor = anchorOf(round.start, advertisements);
  return { ...round, advertisements, anchor, accumulator: anchor };
}

/** The round, closed over these updates. */
export function closedWith(
  round: RoundView,
  updates: readonly (TrainedUpdate & { readonly slot: number })[],
): RoundView {
  const commitments = updates.map(({ slot, updateRoot, contentId, weight }): Commitment => {
    return { taskId: 1, round: 1, participant: participants[slot]!, slot, weight, updateRoot, contentId };
  });
  const assignment = { attempt: 0, aggregator: hashOf(1).slice(0, 42) as Address, place: 0, count: 1, deadlineS: 300 };
  return {
    ...round,
    phase: "aggregating",
    commitments,
    assignment,
    accumulator: accumulatorOf(round.anchor, commitments),
  };
}

/** Four participants, all with keys. */
export async function play() {
  const blobs = memoryStore();
  const nodes = participants.map((account) => participantIn(blobs, account));
  const shareKeys = new Map<Address, Hex>();
  for (const { account, actions } of nodes) shareKeys.set(account, await actions.signShareKey());
  const keys: SignedAdvertisement[] = [];
  for (const { actions } of nodes) keys.push((await actions.makeKeys(opened, false, lookAt(opened, shareKeys)))!);
  const round = advertised(keys);
  return { blobs, nodes, shareKeys, keys, round, look: lookAt(round, shareKeys) };
}

/** All of them with masked updates, and the round closed. */
export async function playToClosing() {
  const set = await play();
  const updates = [];
  for (const [slot, { actions }] of set.nodes.entries()) {
    updates.push({ slot, ...(await actions.mask(set.round, trained(slot), set.look)) });
  }
  const closed = closedWith(set.round, updates);
  return { ...set, updates, closed, look: lookAt(closed, set.shareKeys), held: new Set([0, 1, 2, 3]) };
}

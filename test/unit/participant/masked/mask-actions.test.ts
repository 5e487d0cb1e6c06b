import { expect } from "chai";
import { closedRoundOf } from "../../../../node/audit/replay/masked-round.ts";
import { toHex } from "../../../../node/core/bytes/hex.ts";
import { keccak256 } from "../../../../node/core/bytes/keccak.ts";
import { bytesToLanes } from "../../../../node/core/bytes/lanes.ts";
import type { Address, Bytes32, Hex } from "../../../../node/core/ids.ts";
import type { RoundView, TaskView } from "../../../../node/core/record/task-view.ts";
import type { ClosingWord, Commitment, Member, SignedAdvertisement, TaskRules } from "../../../../node/core/records.ts";
import { accumulatorOf, anchorOf, startValue } from "../../../../node/core/words/commitment.ts";
import { createMaskActions, type MaskActions } from "../../../../node/participant/masked/mask-actions.ts";
import { createMemorySecret } from "../../../../node/participant/masked/share-keys.ts";
import type { TrainedUpdate } from "../../../../node/participant/state/trained-update.ts";
import type { SignedRecord } from "../../../../node/ports/chain.ts";
import type { BlobStore } from "../../../../node/ports/storage.ts";
import { collectOpenings, createMaskedMean, decodeUnmasking } from "../../../../node/privacy/masking/index.ts";
import { createModelSource } from "../../../../node/rounds/blobs/model-source.ts";
import { createShareBundles } from "../../../../node/rounds/blobs/share-bundles.ts";
import type { TaskLook } from "../../../../node/rounds/blobs/task-look.ts";
import { openJournal } from "../../../../node/system/journal.ts";
import { createRandom } from "../../../../node/system/random.ts";
import { modelRecordDigest, modelSign, modelSigner } from "../../../simulation/model/model-signature.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { memoryBlobs, putInto } from "../../../support/history/history-writer.ts";
import { maskedRules, maskedView } from "../../../support/states/masked-states.ts";
import { granted, modelInvitation } from "../../../support/states/model-invitation.ts";
import { hashOf, memberOf, participants, roundOf } from "../../../support/states/round-states.ts";

const deployment = { chainId: 31337, federation: `0x${"fe".repeat(20)}` as Address };
const rules = { ...maskedRules, parameterCount: 100 };
const invitation = modelInvitation(deployment, participants, [{ ...maskedView(), rules }]);
const members: readonly Member[] = participants.map((account) => granted(invitation, memberOf(account, "participant")));
const trained = (slot: number) => ({ lanes: new Int32Array(100).fill(slot + 1), weight: 10 + slot });

/** The round of a task whose history has this head. */
function openedOver(headAtOpening: Bytes32, round = 1, drawn = 4): RoundView {
  const opened = roundOf({ round, headAtOpening, drawn, enrolled: drawn, seed: 0n });
  const start = startValue({ ...deployment, taskId: 1, ...opened, historyHead: headAtOpening });
  return { ...opened, start, anchor: start, accumulator: start };
}

const opened = openedOver(hashOf(7));

/** A participant with a store that it shares with all others, as if everybody had fetched everything. */
function participantIn(blobs: ReturnType<typeof memoryBlobs>, account: Address) {
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
  const restart = (changes: object = {}): MaskActions =>
    createMaskActions({
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
      ...changes,
    });
  return { account, journal, shareKeyFile, restart, actions: restart() };
}

/** What participants say of the task, of rounds before the newest one beside it. */
function lookAt(
  round: RoundView,
  shareKeys: ReadonlyMap<Address, Hex>,
  changes: { readonly before?: readonly RoundView[]; readonly of?: readonly Member[]; readonly rules?: TaskRules } = {},
): TaskLook {
  const { before = [], of = members } = changes;
  const view: TaskView = { ...maskedView(...before, round), rules: changes.rules ?? rules, shareKeys };
  return { view, members: of, signal: new AbortController().signal };
}

function advertised(keys: readonly SignedAdvertisement[], round = opened): RoundView {
  const advertisements = keys.map(({ start: _, ...key }) => {
    return { ...key, slot: participants.indexOf(key.participant) };
  });
  const anchor = anchorOf(round.start, advertisements);
  return { ...round, advertisements, anchor, accumulator: anchor };
}

function closedWith(round: RoundView, updates: readonly (TrainedUpdate & { readonly slot: number })[]): RoundView {
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
async function play() {
  const blobs = memoryBlobs();
  const nodes = participants.map((account) => participantIn(blobs, account));
  const shareKeys = new Map<Address, Hex>();
  for (const { account, actions } of nodes) shareKeys.set(account, await actions.signShareKey());
  const keys: SignedAdvertisement[] = [];
  for (const { actions } of nodes) keys.push((await actions.makeKeys(opened, false, lookAt(opened, shareKeys)))!);
  const round = advertised(keys);
  return { blobs, nodes, shareKeys, keys, round, look: lookAt(round, shareKeys) };
}

/** All of them with masked updates, and the round closed. */
async function playToClosing() {
  const set = await play();
  const updates = [];
  for (const [slot, { actions }] of set.nodes.entries()) {
    updates.push({ slot, ...(await actions.mask(set.round, trained(slot), set.look)) });
  }
  const closed = closedWith(set.round, updates);
  return { ...set, updates, closed, look: lookAt(closed, set.shareKeys), held: new Set([0, 1, 2, 3]) };
}

describe("the steps of a participant in a masked round", () => {
  it("make keys once an opening, and others for another opening or after a restart", async () => {
    const { nodes, keys, shareKeys } = await play();
    const [first] = nodes;
    const make = (actions: MaskActions, round: RoundView) => actions.makeKeys(round, false, lookAt(round, shareKeys));
    expect(await make(first!.actions, opened)).to.deep.equal(keys[0]);
    const other = openedOver(hashOf(8));
    const made = [await make(first!.actions, other), await make(first!.restart(), opened)];
    for (const again of made) {
      expect(again!.maskKey).not.to.equal(keys[0]!.maskKey);
      // the key for its next round stays until a word that names it is on record
      expect(again!.shareKey).to.equal(keys[0]!.shareKey);
    }
    expect(keys[0]!.shareKey).not.to.equal(shareKeys.get(first!.account)!.slice(0, 66));
  });

  it("write no secret of a round anywhere but the key for the shares of the next", async () => {
    const { nodes, closed, look, held } = await playToClosing();
    const { actions, journal, shareKeyFile } = nodes[0]!;
    const word = await actions.signClosing(closed, look);
    const words = await Promise.all(nodes.slice(1).map((node) => node.actions.signClosing(closed, look)));
    const { seed, shares } = await actions.unmask(closed, { words: [word, ...words], held }, look);
    const written = await Promise.all(
      ["masked-update/1/1", "closing/1/1"].map(async (key) => new TextDecoder().decode(await journal.get(key))),
    );
    const file = toHex((await shareKeyFile.read())!);
    for (const secret of [seed.slice(2), shares.slice(2, 68)]) {
      expect(`${written.join()}${file}`).not.to.contain(secret);
    }
    expect(file.length, "two keys of 32 bytes").to.equal(2 + 2 * 64);
  });

  it("wait for another's grant and share key, and go without when it is late", async () => {
    const { nodes, shareKeys } = await play();
    const { actions } = participantIn(memoryBlobs(), participants[0]!);
    const fresh = new Map(shareKeys).set(participants[0]!, await actions.signShareKey());
    const { contact: _, ...unregistered } = members[1]!;
    const { grant: __, ...contact } = members[1]!.contact!;
    const cases: [ReadonlyMap<Address, Hex>, Member][] = [
      [fresh, unregistered],
      [fresh, { ...members[1]!, contact }],
      [new Map([...fresh].filter(([account]) => account !== participants[1])), members[1]!],
      [new Map(fresh).set(participants[1]!, shareKeys.get(participants[2]!)!), members[1]!],
    ];
    for (const [keys, second] of cases) {
      const look = lookAt(opened, keys, { of: [members[0]!, second, ...members.slice(2)] });
      expect(await actions.makeKeys(opened, false, look)).to.equal(undefined);
      // of four drawn three fellows are needed: without one nothing comes of the round
      await expectCode("MASK_BELOW_THRESHOLD", () => actions.makeKeys(opened, true, look));
    }
    expect(nodes).to.have.length(4);
  });

  it("refuse without an invitation, without an own grant, and where the key for this round's shares is lost", async () => {
    const { nodes, shareKeys } = await play();
    const [first] = nodes;
    const look = lookAt(opened, shareKeys);
    const without = first!.restart({ invitation: undefined });
    await expectCode("INVITATION_NEEDED", () => without.makeKeys(opened, false, look));
    const later = { ...invitation, epoch: 2 };
    await expectCode("MASK_NO_GRANT", () => first!.restart({ invitation: later }).makeKeys(opened, true, look));
    const lost = first!.restart({ shareKeyFile: createMemorySecret() });
    const { data } = await expectCode("MASK_NOT_MEMBER", () => lost.makeKeys(opened, false, look));
    expect(data.reason).to.contain("lost");
  });

  it("make no keys, and sign none, for a round that its start value does not stand for, or with too few drawn", async () => {
    const { shareKeys } = await play();
    const signed: SignedRecord["type"][] = [];
    const blobs = memoryBlobs();
    const fresh = participantIn(blobs, participants[0]!);
    const chain = {
      account: participants[0]!,
      ...deployment,
      recoverSigner: modelSigner,
      signRecord: async (record: SignedRecord) => {
        signed.push(record.type);
        return modelSign(participants[0]!, modelRecordDigest(record));
      },
    };
    const words = new Map(shareKeys).set(participants[0]!, await fresh.actions.signShareKey());
    const make = (round: RoundView, of: { readonly asked?: TaskRules; readonly shown?: TaskRules } = {}) => {
      const { asked = rules, shown = asked } = of;
      const invited = modelInvitation(deployment, participants, [{ ...maskedView(), rules: asked }]);
      const actions = fresh.restart({ chain, invitation: invited });
      return actions.makeKeys(round, true, lookAt(round, words, { rules: shown }));
    };
    // three of the four, under the start value of the four: two of them would hold the secrets of the first
    await expectCode("MASK_KEY_SWAPPED", () => make({ ...opened, drawn: 3, enrolled: 3 }));
    await expectCode("MASK_KEY_SWAPPED", () => make({ ...opened, baseModelRoot: hashOf(5) }));
    const three = openedOver(hashOf(7), 1, 3);
    const least = { ...rules, minUpdates: 4 };
    const { data } = await expectCode("MASK_BELOW_THRESHOLD", () => make(three, { asked: least }));
    expect(data).to.include({ actual: 3, of: 3, least: 4 });
    // what the invitation asks for counts, not what an endpoint shows beside it
    await expectCode("INVITATION_MISMATCH", () => make(three, { asked: least, shown: rules }));
    expect({ signed, blobs: blobs.blobs.size }).to.deep.equal({ signed: [], blobs: 0 });
    expect(await make(opened, { asked: least })).to.include({ start: opened.start });
    expect(signed).to.deep.equal(["advertisement"]);
  });

  it("open the shares of a round by the key that the round before named, and forget the one before it", async () => {
    const { nodes, keys, round, shareKeys } = await play();
    const [first] = nodes;
    // the advertisement is on record: what it names is the newest word, and the set key leaves the map
    expect(await first!.actions.shareKeys()).to.have.length(2);
    await first!.actions.settleShareKey(keys[0]!.shareKey);
    expect(await first!.actions.shareKeys()).to.deep.equal([keys[0]!.shareKey]);
    const next = openedOver(hashOf(11), 2);
    const look = lookAt(next, new Map(), { before: [{ ...round, phase: "invalid" }] });
    const made = (await first!.actions.makeKeys(next, false, look))!;
    expect(made.shareKey).not.to.equal(keys[0]!.shareKey);
    // a word of an endpoint is no word: an advertisement that its owner did not sign names nothing
    const forged = round.advertisements!.map((each) => ({ ...each, shareKey: hashOf(3) }));
    const lie = lookAt(next, new Map(), { before: [{ ...round, phase: "invalid", advertisements: forged }] });
    await expectCode("MASK_NOT_MEMBER", () => first!.restart().makeKeys(next, false, lie));
    expect(shareKeys.size).to.equal(4);
  });

  it("mask once, sign once, and open the sum of what was trained", async () => {
    const { nodes, round, closed, look, held, updates, blobs, shareKeys } = await playToClosing();
    const { actions, restart } = nodes[0]!;
    expect(await restart().mask(round, undefined, look), "after a restart").to.include({ weight: 10 });
    expect(await actions.masked(round)).to.deep.equal(await actions.mask(round, trained(3), lookAt(round, shareKeys)));
    const words: ClosingWord[] = [];
    for (const node of nodes) words.push(await node.actions.signClosing(closed, look));
    await expectCode("MASK_WORDS_MISSING", () => actions.unmask(closed, { words: words.slice(0, 3), held }, look));
    await expectCode("MASK_UPDATES_MISSING", () => actions.unmask(closed, { words, held: new Set([0, 1]) }, look));
    const told = [];
    for (const node of nodes) told.push(await node.actions.unmask(closed, { words, held }, look));
    const about = closedRoundOf(1, closed);
    const { openings } = await collectOpenings({
      round: about,
      drawn: 4,
      thresholdPercent: rules.thresholdPercent,
      bundles: new Map(round.advertisements!.map(({ slot, sharesId }) => [slot, blobs.blobs.get(sharesId)!])),
      answers: told.map((unmasking, slot) => decodeUnmasking(unmasking, slot, 3)!),
    });
    const mean = createMaskedMean({ ...rules, round: about, openings: openings! });
    for (const { contentId, weight } of updates) mean.add(bytesToLanes(blobs.blobs.get(contentId)!.slice()), weight);
    expect([...mean.unmaskedSum()]).to.deep.equal(new Array(100).fill(10 * 1 + 11 * 2 + 12 * 3 + 13 * 4));
  });

  it("after a restart neither sign nor open, whatever the folder has", async () => {
    const { nodes, closed, look, held } = await playToClosing();
    const words = await Promise.all(nodes.map(({ actions }) => actions.signClosing(closed, look)));
    const again = nodes[0]!.restart();
    await expectCode("MASK_NOT_MEMBER", () => again.signClosing(closed, look));
    await expectCode("MASK_NOT_MEMBER", () => again.unmask(closed, { words, held }, look));
  });

  it("refuse a second mask with other keys, and a second closing", async () => {
    const { nodes, closed, look, shareKeys, updates } = await playToClosing();
    const { actions } = nodes[0]!;
    const other = openedOver(hashOf(8));
    const keys: SignedAdvertisement[] = [];
    for (const node of nodes) keys.push((await node.actions.makeKeys(other, false, lookAt(other, shareKeys)))!);
    const again = advertised(keys, other);
    await expectCode("MASK_ALREADY_USED", () => actions.mask(again, trained(0), lookAt(again, shareKeys)));
    await actions.signClosing(closed, look);
    const moved = closedWith(closed, [...updates.slice(1), updates[0]!]);
    await expectCode("MASK_SET_CHANGED", () => actions.signClosing(moved, lookAt(moved, shareKeys)));
  });

  it("forget what is over: nothing is opened behind it", async () => {
    const { nodes, closed, look, held } = await playToClosing();
    const words = await Promise.all(nodes.map(({ actions }) => actions.signClosing(closed, look)));
    nodes[0]!.actions.forget(closed);
    await expectCode("MASK_NOT_MEMBER", () => nodes[0]!.actions.unmask(closed, { words, held }, look));
    await nodes[1]!.actions.unmask(closed, { words, held }, look);
  });
});

import { expect } from "chai";
import { closedRoundOf } from "../../../node/audit/masked-round.ts";
import { x25519PublicKey } from "../../../node/chain/node-keys.ts";
import { extendAccumulator, startAccumulator } from "../../../node/core/commitment.ts";
import { fromHex, toHex } from "../../../node/core/hex.ts";
import type { Address } from "../../../node/core/ids.ts";
import { keccak256 } from "../../../node/core/keccak.ts";
import { bytesToLanes } from "../../../node/core/lanes.ts";
import type { Advertisement, Commitment, Member } from "../../../node/core/records.ts";
import type { RoundView } from "../../../node/core/task-view.ts";
import { createMaskActions, type MaskActions } from "../../../node/participant/mask-actions.ts";
import type { RoundKeys, TrainedUpdate } from "../../../node/participant/participant-state.ts";
import type { BlobStore } from "../../../node/ports/storage.ts";
import type { Journal } from "../../../node/ports/system.ts";
import { collectOpenings, createMaskedMean, decodeUnmasking } from "../../../node/privacy/masking/index.ts";
import { createModelSource, type TaskLook } from "../../../node/rounds/model-source.ts";
import { createShareBundles } from "../../../node/rounds/share-bundles.ts";
import { openJournal } from "../../../node/system/journal.ts";
import { createRandom } from "../../../node/system/random.ts";
import { expectCode } from "../../support/expect-code.ts";
import { memoryBlobs, putInto } from "../../support/history-writer.ts";
import { maskedRules, maskedView } from "../../support/masked-states.ts";
import { hashOf, participants, roundOf } from "../../support/round-states.ts";

const federation = `0x${"fe".repeat(20)}` as Address;
const deployment = { chainId: 31337, federation };
const rules = { ...maskedRules, parameterCount: 100 };
const keysOf = (account: Address) => {
  const privateKey = keccak256(fromHex(account));
  return { privateKey, publicKey: x25519PublicKey(privateKey) };
};
const members: readonly Member[] = participants.map((account) => ({
  account,
  roles: ["participant"],
  contact: { peerId: `peer-${account}`, encryptionKey: keysOf(account).publicKey, multiaddrs: [] },
}));
const opened = roundOf({ drawn: 4, enrolled: 4, seed: 77n });
const trained = (slot: number) => ({ lanes: new Int32Array(100).fill(slot + 1), weight: 10 + slot });

/** A participant with a store that it shares with all others, as if everybody had fetched everything. */
function participantIn(blobs: ReturnType<typeof memoryBlobs>, account: Address) {
  const store = {
    ...blobs,
    put: putBytesInto(blobs),
    has: async (contentId: `0x${string}`) => blobs.blobs.has(contentId),
    remove: async () => undefined,
  } as unknown as BlobStore;
  const transport = { peerId: "me", connected: () => [] };
  const journal = openJournal(":memory:");
  const restart = (over: Journal = journal, random = createRandom()): MaskActions =>
    createMaskActions({
      chain: { account, ...deployment, recoverSigner: () => account },
      store,
      source: createModelSource({ store, transport }),
      bundles: createShareBundles({ store, transport }),
      journal: over,
      random,
      keys: keysOf(account),
    });
  return { account, journal, restart, actions: restart() };
}

function putBytesInto(blobs: ReturnType<typeof memoryBlobs>) {
  const put = putInto(blobs);
  return (bytes: Uint8Array) => (bytes.length % 4 === 0 ? put(bytesToLanes(bytes)) : putRaw(blobs, bytes));
}

async function putRaw(blobs: ReturnType<typeof memoryBlobs>, bytes: Uint8Array) {
  const contentId = toHex(keccak256(bytes));
  blobs.blobs.set(contentId, bytes.slice());
  return contentId;
}

const lookAt = (round: RoundView, of = members): TaskLook => ({
  view: { ...maskedView(round), rules },
  members: of,
  signal: new AbortController().signal,
});

function advertised(keys: readonly RoundKeys[]): RoundView {
  const advertisements = keys.map(({ round, maskKey, seedHash, sharesId }, slot): Advertisement => {
    return { taskId: 1, round, participant: participants[slot]!, slot, maskKey, seedHash, sharesId };
  });
  const start = startAccumulator({ ...deployment, taskId: 1, ...opened });
  return { ...opened, advertisements, accumulator: advertisements.reduce(extendAccumulator, start) };
}

function closedWith(round: RoundView, updates: readonly (TrainedUpdate & { readonly slot: number })[]): RoundView {
  const commitments = updates.map(({ slot, updateRoot, contentId, weight }): Commitment => {
    return { taskId: 1, round: 1, participant: participants[slot]!, slot, weight, updateRoot, contentId };
  });
  const assignment = { attempt: 0, aggregator: hashOf(1).slice(0, 42) as Address, deadlineS: 300 };
  const accumulator = commitments.reduce(extendAccumulator, round.accumulator);
  return { ...round, phase: "aggregating", commitments, assignment, accumulator };
}

/** Four participants, all with keys. */
async function play() {
  const blobs = memoryBlobs();
  const nodes = participants.map((account) => participantIn(blobs, account));
  const keys: RoundKeys[] = [];
  for (const { actions } of nodes) keys.push((await actions.makeKeys(opened, false, lookAt(opened)))!);
  const round = advertised(keys);
  const look = lookAt(round);
  return { blobs, nodes, keys, round, look };
}

describe("the steps of a participant in a masked round", () => {
  it("make keys once an opening, also over a restart", async () => {
    const { nodes, keys } = await play();
    const [first] = nodes;
    expect(await first!.restart().makeKeys(opened, false, lookAt(opened))).to.deep.equal(keys[0]);
    const other = { ...opened, seed: 78n };
    expect((await first!.actions.makeKeys(other, false, lookAt(other)))!.maskKey).to.not.equal(keys[0]!.maskKey);
    const moved = { ...opened, baseModelRoot: hashOf(8) };
    await expectCode("MASK_BASE_CHANGED", () => first!.actions.makeKeys(moved, false, lookAt(moved)));
  });

  it("wait for a neighbour's registered key, and go without it when it is late", async () => {
    const { actions } = participantIn(memoryBlobs(), participants[0]!);
    const { contact: _, ...unregistered } = members[1]!;
    const look = lookAt(opened, [members[0]!, unregistered, ...members.slice(2)]);
    expect(await actions.makeKeys(opened, false, look)).to.equal(undefined);
    expect(await actions.makeKeys(opened, true, look)).to.include({ round: 1, seed: 77n });
  });

  it("mask once, tell once, and open the sum of what was trained, without who dropped out", async () => {
    const { nodes, round, look, blobs } = await play();
    const updates = [];
    for (const slot of [0, 1, 2]) {
      updates.push({ slot, ...(await nodes[slot]!.actions.mask(round, trained(slot), look)) });
    }
    expect(await nodes[0]!.restart().mask(round, undefined, look), "after a restart").to.deep.include({
      contentId: updates[0]!.contentId,
      weight: 10,
    });
    expect(await nodes[0]!.actions.masked(round, 1)).to.deep.equal(
      await nodes[0]!.actions.mask(round, trained(3), look),
    );
    const closed = closedWith(round, updates);
    const told = [];
    for (const slot of [0, 1, 2]) told.push(await nodes[slot]!.actions.unmask(closed, lookAt(closed)));
    expect(await nodes[0]!.restart().unmask(closed, lookAt(closed)), "the same again").to.deep.equal(told[0]);
    const about = closedRoundOf(1, rules, closed);
    const { openings } = await collectOpenings({
      round: about,
      thresholdPercent: rules.thresholdPercent,
      bundles: new Map(round.advertisements!.map(({ slot, sharesId }) => [slot, blobs.blobs.get(sharesId)!])),
      answers: told.map((unmasking, slot) => decodeUnmasking(unmasking, slot, 3)!),
    });
    const mean = createMaskedMean({ ...rules, round: about, openings: openings! });
    for (const { contentId, weight } of updates) mean.add(bytesToLanes(blobs.blobs.get(contentId)!.slice()), weight);
    expect([...mean.unmaskedSum()]).to.deep.equal(new Array(100).fill(10 * 1 + 11 * 2 + 12 * 3));
  });

  it("refuse a second mask with other keys, and a second closing", async () => {
    const { nodes, round, keys, look } = await play();
    const { actions } = nodes[0]!;
    const mine = { slot: 0, ...(await actions.mask(round, trained(0), look)) };
    const fewer = advertised(keys.slice(0, 3));
    await expectCode("MASK_ALREADY_USED", () => actions.mask(fewer, trained(0), lookAt(fewer)));
    const others = [];
    for (const slot of [1, 2, 3])
      others.push({ slot, ...(await nodes[slot]!.actions.mask(round, trained(slot), look)) });
    const first = closedWith(round, [mine, ...others.slice(0, 2)]);
    const second = closedWith(round, [mine, ...others]);
    await actions.unmask(first, lookAt(first));
    await expectCode("MASK_BOTH_SHARES", () => nodes[0]!.restart().unmask(second, lookAt(second)));
  });

  it("refuse without secrets, without anything to mask, and where another commitment was signed", async () => {
    const { nodes, round, look } = await play();
    const [first, second] = nodes;
    const empty = first!.restart(openJournal(":memory:"));
    await expectCode("MASK_NOT_MEMBER", () => empty.mask(round, trained(0), look));
    await expectCode("MASK_ALREADY_USED", () => first!.actions.mask(round, undefined, look));
    const signed = { updateRoot: hashOf(1), contentId: hashOf(2), weight: 1, signature: `0x${"11".repeat(65)}` };
    await second!.journal.put(
      `commitment/1/1/${round.baseModelRoot}`,
      new TextEncoder().encode(JSON.stringify(signed)),
    );
    await expectCode("MASK_ALREADY_USED", () => second!.actions.mask(round, trained(1), look));
  });
});

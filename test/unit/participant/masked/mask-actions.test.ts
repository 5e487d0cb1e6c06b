import { expect } from "chai";
import { closedRoundOf } from "../../../../node/audit/replay/masked-round.ts";
import { toHex } from "../../../../node/core/bytes/hex.ts";
import { bytesToLanes } from "../../../../node/core/bytes/lanes.ts";
import type { ClosingWord, SignedAdvertisement } from "../../../../node/core/records.ts";
import { collectOpenings, createMaskedMean, decodeUnmasking } from "../../../../node/privacy/masking/index.ts";
import { expectCode } from "../../../support/expect-code.ts";
import {
  advertised,
  closedWith,
  lookAt,
  openedOver,
  play,
  playToClosing,
  rules,
  trained,
} from "../../../support/states/mask-members.ts";
import { hashOf } from "../../../support/states/round-states.ts";

describe("the steps of a participant in a masked round", () => {
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

  it("tell nothing that was forgotten while it was put together", async () => {
    const { nodes, closed, look, held } = await playToClosing();
    const words = await Promise.all(nodes.map(({ actions }) => actions.signClosing(closed, look)));
    const telling = nodes[0]!.actions.unmask(closed, { words, held }, look);
    nodes[0]!.actions.forget(closed);
    await expectCode("MASK_NOT_MEMBER", () => telling);
  });

  it("mask under no keys that their owner did not sign", async () => {
    const { nodes, keys, shareKeys } = await play();
    const { actions, journal } = nodes[0]!;
    const [, second] = keys;
    const round = advertised([keys[0]!, { ...second!, maskKey: keys[2]!.maskKey }, ...keys.slice(2)]);
    await expectCode("MASK_WORD_FALSE", () => actions.mask(round, trained(0), lookAt(round, shareKeys)));
    const few = advertised(keys.slice(0, 2));
    await expectCode("MASK_BELOW_THRESHOLD", () => actions.mask(few, trained(0), lookAt(few, shareKeys)));
    expect(await journal.get("masked-update/1/1")).to.equal(undefined);
  });

  it("know an update as masked under its own keys only", async () => {
    const { nodes, round, shareKeys } = await play();
    const { actions } = nodes[0]!;
    await actions.mask(round, trained(0), lookAt(round, shareKeys));
    expect(await actions.masked(round)).to.include({ weight: 10 });
    expect(await actions.masked({ ...round, anchor: hashOf(3) })).to.equal(undefined);
  });
});

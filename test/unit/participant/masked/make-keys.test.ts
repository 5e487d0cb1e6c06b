import { expect } from "chai";
import type { Address, Hex } from "../../../../node/core/ids.ts";
import type { RoundView } from "../../../../node/core/record/task-view.ts";
import type { Member, TaskRules } from "../../../../node/core/records.ts";
import type { MaskActions } from "../../../../node/participant/masked/mask-actions.ts";
import { createMemorySecret } from "../../../../node/participant/masked/share-keys.ts";
import type { SignedRecord } from "../../../../node/ports/chain.ts";
import { modelRecordDigest, modelSign, modelSigner } from "../../../simulation/model/model-signature.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { memoryStore } from "../../../support/memory-store.ts";
import {
  advertised,
  closedWith,
  deployment,
  invitation,
  lookAt,
  members,
  opened,
  openedOver,
  participantIn,
  play,
  rules,
  trained,
} from "../../../support/states/mask-members.ts";
import { maskedView } from "../../../support/states/masked-states.ts";
import { modelInvitation } from "../../../support/states/model-invitation.ts";
import { hashOf, participants } from "../../../support/states/round-states.ts";

describe("the keys of a participant in a masked round", () => {
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

  it("wait for another's grant and share key, and go without when it is late", async () => {
    const { nodes, shareKeys } = await play();
    const { actions } = participantIn(memoryStore(), participants[0]!);
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
    const blobs = memoryStore();
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

  it("wait for an own grant, and are not kept where the step is aborted", async () => {
    const { shareKeys } = await play();
    const fresh = participantIn(memoryStore(), participants[0]!);
    const keys = new Map(shareKeys).set(participants[0]!, await fresh.actions.signShareKey());
    const { grant: _, ...contact } = members[0]!.contact!;
    const without = lookAt(opened, keys, { of: [{ ...members[0]!, contact }, ...members.slice(1)] });
    expect(await fresh.actions.makeKeys(opened, false, without)).to.equal(undefined);
    await expectCode("MASK_NO_GRANT", () => fresh.actions.makeKeys(opened, true, without));
    const look = lookAt(opened, keys);
    const aborted = fresh.actions.makeKeys(opened, false, { ...look, signal: AbortSignal.abort(new Error("ended")) });
    expect(await aborted.catch(({ message }: Error) => message)).to.equal("ended");
    // advertised by nobody, they are made anew
    expect(await fresh.actions.makeKeys(opened, false, look)).to.include({ start: opened.start });
  });

  it("open the shares of another opening after the secrets of the first are overwritten", async () => {
    const { nodes, shareKeys } = await play();
    for (const { actions } of nodes) actions.forget(opened);
    const other = openedOver(hashOf(8));
    const look = lookAt(other, shareKeys);
    const keys = [];
    for (const { actions } of nodes) keys.push((await actions.makeKeys(other, false, look))!);
    const round = advertised(keys, other);
    const updates = [];
    for (const [slot, { actions }] of nodes.entries()) {
      updates.push({ slot, ...(await actions.mask(round, trained(slot), lookAt(round, shareKeys))) });
    }
    const closed = closedWith(round, updates);
    const seen = lookAt(closed, shareKeys);
    const words = await Promise.all(nodes.map(({ actions }) => actions.signClosing(closed, seen)));
    const { shares } = await nodes[0]!.actions.unmask(closed, { words, held: new Set([0, 1, 2, 3]) }, seen);
    for (const at of [0, 1, 2]) expect(shares.slice(2 + 66 * at, 68 + 66 * at)).not.to.equal("00".repeat(33));
  });
});

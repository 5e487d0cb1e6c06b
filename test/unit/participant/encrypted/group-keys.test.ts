import { x25519 } from "@noble/curves/ed25519.js";
import { expect } from "chai";
import { toHex } from "../../../../node/core/bytes/hex.ts";
import type { Address, Bytes32 } from "../../../../node/core/ids.ts";
import type { RoundView } from "../../../../node/core/record/task-view.ts";
import type { Member } from "../../../../node/core/records.ts";
import type { Invitation } from "../../../../node/core/words/invitation.ts";
import { createGroupKeys } from "../../../../node/participant/encrypted/group-keys.ts";
import { openSum } from "../../../../node/participant/encrypted/open-sum.ts";
import type { DealtKey } from "../../../../node/participant/state/encrypted-state.ts";
import type { BlobStore } from "../../../../node/ports/storage.ts";
import { createMemoryJournal } from "../../../../node/rounds/actions/memory-journal.ts";
import type { ModelSource } from "../../../../node/rounds/blobs/model-source.ts";
import { createRandom } from "../../../../node/system/random.ts";
import { modelRecordDigest, modelSign, modelSigner } from "../../../simulation/model/model-signature.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { memoryStore } from "../../../support/memory-store.ts";
import { type EncryptedRound, encryptedRoundOfFour } from "../../../support/states/encrypted-round.ts";
import { encryptedView } from "../../../support/states/encrypted-states.ts";
import { granted, modelInvitation } from "../../../support/states/model-invitation.ts";
import { hashOf, memberOf, participants } from "../../../support/states/round-states.ts";

const deployment = { chainId: 31_337, federation: `0x${"fe".repeat(20)}` as Address };
const random = createRandom();
const secrets = participants.map(() => random.bytes(32));
const members: readonly Member[] = participants.map((account, i) => {
  const member = memberOf(account, "participant");
  return { ...member, contact: { ...member.contact!, encryptionKey: toHex(x25519.getPublicKey(secrets[i]!)) } };
});
const [victim, dealer] = [1, 3];

describe("group keys of encrypted rounds", () => {
  let made: EncryptedRound;
  let round: RoundView;
  const blobs = memoryStore();
  const store = {
    get: async (id: Bytes32) => blobs.blobs.get(id),
    put: async (bytes: Uint8Array) => {
      const id = toHex(random.bytes(32));
      blobs.blobs.set(id, bytes.slice());
      return id;
    },
  } as unknown as BlobStore;

  before(async () => {
    made = await encryptedRoundOfFour();
    round = { ...made.closed(), seed: 0n };
  });

  const keysOf = (slot: number, invitation?: Invitation) => {
    const account = participants[slot]!;
    const chain = {
      ...{ account, ...deployment, recoverSigner: modelSigner },
      signRecord: async (record: Parameters<typeof modelRecordDigest>[0]) =>
        modelSign(account, modelRecordDigest(record)),
    };
    const transport = { peerId: "me", connected: () => [] } as never;
    return createGroupKeys({
      ...{ taskId: 1, chain, store, transport, random, bfv: made.bfv, privateKey: secrets[slot]! },
      ...(invitation && { invitation }),
    });
  };
  const look = (of: RoundView, known = members) => {
    return { view: encryptedView(of), members: known, signal: new AbortController().signal };
  };
  const deal = async (of = round): Promise<DealtKey> => {
    const { start: _, ...signed } = await keysOf(dealer).deal(of, look(of));
    return { ...signed, slot: dealer };
  };

  it("open for those to whom they were dealt", async () => {
    const dealt = await deal();
    const key = await keysOf(victim).open(round, dealt, look(round));
    const lanes = new Int32Array(4096).map((_, i) => i);
    expect(await made.bfv.decrypt(key.secretKey, await made.bfv.encrypt(key.publicKey, lanes), 4096)).to.deep.equal(
      lanes,
    );
  });

  it("are taken from nobody who did not sign them: an endpoint cannot deal its own", async () => {
    const dealt = await deal();
    const refused = async (shown: DealtKey, of = round) =>
      await expectCode("GROUP_KEY_INVALID", () => keysOf(victim).open(of, shown, look(of)));
    await refused({ ...dealt, signature: `0x${"00".repeat(65)}` });
    await refused({ ...dealt, participant: participants[2]!, slot: 2 });
    await refused({ ...dealt, slot: 2 });
    for (const field of ["maskKey", "seedHash", "sharesId"] as const) await refused({ ...dealt, [field]: hashOf(99) });
    await refused({ ...dealt, round: 2 }, { ...round, round: 2 });
    await refused(dealt, { ...round, start: hashOf(98) });
  });

  it("are taken, with an invitation, from nobody whom its admin gave no grant", async () => {
    const dealt = await deal();
    const invitation = modelInvitation(deployment, participants.slice(0, 3));
    const known = members.map((member) => granted(invitation, member));
    const open = () => keysOf(victim, invitation).open(round, dealt, look(round, known));
    await expectCode("GROUP_KEY_INVALID", open);
    const whole = modelInvitation(deployment, participants);
    const all = members.map((member) => granted(whole, member));
    expect(await keysOf(victim, whole).open(round, dealt, look(round, all))).to.have.property("secretKey");
  });

  it("are dealt, with an invitation, to nobody whom its admin gave no grant", async () => {
    const invitation = modelInvitation(deployment, [participants[dealer]!, participants[0]!]);
    const known = members.map((member) => granted(invitation, member));
    const { start: _, ...signed } = await keysOf(dealer, invitation).deal(round, look(round, known));
    const dealt = { ...signed, slot: dealer };
    expect(await keysOf(0).open(round, dealt, look(round))).to.have.property("secretKey");
    await expectCode("GROUP_KEY_INVALID", () => keysOf(victim).open(round, dealt, look(round)));
  });

  it("open one sum, however their blob is packed and in whatever round they are shown", async () => {
    const dealt = await deal();
    const journal = createMemoryJournal();
    const source = {
      ...{ baseOf: async () => made.base, update: made.get, put: async () => hashOf(1) },
    } as unknown as ModelSource;
    const keys = { ...keysOf(victim), open: async () => made.key };
    const open = (shown: RoundView) => openSum({ keys, bfv: made.bfv, source, journal }, shown, look(shown));
    await open({ ...round, advertisements: [dealt] });
    const three = { ...made.closed(made.commitments.slice(1)), seed: 0n };
    const repacked = { ...dealt, sharesId: hashOf(97) };
    await expectCode("SUM_SET_CHANGED", () => open({ ...three, advertisements: [repacked] }));
    await expectCode("SUM_SET_CHANGED", () => open({ ...three, round: 2, advertisements: [{ ...dealt, round: 2 }] }));
  });
});

import { hexEquals } from "../../core/bytes/hex.ts";
import { valueAt } from "../../core/bytes/items.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { TaskId } from "../../core/ids.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { Advertisement, Member, SignedAdvertisement } from "../../core/records.ts";
import { zeroBytes32 } from "../../core/words/commitment.ts";
import { type Invitation, isGranted } from "../../core/words/invitation.ts";
import type { Chain } from "../../ports/chain.ts";
import type { BlobStore } from "../../ports/storage.ts";
import type { Random } from "../../ports/system.ts";
import type { Transport } from "../../ports/transport.ts";
import type { Bfv } from "../../privacy/encrypted/bfv.ts";
import {
  type GroupKey,
  groupKeyHashes,
  type KeyBlobContext,
  keyBlobBytesOf,
  openKeyBlob,
  sealKeyBlob,
} from "../../privacy/encrypted/key-blob.ts";
import { drawSecretKey } from "../../privacy/encrypted/secret-key.ts";
import { providersOf } from "../../rounds/blobs/providers.ts";
import type { TaskLook } from "../../rounds/blobs/task-look.ts";
import { drawnBySlot } from "../../rounds/steps/mask-queries.ts";
import type { DealtKey } from "../state/encrypted-state.ts";

/** What group keys need. */
export interface GroupKeysDeps {
  readonly taskId: TaskId;
  readonly chain: Pick<Chain, "account" | "federation" | "signRecord" | "recoverSigner">;
  /** What the admin says of who is a member; without it, who is one rests on the endpoint's word. */
  readonly invitation?: Invitation | undefined;
  readonly store: BlobStore;
  readonly transport: Pick<Transport, "peerId" | "connected">;
  readonly random: Random;
  readonly bfv: Bfv;
  /** X25519, of the registered encryption key; without it no copy can be opened. */
  readonly privateKey?: Uint8Array | undefined;
}

/**
 * The group keys of encrypted rounds, as one participant deals and holds them. In memory only: a restart opens its copy
 * again.
 */
export interface GroupKeys {
  /**
   * A fresh key for a round, its blob stored, signed: what is to be advertised. Participants without a registered
   * encryption key, or, with an invitation, without a grant of its admin, get no copy.
   */
  deal(round: RoundView, look: TaskLook): Promise<SignedAdvertisement>;
  /** This participant's word that it holds the key that was dealt. */
  sign(round: RoundView, key: Pick<Advertisement, "maskKey" | "seedHash" | "sharesId">): Promise<SignedAdvertisement>;
  /**
   * The key that was dealt. Rejects with GROUP_KEY_INVALID where it is not signed by its dealer over this round's
   * start, where the dealer is none of the round's members, or, with an invitation, has no grant of its admin, where it
   * is wrong, or dealt to others only; and, while the blob is not to be had, as BlobStore.get does.
   */
  open(round: RoundView, dealt: DealtKey, look: TaskLook): Promise<GroupKey>;
}

/** Keys that are kept: those of the newest rounds, and what a reorganisation brings back. */
const mostKeys = 4;

/** Group keys of one participant. */
export function createGroupKeys(deps: GroupKeysDeps): GroupKeys {
  const { taskId, chain, invitation, store, transport, random, bfv, privateKey } = deps;
  const me = chain.account;
  const opened = new Map<string, GroupKey>();

  const contextOf = (round: RoundView, dealer: KeyBlobContext["dealer"]): KeyBlobContext => ({
    federation: chain.federation,
    taskId,
    round: round.round,
    start: round.start,
    dealer,
  });

  const sign: GroupKeys["sign"] = async ({ round, start }, { maskKey, seedHash, sharesId }) => {
    const keys = { maskKey, seedHash, sharesId, shareKey: zeroBytes32 };
    const record = { taskId, round, start, participant: me, ...keys };
    return { ...record, signature: await chain.signRecord({ type: "advertisement", ...record }) };
  };

  /** Whether a member shows the grant of the invitation, where there is one. */
  function isTrusted(member: Member | undefined): boolean {
    if (invitation === undefined) return true;
    return member !== undefined && isGranted(invitation, member, "participant", chain.recoverSigner);
  }

  /** Throws GROUP_KEY_INVALID for a key that no member of the round dealt. */
  function requireDealer(round: RoundView, dealt: DealtKey, { view, members }: TaskLook): void {
    const { participant: dealer, slot, maskKey, seedHash, sharesId, shareKey, signature } = dealt;
    const keys = { maskKey, seedHash, sharesId, shareKey };
    const record = { taskId, round: round.round, start: round.start, participant: dealer, ...keys, signature };
    const signer = chain.recoverSigner({ type: "advertisement", ...record });
    if (signer === undefined || !hexEquals(signer, dealer)) throw refused("its dealer did not sign it for this round");
    if (!hexEquals(drawnBySlot(view, round).get(slot) ?? "", dealer)) throw refused("its dealer is not drawn");
    if (!isTrusted(members.find(({ account }) => hexEquals(account, dealer)))) {
      throw refused("its dealer has no grant of the admin who wrote the invitation");
    }
  }

  return {
    async deal(round, look) {
      const secretKey = drawSecretKey(random);
      const key = { publicKey: await bfv.createPublicKey(secretKey), secretKey };
      const drawn = drawnBySlot(look.view, round);
      const receivers = Array.from({ length: round.drawn }, (_, slot) => {
        const account = valueAt(drawn, slot);
        const member = look.members.find((each) => hexEquals(each.account, account));
        const contact = hexEquals(account, me) || isTrusted(member) ? member?.contact : undefined;
        return { account, ...(contact && { encryptionKey: contact.encryptionKey }) };
      });
      const blob = await sealKeyBlob(key, contextOf(round, me), receivers);
      const sharesId = await store.put(blob, { signal: look.signal });
      return await sign(round, { ...groupKeyHashes(key), sharesId });
    },
    sign,
    async open(round, dealt, look) {
      requireDealer(round, dealt, look);
      const { participant: dealer, maskKey, seedHash, sharesId } = dealt;
      const id = `${round.start}:${dealer}:${maskKey}:${seedHash}:${sharesId}`.toLowerCase();
      const known = opened.get(id);
      if (known !== undefined) return known;
      const slot = [...drawnBySlot(look.view, round)].find(([, account]) => hexEquals(account, me))?.[0];
      if (privateKey === undefined) {
        throw refused("this node has no encryption key to open its copy with");
      }
      if (slot === undefined) throw refused("this participant is not drawn");
      const blob = await store.get(sharesId, {
        lengthBytes: keyBlobBytesOf(round.drawn),
        providers: providersOf({ owner: dealer }, look.view, look.members, transport),
        signal: look.signal,
      });
      const context = contextOf(round, dealer);
      const key = await openKeyBlob({ bfv, blob, context, hashes: dealt, drawn: round.drawn, slot, me, privateKey });
      opened.set(id, key);
      for (const oldest of [...opened.keys()].slice(0, -mostKeys)) opened.delete(oldest);
      return key;
    },
  };
}

function refused(reason: string): FedledgerError {
  return new FedledgerError("GROUP_KEY_INVALID", { reason });
}

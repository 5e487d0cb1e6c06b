import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32, TaskId } from "../../core/ids.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { Advertisement, SignedAdvertisement } from "../../core/records.ts";
import { zeroBytes32 } from "../../core/words/commitment.ts";
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

/** What group keys need. */
export interface GroupKeysDeps {
  readonly taskId: TaskId;
  readonly chain: Pick<Chain, "account" | "federation" | "signRecord">;
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
   * encryption key get no copy.
   */
  deal(round: RoundView, look: TaskLook): Promise<SignedAdvertisement>;
  /** This participant's word that it holds the key that was dealt. */
  sign(round: RoundView, key: Pick<Advertisement, "maskKey" | "seedHash" | "sharesId">): Promise<SignedAdvertisement>;
  /**
   * The key that was dealt. Rejects with GROUP_KEY_INVALID where the dealer is wrong or dealt none to this participant,
   * and, while the blob is not to be had, as BlobStore.get does.
   */
  open(round: RoundView, dealt: Advertisement, look: TaskLook): Promise<GroupKey>;
}

/** Keys that are kept: those of the newest rounds, and what a reorganisation brings back. */
const mostKeys = 4;

/** Group keys of one participant. */
export function createGroupKeys(deps: GroupKeysDeps): GroupKeys {
  const { taskId, chain, store, transport, random, bfv, privateKey } = deps;
  const me = chain.account;
  const opened = new Map<Bytes32, GroupKey>();

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

  return {
    async deal(round, look) {
      const secretKey = drawSecretKey(random);
      const key = { publicKey: await bfv.createPublicKey(secretKey), secretKey };
      const drawn = drawnBySlot(look.view, round);
      const receivers = Array.from({ length: round.drawn }, (_, slot) => {
        const account = drawn.get(slot)!;
        const contact = look.members.find((member) => hexEquals(member.account, account))?.contact;
        return { account, ...(contact && { encryptionKey: contact.encryptionKey }) };
      });
      const blob = await sealKeyBlob(key, contextOf(round, me), receivers);
      const sharesId = await store.put(blob, { signal: look.signal });
      return await sign(round, { ...groupKeyHashes(key), sharesId });
    },
    sign,
    async open(round, dealt, look) {
      const id = `${dealt.sharesId}:${dealt.maskKey}:${dealt.seedHash}:${dealt.participant}`.toLowerCase() as Bytes32;
      const known = opened.get(id);
      if (known !== undefined) return known;
      const slot = [...drawnBySlot(look.view, round)].find(([, account]) => hexEquals(account, me))?.[0];
      if (privateKey === undefined) {
        throw new FedledgerError("GROUP_KEY_INVALID", {
          reason: "this node has no encryption key to open its copy with",
        });
      }
      if (slot === undefined)
        throw new FedledgerError("GROUP_KEY_INVALID", { reason: "this participant is not drawn" });
      const blob = await store.get(dealt.sharesId, {
        lengthBytes: keyBlobBytesOf(round.drawn),
        providers: providersOf({ owner: dealt.participant }, look.view, look.members, transport),
        signal: look.signal,
      });
      const context = contextOf(round, dealt.participant);
      const key = await openKeyBlob({ bfv, blob, context, hashes: dealt, drawn: round.drawn, slot, me, privateKey });
      opened.set(id, key);
      for (const oldest of [...opened.keys()].slice(0, -mostKeys)) opened.delete(oldest);
      return key;
    },
  };
}

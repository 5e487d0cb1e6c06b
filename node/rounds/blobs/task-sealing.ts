import { fromHex, toHex } from "../../core/bytes/hex.ts";
import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { Address, Hex, PeerIdText, TaskId } from "../../core/ids.ts";
import type { Member } from "../../core/records.ts";
import type { Invitation } from "../../core/words/invitation.ts";
import type { Chain } from "../../ports/chain.ts";
import type { BlobOpener, BlobSealer, KeyringRef } from "../../ports/sealing.ts";
import type { BlobStore } from "../../ports/storage.ts";
import type { Journal, Log, Random } from "../../ports/system.ts";
import type { Transport } from "../../ports/transport.ts";
import { createBlobOpener } from "../../privacy/sealed/blob-opener.ts";
import { createBlobSealer } from "../../privacy/sealed/blob-sealer.ts";
import { giveSecret, takeSecret } from "../../privacy/sealed/given-secret.ts";
import type { ReaderKeys } from "../../privacy/sealed/keyring.ts";
import { reasonOf } from "../actions/action-runner.ts";
import {
  decodeKeyringAnswer,
  decodeKeyringRequest,
  encodeKeyringAnswer,
  encodeKeyringRequest,
  type KeyringAnswer,
  keyringProtocol,
} from "../words/keyring-messages.ts";
import { providersOf } from "./providers.ts";
import { isReader, readersOf, readerTrust } from "./readers.ts";
import type { TaskLook } from "./task-look.ts";

/** How a node reads and writes the blobs of a sealed task. */
export interface TaskSealing {
  readonly me: Address;
  /** Of the questions that it answers. */
  readonly protocol: string;
  readonly opener: BlobOpener;
  readonly sealer: BlobSealer;
  /** Whom this node seals to and answers: see {@link readersOf}, of those whom its invitation vouches for. */
  readers(seen: Omit<TaskLook, "signal">): readonly Member[];
  /**
   * Asks the other readers, one after another, for the secret of a keyring that has no entry for this node: it came
   * after it was made.
   */
  ask(keyring: KeyringRef, sender: Address, look: TaskLook): Promise<Uint8Array | undefined>;
  /** Answers such a question from whoever is a reader now. Rejects with PEER_PROTOCOL for garbage. */
  answer(message: Uint8Array, from: PeerIdText, seen: Omit<TaskLook, "signal">): Promise<Uint8Array>;
}

/** What a node needs for it. */
export interface TaskSealingDeps {
  readonly taskId: TaskId;
  readonly chain: Pick<Chain, "chainId" | "federation" | "account" | "recoverSigner">;
  /** What the admin says of who is a member; without it, who may read rests on the endpoint's word. */
  readonly invitation?: Invitation | undefined;
  readonly store: BlobStore;
  readonly transport: Pick<Transport, "peerId" | "connected" | "request">;
  readonly random: Random;
  readonly log: Log;
  /** Where it notes which keyring it seals with. */
  readonly journal: Pick<Journal, "get" | "put">;
  /** The node's X25519 keys, of which the registry has the public one. */
  readonly keys: ReaderKeys;
}

/** How long one reader may take to answer, milliseconds. */
const answerTimeoutMs = 5_000;
/** So many readers are asked. */
const mostAsked = 8;

/** Creates the sealing of one task for one node. */
export function createTaskSealing(deps: TaskSealingDeps): TaskSealing {
  const { taskId, chain, store, transport, random, log, journal, keys } = deps;
  const task = { chainId: chain.chainId, federation: chain.federation, taskId };
  const opener = createBlobOpener({ task, reader: keys });
  const sealer = createBlobSealer({ task, sender: chain.account, keys, store, journal, random });
  const isTrusted = readerTrust(deps.invitation, (record) => chain.recoverSigner(record));
  const readers: TaskSealing["readers"] = ({ view, members }) => readersOf(view, members, isTrusted);
  let answered = 0;

  async function askOne(peerId: PeerIdText, keyring: KeyringRef, sender: Address, signal: AbortSignal) {
    const message = encodeKeyringRequest({ taskId, sender, ...keyring });
    const options = { signal, timeoutMs: answerTimeoutMs };
    const answer = decodeKeyringAnswer(await transport.request(peerId, keyringProtocol, message, options));
    if (answer === undefined) {
      throw new FedledgerError("PEER_PROTOCOL", { peerId, protocol: keyringProtocol, reason: "a malformed answer" });
    }
    if (!answer.given) throw new FedledgerError("PEER_REFUSED", { peerId, reason: answer.reason });
    return await takeSecret(fromHex(answer.secret), { task, sender, keyring: keyring.contentId }, keys);
  }

  async function answerTo(
    message: Uint8Array,
    from: PeerIdText,
    seen: Omit<TaskLook, "signal">,
  ): Promise<KeyringAnswer> {
    const request = decodeKeyringRequest(message);
    if (request === undefined) {
      const reason = "a malformed request";
      throw new FedledgerError("PEER_PROTOCOL", { peerId: from, protocol: keyringProtocol, reason });
    }
    if (request.taskId !== taskId) return { given: false, reason: "unknown-task" };
    // members may name a PeerId that is another's, and the secret is sealed to one of them: to each in turn
    const asking = readers(seen).filter(({ contact }) => contact?.peerId === from);
    const contact = asking[answered++ % Math.max(1, asking.length)]?.contact;
    if (contact === undefined) return { given: false, reason: "not-a-reader" };
    const { sender, contentId, lengthBytes } = request;
    const keyring = { contentId, lengthBytes };
    try {
      const secret = await opener.secretOf(keyring, sender, {
        // what has to be fetched first is another's to give
        async read() {
          if (await store.has(contentId, lengthBytes)) return await store.get(contentId, { lengthBytes });
          throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 0 });
        },
      });
      const given = await giveSecret(secret, { task, sender, keyring: contentId }, contact.encryptionKey);
      return { given: true, secret: toHex(given) as Hex };
    } catch (error) {
      if (!isFedledgerError(error)) throw error;
      log.debug("A keyring's secret is not given", { from, keyring: contentId, code: error.code });
      return { given: false, reason: "not-here" };
    }
  }

  return {
    me: chain.account,
    protocol: keyringProtocol,
    opener,
    sealer,
    readers,
    async ask(keyring, sender, { view, members, signal }) {
      if (!isReader(chain.account, readers({ view, members }))) return undefined;
      for (const peerId of providersOf({ owner: sender }, view, members, transport).slice(0, mostAsked)) {
        try {
          const secret = await askOne(peerId, keyring, sender, signal);
          if (secret !== undefined) return secret;
        } catch (error) {
          signal.throwIfAborted();
          log.debug("A reader gave no secret of a keyring", { peerId, ...reasonOf(error) });
        }
      }
      return undefined;
    },
    answer: async (message, from, seen) => encodeKeyringAnswer(await answerTo(message, from, seen)),
  };
}

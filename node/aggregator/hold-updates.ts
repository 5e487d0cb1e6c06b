import { checkUpdate } from "../audit/check-update.ts";
import { isSealed, updateBlobBytes } from "../core/blob-length.ts";
import { FedledgerError, isFedledgerError } from "../core/error.ts";
import type { Address, Bytes32, PeerIdText } from "../core/ids.ts";
import type { Custody, Member } from "../core/records.ts";
import { roundsInFlight, type TaskView } from "../core/task-view.ts";
import type { Chain } from "../ports/chain.ts";
import type { BlobStore } from "../ports/storage.ts";
import type { Log } from "../ports/system.ts";
import { reasonOf } from "../rounds/action-runner.ts";
import {
  decodeHoldRequest,
  encodeHoldAnswer,
  type HoldAnswer,
  type HoldRefusal,
  type HoldRequest,
  holdProtocol,
} from "../rounds/messages.ts";
import type { ModelSource } from "../rounds/model-source.ts";
import { isDrawn, openRound } from "../rounds/round-queries.ts";
import type { RoundState } from "../rounds/round-state.ts";
import type { CustodyJournal } from "./custody-journal.ts";
import type { GatherQueue } from "./gather-queue.ts";

/** Different blobs held for one participant in one round: a restart that trains anew needs a second. */
const maxHeldPerParticipant = 2;

/** Answers hold requests with signed custody, and forgets in the end what was held and never committed. */
export interface UpdateHolder {
  /** The answer's bytes. Rejects with PEER_PROTOCOL for garbage. */
  answer(message: Uint8Array, from: PeerIdText, signal: AbortSignal): Promise<Uint8Array>;
  /** Removes blobs of rounds that have ended without the blob being committed. */
  sweep(): Promise<void>;
}

/** Creates a holder that looks at the machine's state. */
export function createUpdateHolder(deps: {
  readonly chain: Pick<Chain, "account" | "signRecord">;
  readonly store: BlobStore;
  readonly source: Pick<ModelSource, "update">;
  readonly journal: CustodyJournal;
  readonly log: Log;
  /** Told of what may not be left out any more, before the word goes out. */
  readonly onCustody: (custody: Omit<Custody, "signature">) => void;
  readonly state: () => RoundState;
  /** Where the fetching waits for its turn: memory does not grow with the number of requests. */
  readonly queue: GatherQueue;
}): UpdateHolder {
  const { chain, store, source, journal, log, onCustody, state, queue } = deps;
  const held = new Map<Bytes32, { readonly round: number; readonly account: string }>();

  const judge = (
    request: HoldRequest,
    from: PeerIdText,
  ): HoldRefusal | { readonly participant: Address; readonly view: TaskView; readonly members: readonly Member[] } => {
    const { view, members } = state();
    if (view === undefined || request.taskId !== view.taskId) return "unknown-task";
    const round = openRound(view);
    if (round?.round !== request.round) return "wrong-round";
    const member = memberOf(members, from);
    if (member === undefined || !isDrawn(view, round, member.account)) return "not-drawn";
    const account = member.account.toLowerCase();
    const others = [...held].filter(
      ([contentId, entry]) =>
        contentId !== request.contentId && entry.round === round.round && entry.account === account,
    );
    if (others.length >= maxHeldPerParticipant) return "too-many";
    return { participant: member.account, view, members };
  };

  const isCommitted = (contentId: Bytes32): boolean =>
    (state().view?.rounds ?? []).some(({ commitments }) => commitments.some((other) => other.contentId === contentId));

  const hold = async (message: Uint8Array, from: PeerIdText, signal: AbortSignal): Promise<HoldAnswer> => {
    const request = decodeHoldRequest(message);
    if (request === undefined) {
      throw new FedledgerError("PEER_PROTOCOL", {
        peerId: from,
        protocol: holdProtocol,
        reason: "a malformed request",
      });
    }
    const judged = judge(request, from);
    if (typeof judged === "string") return { held: false, reason: judged };
    const { participant, view, members } = judged;
    const { taskId, round, updateRoot, contentId } = request;
    const custody = { taskId, round, participant, updateRoot, contentId, aggregator: chain.account };
    const lengthBytes = updateBlobBytes(view);
    // bytes that were held before stay, whatever is said of them now: they may be another's, whose custody was signed
    const before = held.get(contentId);
    const forget = () => (before === undefined ? held.delete(contentId) : held.set(contentId, before));
    held.set(contentId, { round, account: participant.toLowerCase() });
    try {
      const reason = await queue.run(async () => {
        const bytes = await source.update(custody, { view, members, signal }, from);
        return refusalOf(bytes, custody, view);
      }, signal);
      if (reason !== undefined) {
        forget();
        log.debug("An update that is not what is to be committed is not held", { from, round, reason });
        if (before === undefined && !isCommitted(contentId)) await store.remove(contentId, lengthBytes);
        return { held: false, reason };
      }
    } catch (error) {
      forget();
      log.debug("An update could not be fetched to be held", { from, ...reasonOf(error) });
      const isLocked = isFedledgerError(error, "BLOB_SEALED") || isFedledgerError(error, "SEAL_BROKEN");
      return { held: false, reason: isLocked ? "not-opened" : "not-fetched" };
    }
    await journal.enter(custody);
    onCustody(custody);
    return { held: true, signature: await chain.signRecord({ type: "custody", ...custody }) };
  };

  return {
    answer: async (message, from, signal) => encodeHoldAnswer(await hold(message, from, signal)),
    async sweep() {
      const { view } = state();
      if (view === undefined) return;
      const running = roundsInFlight(view)[0]?.round ?? Number.POSITIVE_INFINITY;
      const committed = new Set(
        view.rounds.flatMap(({ commitments }) => commitments.map(({ contentId }) => contentId)),
      );
      for (const [contentId, { round }] of held) {
        if (round >= running) continue;
        held.delete(contentId);
        if (!committed.has(contentId)) await store.remove(contentId, updateBlobBytes(view));
      }
    },
  };
}

function memberOf(members: readonly Member[], peer: PeerIdText): Member | undefined {
  return members.find(({ contact }) => contact?.peerId === peer);
}

/** Why the bytes are not what their participant says it will commit to; undefined when they are. */
async function refusalOf(
  bytes: Uint8Array,
  update: Omit<Custody, "signature">,
  view: Pick<TaskView, "rules" | "spec">,
): Promise<HoldRefusal | undefined> {
  const commitment = { ...update, slot: 0, weight: 1 };
  const { lanes, findings } = await checkUpdate({ bytes, commitment, rules: view.rules, opened: isSealed(view) });
  if (lanes !== undefined) return undefined;
  return findings[0]?.code === "UPDATE_OUT_OF_BOUNDS" ? "invalid-update" : "wrong-root";
}

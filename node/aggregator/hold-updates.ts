import { FedledgerError } from "../core/error.ts";
import type { Bytes32, PeerIdText } from "../core/ids.ts";
import type { Member } from "../core/records.ts";
import type { BlobStore } from "../ports/storage.ts";
import type { Log } from "../ports/system.ts";
import { reasonOf } from "../rounds/action-runner.ts";
import {
  decodeHoldRequest,
  encodeHoldAnswer,
  type HoldAnswer,
  type HoldRefusal,
  holdProtocol,
} from "../rounds/messages.ts";
import { isDrawn, runningRound } from "../rounds/round-queries.ts";
import type { RoundState } from "../rounds/round-state.ts";
import type { GatherQueue } from "./gather-queue.ts";

/** Different blobs held for one participant in one round: a restart that trains anew needs a second. */
const maxHeldPerParticipant = 2;

/** Answers hold requests, and forgets in the end what was held and never committed. */
export interface UpdateHolder {
  /** The answer's bytes. Rejects with PEER_PROTOCOL for garbage. */
  answer(message: Uint8Array, from: PeerIdText, signal: AbortSignal): Promise<Uint8Array>;
  /** Removes blobs of rounds that have ended without the blob being committed. */
  sweep(): Promise<void>;
}

/** Creates a holder that looks at the machine's state. */
export function createUpdateHolder(deps: {
  readonly store: BlobStore;
  readonly log: Log;
  readonly state: () => RoundState;
  /** Where the fetching waits for its turn: memory does not grow with the number of requests. */
  readonly queue: GatherQueue;
}): UpdateHolder {
  const { store, log, state, queue } = deps;
  const held = new Map<Bytes32, { readonly round: number; readonly account: string }>();

  const judge = (
    request: { taskId: number; round: number; contentId: Bytes32 },
    from: PeerIdText,
  ): HoldRefusal | { readonly account: string; readonly lengthBytes: number } => {
    const { view, members } = state();
    if (view === undefined || request.taskId !== view.taskId) return "unknown-task";
    const round = runningRound(view);
    if (round?.phase !== "open" || round.round !== request.round) return "wrong-round";
    const member = memberOf(members, from);
    if (member === undefined || !isDrawn(view, round, member.account)) return "not-drawn";
    const account = member.account.toLowerCase();
    const others = [...held].filter(
      ([contentId, entry]) =>
        contentId !== request.contentId && entry.round === round.round && entry.account === account,
    );
    if (others.length >= maxHeldPerParticipant) return "too-many";
    return { account, lengthBytes: 4 * view.rules.parameterCount };
  };

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
    const { account, lengthBytes } = judged;
    held.set(request.contentId, { round: request.round, account });
    try {
      await queue.run(() => store.get(request.contentId, { lengthBytes, providers: [from], signal }), signal);
      return { held: true };
    } catch (error) {
      held.delete(request.contentId);
      log.debug("An update could not be fetched to be held", { from, ...reasonOf(error) });
      return { held: false, reason: "not-fetched" };
    }
  };

  return {
    answer: async (message, from, signal) => encodeHoldAnswer(await hold(message, from, signal)),
    async sweep() {
      const { view } = state();
      if (view === undefined) return;
      const running = runningRound(view)?.round ?? Number.POSITIVE_INFINITY;
      const committed = new Set(
        view.rounds.flatMap(({ commitments }) => commitments.map(({ contentId }) => contentId)),
      );
      for (const [contentId, { round }] of held) {
        if (round >= running) continue;
        held.delete(contentId);
        if (!committed.has(contentId)) await store.remove(contentId, 4 * view.rules.parameterCount);
      }
    },
  };
}

function memberOf(members: readonly Member[], peer: PeerIdText): Member | undefined {
  return members.find(({ contact }) => contact?.peerId === peer);
}

import { hexEquals } from "../core/bytes/hex.ts";
import { FedledgerError } from "../core/errors/error.ts";
import type { Address, Bytes32, PeerIdText } from "../core/ids.ts";
import { modeOf } from "../core/modes/mode-of.ts";
import { roundInFlight, type TaskView } from "../core/record/task-view.ts";
import type { BlobStore } from "../ports/storage.ts";
import type { Log } from "../ports/system.ts";
import { shareBundleBytes } from "../privacy/masking/index.ts";
import { reasonOf } from "../rounds/actions/action-runner.ts";
import type { RoundState } from "../rounds/state/round-state.ts";
import { drawnBySlot } from "../rounds/steps/mask-queries.ts";
import { openRound } from "../rounds/steps/round-queries.ts";
import {
  decodeHoldShares,
  encodeHoldSharesAnswer,
  type HoldSharesAnswer,
  type HoldSharesRefusal,
  type HoldSharesRequest,
  holdSharesProtocol,
} from "../rounds/words/mask-messages.ts";

/** Different bundles held for one participant in one round: a restart before the journal was written makes a second. */
const maxHeldPerParticipant = 2;

/** Answers requests to hold share bundles, and forgets in the end what was held and never advertised. */
export interface SharesHolder {
  /** The answer's bytes. Rejects with PEER_PROTOCOL for garbage. */
  answer(message: Uint8Array, from: PeerIdText, state: RoundState, signal: AbortSignal): Promise<Uint8Array>;
  readonly protocol: string;
  /** Removes bundles of rounds that have ended without the bundle being advertised. */
  sweep(view: TaskView): Promise<void>;
}

/** Creates a holder. */
export function createSharesHolder({ store, log }: { readonly store: BlobStore; readonly log: Log }): SharesHolder {
  const held = new Map<Bytes32, { readonly round: number; readonly account: Address; readonly lengthBytes: number }>();

  const judge = (
    { taskId, round: number, sharesId }: HoldSharesRequest,
    from: PeerIdText,
    { view, members }: RoundState,
  ): HoldSharesRefusal | { readonly account: Address; readonly lengthBytes: number } => {
    if (taskId !== view.taskId || modeOf(view.rules).keys !== "each") return "unknown-task";
    const round = openRound(view);
    if (round?.round !== number) return "wrong-round";
    // members may name a PeerId that is another's: any of them that is drawn will do, and has room
    const asking = members.filter(({ contact }) => contact?.peerId === from);
    const drawn = [...drawnBySlot(view, round).values()].filter((participant) =>
      asking.some(({ account }) => hexEquals(participant, account)),
    );
    if (drawn.length === 0) return "not-drawn";
    const others = [...held].filter(([id, entry]) => id !== sharesId && entry.round === number);
    const account = drawn.find(
      (one) => others.filter(([, entry]) => hexEquals(entry.account, one)).length < maxHeldPerParticipant,
    );
    if (account === undefined) return "too-many";
    return { account, lengthBytes: shareBundleBytes(round.drawn) };
  };

  const hold = async (
    message: Uint8Array,
    from: PeerIdText,
    state: RoundState,
    signal: AbortSignal,
  ): Promise<HoldSharesAnswer> => {
    const request = decodeHoldShares(message);
    if (request === undefined) {
      const reason = "a malformed request";
      throw new FedledgerError("PEER_PROTOCOL", { peerId: from, protocol: holdSharesProtocol, reason });
    }
    const judged = judge(request, from, state);
    if (typeof judged === "string") return { held: false, reason: judged };
    const { sharesId, round } = request;
    const isNew = !held.has(sharesId);
    if (isNew) held.set(sharesId, { round, ...judged });
    try {
      await store.get(sharesId, { lengthBytes: judged.lengthBytes, providers: [from], signal });
      return { held: true };
    } catch (error) {
      if (isNew) held.delete(sharesId);
      log.debug("A share bundle could not be fetched to be held", { from, ...reasonOf(error) });
      return { held: false, reason: "not-fetched" };
    }
  };

  return {
    protocol: holdSharesProtocol,
    answer: async (message, from, state, signal) => encodeHoldSharesAnswer(await hold(message, from, state, signal)),
    async sweep(view) {
      const running = roundInFlight(view)?.round ?? Number.POSITIVE_INFINITY;
      const advertised = new Set(
        view.rounds.flatMap(({ advertisements = [] }) => advertisements.map(({ sharesId }) => sharesId)),
      );
      for (const [sharesId, { round, lengthBytes }] of held) {
        if (round >= running) continue;
        held.delete(sharesId);
        if (!advertised.has(sharesId)) await store.remove(sharesId, lengthBytes);
      }
    },
  };
}

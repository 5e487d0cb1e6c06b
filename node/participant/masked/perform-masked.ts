import { chunkTreeRoot } from "../../core/bytes/chunk-tree.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { bytesToLanes } from "../../core/bytes/lanes.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32, Hex } from "../../core/ids.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { shareThreshold } from "../../core/modes/share-threshold.ts";
import { hasEnded, type RoundView, type TaskView } from "../../core/record/task-view.ts";
import type { Advertisement, Commitment } from "../../core/records.ts";
import { updateRootOf } from "../../core/words/commitment.ts";
import type { Clock, Log } from "../../ports/system.ts";
import { type ActionResult, reasonOf } from "../../rounds/actions/action-runner.ts";
import type { ModelSource } from "../../rounds/blobs/model-source.ts";
import type { TaskLook } from "../../rounds/blobs/task-look.ts";
import type { Performed, Performers } from "../../rounds/machine/machine.ts";
import type { Progress } from "../../rounds/progress/progress.ts";
import type { RoundState } from "../../rounds/state/round-state.ts";
import { advertisementOf, fellowsIn } from "../../rounds/steps/mask-queries.ts";
import { commitmentOf } from "../../rounds/steps/round-queries.ts";
import { advertisementTopic, encodeAdvertisement } from "../../rounds/words/advertisement-messages.ts";
import { closingTopic, encodeClosing, encodeUnmasking, unmaskTopic } from "../../rounds/words/mask-messages.ts";
import { sharesTold } from "../../rounds/words/unmask-pool.ts";
import type { MaskedAction, MaskedEvent } from "../state/masked-state.ts";
import type { TrainedLanes } from "../update/train-update.ts";
import type { AskAggregatorsDeps } from "./ask-aggregators.ts";
import { createMaskActions, type MaskActionDeps } from "./mask-actions.ts";
import { offerShares } from "./offer-shares.ts";

/** What the performer needs. */
export interface MaskedPerformerDeps extends MaskActionDeps, AskAggregatorsDeps {
  readonly source: Pick<ModelSource, "put" | "update">;
  readonly clock: Clock;
  readonly log: Log;
  /** Between two repetitions of a message, milliseconds. */
  readonly republishMs: number;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Carries out the steps of masked rounds. The update without its mask is in memory only, up to its mask: it is laid
 * under masks once, and a round that a reorganisation opens again is trained for again, or done without.
 */
export interface MaskedPerformer {
  readonly performers: Performers<RoundState, MaskedEvent, MaskedAction>;
  /** Trains for a masked round, unless an update was masked for it before. Rejects as trainLanes does. */
  train(round: RoundView, look: TaskLook, emit: (event: MaskedEvent) => void): Promise<void>;
  /** This node's share key for its enrolment: 32 bytes, and 64 of signature. */
  shareKeyForEnrolment(): Promise<Hex>;
  /**
   * Forgets the secrets of rounds that have ended. And of rounds that closed without this node's update: the others
   * then give the key of its masks, so its seed must never follow, should a reorganisation let the commitment in after
   * all.
   */
  forgetSpent(view: TaskView): void;
}

/** Between two looks for a member's grant and share key, milliseconds. */
const lookAgainMs = 1_000;

/** Creates the performer; `trainLanes` trains and gives the update's lanes. */
export function createMaskedPerformer(
  deps: MaskedPerformerDeps,
  trainLanes: (round: RoundView, look: TaskLook) => Promise<TrainedLanes>,
): MaskedPerformer {
  const { me, source, bundles, transport, clock, log, onProgress, republishMs } = deps;
  const masks = createMaskActions(deps);
  let latest: { readonly start: Bytes32; readonly trained: TrainedLanes } | undefined;
  let sequence = 0;

  /** Does a step of the member's own rules; what they refuse is told, and not tried again. */
  async function guarded(
    { key, round }: { readonly key: string; readonly round: RoundView },
    emit: (event: MaskedEvent) => void,
    step: () => Performed,
  ): Performed {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof FedledgerError) || !/^(MASK|INVITATION)_/.test(error.code)) throw error;
      if (error.code === "MASK_WORDS_MISSING" || error.code === "MASK_UPDATES_MISSING")
        return { repeatMs: republishMs };
      log.warn("A step of a masked round is refused", {
        round: round.round,
        step: key.split(":")[0],
        ...reasonOf(error),
      });
      onProgress?.({ kind: "masking-refused", round: round.round, code: error.code, reason: error.message });
      emit({ kind: "mask-refused", key });
      return undefined;
    }
  }

  async function announce(topic: string, message: Uint8Array): Promise<ActionResult> {
    await transport.publish(topic, message);
    return { repeatMs: republishMs };
  }

  /** Fetches a masked update and keeps it. Rejects with BLOB_CORRUPT where it is not what was committed to. */
  async function getUpdate(commitment: Commitment, look: TaskLook): Promise<void> {
    const root = chunkTreeRoot(bytesToLanes(await source.update(commitment, look)));
    if (hexEquals(updateRootOf(commitment.participant, root), commitment.updateRoot)) return;
    throw new FedledgerError("BLOB_CORRUPT", { contentId: commitment.contentId });
  }

  return {
    async train(round, look, emit) {
      if ((await masks.masked(round)) === undefined && latest?.start !== round.start) {
        latest = { start: round.start, trained: await trainLanes(round, look) };
      }
      emit({ kind: "lanes-trained", start: round.start });
    },

    shareKeyForEnrolment: () => masks.signShareKey(),

    forgetSpent({ rounds, rules }) {
      if (modeOf(rules).keys !== "each") return;
      const isSpent = (round: RoundView): boolean =>
        hasEnded(round) ||
        (round.phase !== "drawing" && round.phase !== "open" && commitmentOf(round, me) === undefined);
      for (const round of rounds.filter(isSpent)) masks.forget(round);
    },

    performers: {
      async "read-share-keys"(_, { emit }) {
        emit({ kind: "share-keys", keys: await masks.shareKeys() });
        return undefined;
      },
      async "sign-share-key"({ named }, { emit }) {
        const word = await masks.signShareKey(named);
        emit({ kind: "share-keys", keys: await masks.shareKeys() });
        emit({ kind: "share-key-signed", word });
        return undefined;
      },
      async "settle-share-key"({ named }, { emit }) {
        await masks.settleShareKey(named);
        emit({ kind: "share-keys", keys: await masks.shareKeys() });
        return undefined;
      },
      "make-keys": (action, { look, emit }) =>
        guarded(action, emit, async () => {
          const keys = await masks.makeKeys(action.round, action.isLate, look);
          if (keys === undefined) return { repeatMs: lookAgainMs };
          emit({ kind: "share-keys", keys: await masks.shareKeys() });
          emit({ kind: "keys-made", keys });
          return undefined;
        }),
      async "offer-shares"({ keys }, { look, emit }) {
        const { round, sharesId } = keys;
        const offered = () => emit({ kind: "shares-offered", sharesId });
        const held = await offerShares(deps, keys, look, offered);
        onProgress?.({ kind: "shares-held", round, ...held });
        offered();
        return undefined;
      },
      async "announce-keys"({ keys: signed }, { emit }) {
        emit({ kind: "advertisement", signed });
        return await announce(advertisementTopic, encodeAdvertisement({ signed, sequence: ++sequence }));
      },
      async "get-shares"({ of, round }, { look, emit }) {
        await bundles.get(of, round, look);
        emit({ kind: "bundle", sharesId: of.sharesId });
        return undefined;
      },
      mask: (action, { look, emit }) =>
        guarded(action, emit, async () => {
          const { round } = action;
          const startMs = clock.nowMs();
          const trained = latest?.start === round.start ? latest.trained : undefined;
          const update = await masks.mask(round, trained, look);
          latest = undefined;
          const others = fellowsOf(me, round).length;
          onProgress?.({ kind: "masked", round: round.round, others, durationMs: clock.nowMs() - startMs });
          emit({ kind: "masked", update, anchor: round.anchor });
          return undefined;
        }),
      async "get-masked-update"({ commitment }, { look, emit }) {
        await getUpdate(commitment, look);
        emit({ kind: "masked-update-here", commitment });
        return undefined;
      },
      "sign-closing": (action, { look, emit }) =>
        guarded(action, emit, async () => {
          const { round } = action;
          const word = await masks.signClosing(round, look);
          const needed = shareThreshold(round.drawn, look.view.rules.thresholdPercent);
          onProgress?.({ kind: "closing-signed", round: round.round, needed });
          emit({ kind: "closing-signed", word });
          return undefined;
        }),
      "announce-closing": ({ word }) => announce(closingTopic, encodeClosing({ word, sequence: ++sequence })),
      unmask: (action, { look, emit }) =>
        guarded(action, emit, async () => {
          const { round, words } = action;
          const unmasking = await masks.unmask(round, { words, held: new Set(action.held) }, look);
          const of = fellowsOf(me, round).length;
          onProgress?.({ kind: "unmasked", round: round.round, shares: sharesTold(unmasking), of });
          emit({ kind: "told", told: { unmasking, bundles: action.bundles } });
          return undefined;
        }),
      "announce-unmasking": ({ told: { unmasking } }) =>
        announce(unmaskTopic, encodeUnmasking({ unmasking, sequence: ++sequence })),
    },
  };
}

/** The advertisements of those with whom an account shares masks; none where it has not advertised. */
function fellowsOf(me: Address, round: RoundView): readonly Advertisement[] {
  const own = advertisementOf(round, me);
  return own === undefined ? [] : fellowsIn(round, own.slot);
}

import { FedledgerError } from "../core/error.ts";
import { hexEquals } from "../core/hex.ts";
import { hasEnded, type RoundView, type TaskView } from "../core/task-view.ts";
import type { Clock, Log } from "../ports/system.ts";
import type { ActionResult } from "../rounds/action-runner.ts";
import { reasonOf } from "../rounds/action-runner.ts";
import { advertisementOf, neighboursOf } from "../rounds/mask-queries.ts";
import type { TaskLook } from "../rounds/model-source.ts";
import type { Progress } from "../rounds/progress.ts";
import { commitmentOf } from "../rounds/round-queries.ts";
import type { ShareBundles } from "../rounds/share-bundles.ts";
import { sharesTold } from "../rounds/unmask-pool.ts";
import type { AskAggregatorsDeps } from "./ask-aggregators.ts";
import { createMaskActions, type MaskActionDeps } from "./mask-actions.ts";
import { offerShares } from "./offer-shares.ts";
import type { ParticipantAction, ParticipantEvent } from "./participant-state.ts";
import type { TrainedLanes } from "./train-update.ts";

/** The actions of masked rounds alone. */
export type MaskedAction = Extract<
  ParticipantAction,
  { kind: "make-keys" | "offer-shares" | "get-shares" | "mask" | "unmask" }
>;

/**
 * Carries out the steps of masked rounds. The update without its mask is in memory only, up to the next training: a round that a reorganisation opens
 * again has other masks.
 */
export interface MaskedPerformer {
  perform(
    action: MaskedAction,
    look: TaskLook,
    emit: (event: ParticipantEvent) => void,
  ): Promise<ActionResult | undefined>;
  /** Trains for a masked round, unless an update was masked for it before. Rejects as trainLanes does. */
  train(round: RoundView, look: TaskLook, emit: (event: ParticipantEvent) => void): Promise<void>;
  /**
   * Forgets the secrets of rounds that have ended: whoever takes the journal later cannot read this node's updates of them. And of rounds that closed
   * without this node's update: its neighbours then give the key of its masks, so its seed must never follow, should a reorganisation let the
   * commitment in after all.
   */
  forgetSpent(view: TaskView): Promise<void>;
}

/** Between two looks for a neighbour's registered key, milliseconds. */
const lookAgainMs = 1_000;
/** How many of the latest rounds are looked at when one ends: more than may have ended while this node was away from a running task. */
const forgottenRounds = 64;

/** Creates the performer; `trainLanes` trains and gives the update's lanes. */
export function createMaskedPerformer(
  deps: MaskActionDeps &
    AskAggregatorsDeps & {
      readonly taskId: number;
      readonly bundles: ShareBundles;
      readonly clock: Clock;
      readonly log: Log;
      readonly onProgress?: ((progress: Progress) => void) | undefined;
    },
  trainLanes: (round: RoundView, look: TaskLook) => Promise<TrainedLanes>,
): MaskedPerformer {
  const { taskId, bundles, clock, log, onProgress } = deps;
  const masks = createMaskActions(deps);
  let latest: { readonly of: RoundView; readonly trained: TrainedLanes } | undefined;

  /** Does a step of the client's own rules; what they refuse is told, and not tried again. */
  async function guarded(
    { key, round }: Pick<Extract<MaskedAction, { round: RoundView }>, "key" | "round">,
    emit: (event: ParticipantEvent) => void,
    step: () => Promise<void>,
  ): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof FedledgerError) || !error.code.startsWith("MASK_")) throw error;
      log.warn("A step of a masked round is refused", {
        round: round.round,
        step: key.split(":")[0],
        ...reasonOf(error),
      });
      onProgress?.({ kind: "masking-refused", round: round.round, code: error.code, reason: error.message });
      emit({ kind: "refused", key });
    }
  }

  return {
    async train(round, look, emit) {
      if ((await masks.masked(round, taskId)) === undefined && !isOf(latest?.of, round)) {
        latest = { of: round, trained: await trainLanes(round, look) };
      }
      emit({ kind: "trained-unmasked", round: round.round, baseModelRoot: round.baseModelRoot });
    },

    async forgetSpent({ rounds, rules }) {
      if (rules.mode !== "masked") return;
      const isSpent = (round: RoundView): boolean =>
        hasEnded(round) || (round.phase !== "open" && commitmentOf(round, deps.me) === undefined);
      for (const round of rounds.filter(isSpent).slice(-forgottenRounds)) await masks.forget(round, taskId);
    },

    async perform(action, look, emit) {
      const { view } = look;
      switch (action.kind) {
        case "make-keys": {
          let isWaiting = false;
          await guarded(action, emit, async () => {
            const keys = await masks.makeKeys(action.round, action.isLate, look);
            if (keys !== undefined) emit({ kind: "keys-made", keys });
            isWaiting = keys === undefined;
          });
          return isWaiting ? { repeatMs: lookAgainMs } : undefined;
        }
        case "offer-shares": {
          const { round, sharesId } = action.keys;
          const offered = () => emit({ kind: "shares-offered", sharesId });
          const held = await offerShares(deps, action.keys, look, offered);
          onProgress?.({ kind: "shares-held", round, ...held });
          offered();
          return;
        }
        case "get-shares":
          await bundles.get(action.of, action.round, look);
          emit({ kind: "bundle", sharesId: action.of.sharesId });
          return;
        case "mask":
          return await guarded(action, emit, async () => {
            const { round, keys } = action;
            const startMs = clock.nowMs();
            const trained = isOf(latest?.of, round) ? latest?.trained : undefined;
            const update = await masks.mask(round, trained, look);
            const { slot } = advertisementOf(round, deps.me)!;
            const neighbours = neighboursOf(round, view.rules, slot).length;
            onProgress?.({ kind: "masked", round: round.round, neighbours, durationMs: clock.nowMs() - startMs });
            emit({ kind: "masked", update, keys });
          }).then(() => undefined);
        case "unmask":
          return await guarded(action, emit, async () => {
            const { round } = action;
            const unmasking = await masks.unmask(round, look);
            const { slot } = advertisementOf(round, deps.me)!;
            const of = neighboursOf(round, view.rules, slot).length;
            onProgress?.({ kind: "unmasked", round: round.round, shares: sharesTold(unmasking), of });
            emit({ kind: "told", told: { unmasking, bundles: action.bundles } });
          }).then(() => undefined);
      }
    },
  };
}

function isOf(of: RoundView | undefined, { round, baseModelRoot }: RoundView): boolean {
  return of?.round === round && hexEquals(of.baseModelRoot, baseModelRoot);
}

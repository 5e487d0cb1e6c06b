import { checkSealedModel } from "../audit/check-sealed-model.ts";
import { isSealed, updateBlobBytes } from "../core/blob-length.ts";
import { chunkTreeRoot } from "../core/chunk-tree.ts";
import { updateRootOf } from "../core/commitment.ts";
import { FedledgerError } from "../core/error.ts";
import { hexEquals } from "../core/hex.ts";
import { bytesToLanes } from "../core/lanes.ts";
import type { RoundView } from "../core/task-view.ts";
import type { Journal } from "../ports/system.ts";
import type { ActionResult } from "../rounds/action-runner.ts";
import type { ProposedRound } from "../rounds/judge-proposal.ts";
import type { TaskLook } from "../rounds/model-source.ts";
import type { OpenedSum } from "../rounds/open-sum-messages.ts";
import { dealtKeyOf } from "./due-encrypted-update.ts";
import { createGroupKeys, type GroupKeysDeps } from "./group-keys.ts";
import { judgeEncrypted } from "./judge-encrypted.ts";
import { isRefusal, type OpenSumDeps, openSum, openSumWhole } from "./open-sum.ts";
import { holdingKey, type ParticipantAction, type ParticipantEvent, type TrainedUpdate } from "./participant-state.ts";
import { readCommitment } from "./sign-commitment.ts";
import { type TrainedLanes, type TrainUpdateDeps, trainLanes } from "./train-update.ts";
import { readUpdate, writeUpdate } from "./update-journal.ts";

/** What a participant does in encrypted rounds only. */
export type EncryptedAction = Extract<ParticipantAction, { kind: "deal-key" | "open-key" | "encrypt" | "open-sum" }>;

/** What carries out the steps of encrypted rounds. */
export interface EncryptedActions {
  perform(action: EncryptedAction, look: TaskLook, emit: (event: ParticipantEvent) => void): Promise<undefined>;
  /** The local training of an encrypted round: its lanes wait here for the key; or the update that an earlier run encrypted. */
  train(round: RoundView, look: TaskLook, emit: (event: ParticipantEvent) => void): Promise<void>;
  /** Judges a proposal by what this participant opened itself. */
  verify(
    action: Extract<ParticipantAction, { kind: "verify" }>,
    look: TaskLook & { readonly opened: OpenedSum | undefined },
    emit: (event: ParticipantEvent) => void,
  ): Promise<ActionResult | undefined>;
}

type Deps = GroupKeysDeps &
  Omit<OpenSumDeps, "keys"> &
  TrainUpdateDeps & {
    readonly chain: GroupKeysDeps["chain"] & TrainUpdateDeps["chain"];
    readonly log: Parameters<typeof judgeEncrypted>[0]["log"];
    readonly journal: Journal;
    readonly republishMs: number;
  };

/** The steps of encrypted rounds of one participant. */
export function createEncryptedActions(deps: Deps): EncryptedActions {
  const { chain, store, source, journal, bfv, log, clock, onProgress } = deps;
  const keys = createGroupKeys(deps);
  const opening = { ...deps, keys };
  /** What was trained last, until it is encrypted. */
  let trained: (TrainedLanes & { readonly round: number; readonly baseModelRoot: string }) | undefined;

  async function encrypt(round: RoundView, look: TaskLook): Promise<TrainedUpdate> {
    const dealt = dealtKeyOf(round)!;
    if (trained?.round !== round.round || !hexEquals(trained.baseModelRoot, round.baseModelRoot)) {
      throw new FedledgerError("INVALID_ARGUMENT", { name: "round", value: round.round, expected: "a trained one" });
    }
    const { publicKey } = await keys.open(round, dealt, look);
    const { lanes, weight } = trained;
    const startMs = clock.nowMs();
    const bytes = await bfv.encrypt(
      publicKey,
      lanes.map((lane) => lane * weight),
      look.signal,
    );
    const cipher = bytesToLanes(bytes);
    const updateRoot = updateRootOf(chain.account, chunkTreeRoot(cipher));
    const update = {
      round: round.round,
      baseModelRoot: round.baseModelRoot,
      updateRoot,
      contentId: await source.put(cipher, { round: round.round, purpose: "update", root: updateRoot }, look),
      weight,
      sharesId: dealt.sharesId,
    };
    look.signal.throwIfAborted();
    await writeUpdate(journal, look.view.taskId, update);
    onProgress?.({ kind: "encrypted", round: round.round, bytes: bytes.length, durationMs: clock.nowMs() - startMs });
    return update;
  }

  /** The update that an earlier run encrypted under the very key that was dealt, if it may be committed still. */
  async function written(round: RoundView, { view }: TaskLook): Promise<TrainedUpdate | undefined> {
    const update = await readUpdate(journal, view.taskId, round);
    const dealt = dealtKeyOf(round);
    if (update?.sharesId === undefined || dealt === undefined || !hexEquals(update.sharesId, dealt.sharesId))
      return undefined;
    return (await store.has(update.contentId, updateBlobBytes(view))) ? update : undefined;
  }

  /** What is wrong with the blob of a right model in a sealed task, whose content id only its proposer can compute. */
  async function sealedModel({ round, proposal }: ProposedRound, look: TaskLook, { modelRoot }: OpenedSum) {
    const { taskId } = look.view;
    if (!isSealed(look.view) || !hexEquals(proposal.modelRoot, modelRoot)) return undefined;
    const getModel = () => source.model({ round, proposal }, look);
    return { finding: await checkSealedModel({ taskId, round, proposal, getModel, signal: look.signal }) };
  }

  /** Does the step; a fault that time does not mend is told, and the step not tried again. */
  async function unlessRefused(
    action: EncryptedAction,
    emit: (event: ParticipantEvent) => void,
    work: () => Promise<void>,
  ) {
    try {
      await work();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const { code, message } = error;
      const round = action.round.round;
      log.warn("A step of an encrypted round is refused", { round, code, reason: message });
      onProgress?.({ kind: "encryption-refused", round, code, reason: message });
      emit({ kind: "refused", key: action.key });
    }
  }

  return {
    async perform(action, look, emit) {
      const { round } = action;
      await unlessRefused(action, emit, async () => {
        switch (action.kind) {
          case "deal-key":
            emit({ kind: "keys-made", keys: await keys.deal(round, look) });
            return;
          case "open-key":
            await keys.open(round, action.dealt, look);
            emit({ kind: "key-opened", key: action.key });
            return;
          case "encrypt": {
            // two signed words for one round are misconduct: what was signed under another key is not committed, and nothing else either
            const signed = await readCommitment({ chain, journal, taskId: look.view.taskId }, round);
            const before = await written(round, look);
            const other = before ?? (await readUpdate(journal, look.view.taskId, round));
            // it may have been committed, and be brought back by whoever has the transaction: a second one would be a second answer
            if (other?.sharesId !== undefined && !hexEquals(other.sharesId, dealtKeyOf(round)!.sharesId)) {
              throw new FedledgerError("GROUP_KEY_CHANGED", { round: round.round });
            }
            if (signed !== undefined && signed.contentId !== before?.contentId) {
              throw new FedledgerError("GROUP_KEY_CHANGED", { round: round.round });
            }
            emit({ kind: "trained", update: before ?? (await encrypt(round, look)) });
            return;
          }
          case "open-sum":
            emit({ kind: "sum-opened", about: holdingKey(round), opened: await openSumWhole(opening, round, look) });
        }
      });
      return undefined;
    },
    async train(round, look, emit) {
      const update = await written(round, look);
      if (update !== undefined) {
        emit({ kind: "trained", update });
        return;
      }
      const { round: number, baseModelRoot } = round;
      trained = { ...(await trainLanes(deps, round, look)), round: number, baseModelRoot };
      emit({ kind: "trained-unmasked", round: number, baseModelRoot });
    },
    async verify({ subject, round }: { readonly subject: string; readonly round: ProposedRound }, look, emit) {
      const sum = look.opened
        ? { opened: look.opened }
        : await openSum(opening, round, look).catch((error: unknown) => {
            if (isRefusal(error)) return undefined;
            throw error;
          });
      if (sum !== undefined && "missing" in sum) {
        emit({ kind: "verified", subject, agrees: false, missing: sum.missing });
        return { repeatMs: deps.republishMs };
      }
      // who cannot open the sum attests to nothing
      const judgement =
        sum === undefined
          ? { agrees: false }
          : judgeEncrypted(deps, round, sum.opened, await sealedModel(round, look, sum.opened));
      emit({ kind: "verified", subject, ...judgement });
      return judgement.missing ? { repeatMs: deps.republishMs } : undefined;
    },
  };
}

import { checkSealedModel } from "../../audit/replay/check-sealed-model.ts";
import { chunkTreeRoot } from "../../core/bytes/chunk-tree.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { bytesToLanes } from "../../core/bytes/lanes.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import { isSealed, updateBlobBytes } from "../../core/task/blob-length.ts";
import { updateRootOf } from "../../core/words/commitment.ts";
import type { Chain } from "../../ports/chain.ts";
import type { Journal } from "../../ports/system.ts";
import type { ProposedRound } from "../../rounds/blobs/proposed-round.ts";
import type { TaskLook } from "../../rounds/blobs/task-look.ts";
import type { Verdict } from "../../rounds/court/judging.ts";
import type { ActionContext, Performers } from "../../rounds/machine/machine.ts";
import type { RoundState } from "../../rounds/state/round-state.ts";
import type { OpenedSum } from "../../rounds/words/open-sum-messages.ts";
import type { EncryptedAction, EncryptedEvent } from "../state/encrypted-state.ts";
import type { ParticipantEvent } from "../state/participant-state.ts";
import { closedKey, type TrainedUpdate } from "../state/trained-update.ts";
import { readCommitment } from "../update/sign-commitment.ts";
import { type TrainedLanes, type TrainUpdateDeps, trainLanes } from "../update/train-update.ts";
import { readUpdate, writeUpdate } from "../update/update-journal.ts";
import { dealtKeyOf } from "./due-encrypted-update.ts";
import { createGroupKeys, type GroupKeysDeps } from "./group-keys.ts";
import { judgeEncrypted } from "./judge-encrypted.ts";
import { isRefusal, type OpenSumDeps, openSum, openSumWhole } from "./open-sum.ts";

/** What carries out the steps of encrypted rounds. */
export interface EncryptedActions {
  readonly performers: Performers<RoundState, EncryptedEvent | ParticipantEvent, EncryptedAction>;
  /**
   * The local training of an encrypted round: its lanes wait here for the key; or the update that an earlier run
   * encrypted.
   */
  train(round: RoundView, look: TaskLook, emit: (event: ParticipantEvent) => void): Promise<void>;
  /** Judges a proposal by what this participant opened itself; who cannot open the sum finds nothing right. */
  judge(round: ProposedRound, look: TaskLook, opened: OpenedSum | undefined): Promise<Verdict>;
}

type Deps = GroupKeysDeps &
  Omit<OpenSumDeps, "keys"> &
  TrainUpdateDeps & {
    readonly chain: Chain;
    readonly log: Parameters<typeof judgeEncrypted>[0]["log"];
    readonly journal: Journal;
  };

/** The steps of encrypted rounds of one participant. */
export function createEncryptedActions(deps: Deps): EncryptedActions {
  const { taskId, chain, store, source, journal, bfv, log, clock, onProgress } = deps;
  const keys = createGroupKeys(deps);
  const opening = { ...deps, keys };
  /** What was trained last, until it is encrypted. */
  let trained: (TrainedLanes & Pick<RoundView, "start">) | undefined;

  async function encrypt(round: RoundView, look: TaskLook): Promise<TrainedUpdate> {
    const dealt = dealtKeyOf(round);
    if (dealt === undefined || trained === undefined || !hexEquals(trained.start, round.start)) {
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
    await writeUpdate(journal, taskId, update);
    onProgress?.({ kind: "encrypted", round: round.round, bytes: bytes.length, durationMs: clock.nowMs() - startMs });
    return update;
  }

  /** The update that an earlier run encrypted under the very key that was dealt, if it may be committed still. */
  async function written(round: RoundView, look: TaskLook): Promise<TrainedUpdate | undefined> {
    const update = await readUpdate(journal, taskId, round);
    const dealt = dealtKeyOf(round);
    if (update?.sharesId === undefined || dealt === undefined || !hexEquals(update.sharesId, dealt.sharesId))
      return undefined;
    return (await store.has(update.contentId, updateBlobBytes(look.view))) ? update : undefined;
  }

  /**
   * The update under the key that was dealt, made once. Rejects with GROUP_KEY_CHANGED where one was made under
   * another.
   */
  async function encrypted(round: RoundView, look: TaskLook): Promise<TrainedUpdate> {
    // two signed words over one anchor are misconduct: what was signed is committed, and nothing else
    const signed = await readCommitment({ chain, journal, taskId }, round);
    const before = await written(round, look);
    const other = before ?? (await readUpdate(journal, taskId, round));
    // it may have been committed, and be brought back by whoever has the transaction: a second one would be a second
    // answer
    const isUnderAnother =
      other?.sharesId !== undefined && !hexEquals(other.sharesId, dealtKeyOf(round)?.sharesId ?? "");
    if (isUnderAnother || (signed !== undefined && signed.contentId !== before?.contentId)) {
      throw new FedledgerError("GROUP_KEY_CHANGED", { round: round.round });
    }
    return before ?? (await encrypt(round, look));
  }

  /** What is wrong with the blob of a right model in a sealed task, whose content id only its proposer can compute. */
  async function sealedModel({ round, proposal }: ProposedRound, look: TaskLook, { modelRoot }: OpenedSum) {
    if (!isSealed(look.view) || !hexEquals(proposal.modelRoot, modelRoot)) return undefined;
    const getModel = () => source.model({ round, proposal }, look);
    return { finding: await checkSealedModel({ taskId, round, proposal, getModel, signal: look.signal }) };
  }

  async function step(action: EncryptedAction, look: TaskLook): Promise<EncryptedEvent | ParticipantEvent> {
    const { round, key } = action;
    switch (action.kind) {
      case "deal-key":
        return { kind: "key-dealt", signed: await keys.deal(round, look) };
      case "open-key":
        await keys.open(round, action.dealt, look);
        return { kind: "key-opened", key, signed: await keys.sign(round, action.dealt) };
      case "encrypt":
        return { kind: "trained", update: await encrypted(round, look) };
      case "open-sum":
        return { kind: "sum-opened", about: closedKey(round), opened: await openSumWhole(opening, round, look) };
    }
  }

  async function perform(
    action: EncryptedAction,
    { look, emit }: ActionContext<RoundState, ParticipantEvent>,
  ): Promise<undefined> {
    try {
      emit(await step(action, look));
    } catch (error) {
      // a fault that time does not mend is told, and the step not tried again
      if (!isRefusal(error)) throw error;
      const { code, message } = error;
      const { round } = action.round;
      log.warn("A step of an encrypted round is refused", { round, code, reason: message });
      onProgress?.({ kind: "encryption-refused", round, code, reason: message });
      emit({ kind: "encryption-refused", key: action.key });
    }
  }

  return {
    performers: { "deal-key": perform, "open-key": perform, encrypt: perform, "open-sum": perform },
    async train(round, look, emit) {
      const update = await written(round, look);
      if (update !== undefined) {
        emit({ kind: "trained", update });
        return;
      }
      const { start } = round;
      trained = { ...(await trainLanes(deps, round, look)), start };
      emit({ kind: "trained-unencrypted", start });
    },
    async judge(round, look, known) {
      const sum = known
        ? { opened: known }
        : await openSum(opening, round, look).catch((error: unknown) => {
            if (isRefusal(error)) return undefined;
            throw error;
          });
      if (sum === undefined) return { judgement: { isRight: false }, faults: [] };
      if ("missing" in sum) {
        return { judgement: { isRight: false, missing: sum.missing }, faults: [], absent: sum.absent };
      }
      const sealed = await sealedModel(round, look, sum.opened);
      return { judgement: judgeEncrypted(deps, round, sum.opened, sealed), faults: [] };
    },
  };
}

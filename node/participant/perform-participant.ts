import type { RoundNumber, TaskId } from "../core/ids.ts";
import type { Chain } from "../ports/chain.ts";
import type { Log } from "../ports/system.ts";
import type { Transport } from "../ports/transport.ts";
import type { ActionResult } from "../rounds/actions/action-runner.ts";
import type { createGatherer } from "../rounds/blobs/gatherer.ts";
import { hasProposal, subjectOf } from "../rounds/blobs/proposed-round.ts";
import type { TaskLook } from "../rounds/blobs/task-look.ts";
import { isFoundWrong } from "../rounds/court/court-state.ts";
import { type ActionContext, isCommonAction, type RoleDesk } from "../rounds/machine/role-desk.ts";
import type { NodeTimes } from "../rounds/steps/node-times.ts";
import { attestationTopic, encodeAttestation } from "../rounds/words/attestation-messages.ts";
import { commitmentTopic, encodeCommitment } from "../rounds/words/commitment-messages.ts";
import type { EncryptedActions } from "./encrypted/encrypted-actions.ts";
import type { MaskedPerformer } from "./masked/perform-masked.ts";
import { signAttestation } from "./sign-attestation.ts";
import { createCheckedJournal } from "./state/checked-journal.ts";
import { isEncryptedAction } from "./state/encrypted-state.ts";
import { isMaskedAction } from "./state/masked-state.ts";
import type { ParticipantAction, ParticipantEvent, ParticipantState } from "./state/participant-state.ts";
import { uncheckedRounds } from "./state/unchecked-rounds.ts";
import { signCommitment } from "./update/sign-commitment.ts";
import { type TrainUpdateDeps, trainUpdate } from "./update/train-update.ts";

type Context = ActionContext<ParticipantState, ParticipantEvent>;

/** What a participant's actions are carried out with. */
export interface ParticipantPerformerDeps extends TrainUpdateDeps {
  readonly taskId: TaskId;
  readonly chain: Chain;
  readonly transport: Pick<Transport, "publish">;
  readonly log: Log;
  readonly times: NodeTimes;
  readonly desk: RoleDesk;
  readonly masked: MaskedPerformer;
  readonly encrypted: EncryptedActions;
  readonly gather: ReturnType<typeof createGatherer>;
}

/** Between two tellings of why nothing is trained, milliseconds. */
const tellAgainMs = 600_000;

/** Carries out a participant's actions. Each rejects as what it works with does: to be tried again. */
export function createParticipantPerformer(deps: ParticipantPerformerDeps) {
  const { taskId, chain, transport, journal, times, desk, masked, encrypted, gather, onProgress } = deps;
  const checked = createCheckedJournal(journal, { taskId, me: chain.account });
  let sequence = 0;

  /** Gossips a message, to be repeated. */
  async function announce(topic: string, message: Uint8Array): Promise<ActionResult> {
    await transport.publish(topic, message);
    return { repeatMs: times.republishMs };
  }

  async function train(
    { round }: Extract<ParticipantAction, { kind: "train" }>,
    { emit }: Context,
    look: TaskLook,
  ): Promise<undefined> {
    const { mode } = look.view.rules;
    if (mode === "masked") await masked.train(round, look, emit);
    else if (mode === "encrypted") await encrypted.train(round, look, emit);
    else emit({ kind: "trained", update: await trainUpdate(deps, round, look) });
    return undefined;
  }

  /**
   * A commitment of its own is a word, too: written down before it is sent, so that no restart gives another over the
   * same anchor.
   */
  async function noted(
    action: Extract<ParticipantAction, { kind: "send" }>,
  ): Promise<Extract<ParticipantAction, { kind: "send" }>> {
    const { call } = action;
    if (call.kind !== "commit") return action;
    const { updateRoot, contentId, weight } = await signCommitment({ chain, journal, taskId }, call, call);
    return { ...action, call: { ...call, updateRoot, contentId, weight } };
  }

  /** What every role does; what was found right is written down, so that a restart need not recompute what is final. */
  async function common(
    action: Extract<ParticipantAction, { kind: "judge" | "send" | "push" | "enter" | "prove" | "collect" | "measure" }>,
    context: Context,
  ): Promise<ActionResult | undefined> {
    if (action.kind === "send") return await desk.perform(await noted(action), context);
    if (action.kind !== "judge") return await desk.perform(action, context);
    let isRight = false;
    const result = await desk.perform(action, {
      ...context,
      emit(event) {
        isRight ||= event.kind === "judged" && event.judgement.isRight;
        context.emit(event);
      },
    });
    if (isRight) await checked.enter(action.round);
    return result;
  }

  return async function perform(action: ParticipantAction, context: Context): Promise<ActionResult | undefined> {
    const { state, signal, emit } = context;
    const look = { view: state.view!, members: state.members, signal };
    if (isMaskedAction(action)) return await masked.perform(action, look, emit);
    if (isEncryptedAction(action)) return await encrypted.perform(action, look, emit);
    if (isCommonAction(action)) return await common(action, context);
    switch (action.kind) {
      case "train":
        return await train(action, context, look);
      case "gather": {
        const { commitment } = action;
        emit({ kind: "gathered", commitment, fact: await gather(commitment, look) });
        return;
      }
      case "hold-back":
        onProgress?.({ kind: "not-trained", round: action.round.round, ...whyNot(action.unchecked, state) });
        return { repeatMs: tellAgainMs };
      case "sign-commitment": {
        const signed = await signCommitment({ chain, journal, taskId }, action.round, action.update);
        onProgress?.({ kind: "commitment-signed", round: signed.round });
        emit({ kind: "commitment-signed", signed });
        return;
      }
      case "announce-commitment":
        return await announce(commitmentTopic, encodeCommitment({ signed: action.signed, sequence: ++sequence }));
      case "recall": {
        const firstRound = await checked.firstRound(state.firstRound!);
        emit({ kind: "recalled", checked: await checked.among(uncheckedRounds({ ...state, firstRound })), firstRound });
        return;
      }
      case "sign": {
        const attestation = await signAttestation(deps, action.round, look);
        emit({ kind: "signed", subject: action.subject, attestation });
        return;
      }
      case "publish": {
        const { attestation } = action;
        return await announce(attestationTopic, encodeAttestation({ attestation, sequence: ++sequence }));
      }
    }
  };
}

/** The accepted round above which nothing is trained, and whether it was found wrong here. */
function whyNot(unchecked: RoundNumber, { view, court }: ParticipantState) {
  const round = view?.rounds.find((one) => one.round === unchecked);
  const isWrong = round && hasProposal(round) && isFoundWrong(court.judgements.get(subjectOf(round)));
  return { unchecked, ...(isWrong && { isWrong }) };
}

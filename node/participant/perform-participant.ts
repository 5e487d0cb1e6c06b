import type { RoundNumber, TaskId } from "../core/ids.ts";
import { modeOf } from "../core/modes/mode-of.ts";
import type { Chain } from "../ports/chain.ts";
import type { Log } from "../ports/system.ts";
import type { Transport } from "../ports/transport.ts";
import type { ActionResult } from "../rounds/actions/action-runner.ts";
import type { createGatherer } from "../rounds/blobs/gatherer.ts";
import { hasProposal, subjectOf } from "../rounds/blobs/proposed-round.ts";
import { isFoundWrong } from "../rounds/court/court-state.ts";
import type { ActionContext, Performed, Performers } from "../rounds/machine/machine.ts";
import type { RoleDesk } from "../rounds/machine/role-desk.ts";
import type { RoundEvent } from "../rounds/state/round-state.ts";
import type { NodeTimes } from "../rounds/steps/node-times.ts";
import { attestationTopic, encodeAttestation } from "../rounds/words/attestation-messages.ts";
import { commitmentTopic, encodeCommitment } from "../rounds/words/commitment-messages.ts";
import type { EncryptedActions } from "./encrypted/encrypted-actions.ts";
import type { MaskedPerformer } from "./masked/perform-masked.ts";
import { signAttestation } from "./sign-attestation.ts";
import { createCheckedJournal } from "./state/checked-journal.ts";
import type { ParticipantAction, ParticipantEvent, ParticipantState } from "./state/participant-state.ts";
import { uncheckedRounds } from "./state/unchecked-rounds.ts";
import { signCommitment } from "./update/sign-commitment.ts";
import { type TrainUpdateDeps, trainUpdate } from "./update/train-update.ts";

type Context = ActionContext<ParticipantState, ParticipantEvent>;
type ActionOf<K extends ParticipantAction["kind"]> = Extract<ParticipantAction, { kind: K }>;

/** What a participant's actions are carried out with. */
export interface ParticipantPerformerDeps extends TrainUpdateDeps {
  readonly taskId: TaskId;
  readonly chain: Chain;
  readonly transport: Pick<Transport, "publish">;
  readonly log: Log;
  readonly times: NodeTimes;
  readonly desk: RoleDesk<ParticipantState>;
  readonly masked: MaskedPerformer;
  readonly encrypted: EncryptedActions;
  readonly gather: ReturnType<typeof createGatherer>;
}

/** Between two tellings of why nothing is trained, milliseconds. */
const tellAgainMs = 600_000;

/** Carries out a participant's actions. Each rejects as what it works with does: to be tried again. */
export function createParticipantPerformers(
  deps: ParticipantPerformerDeps,
): Performers<ParticipantState, ParticipantEvent, ParticipantAction> {
  const { taskId, chain, transport, journal, times, desk, masked, encrypted, gather, onProgress } = deps;
  const checked = createCheckedJournal(journal, { taskId, me: chain.account });
  let sequence = 0;

  /** Gossips a message, to be repeated. */
  async function announce(topic: string, message: Uint8Array): Promise<ActionResult> {
    await transport.publish(topic, message);
    return { repeatMs: times.republishMs };
  }

  async function train({ round }: ActionOf<"train">, { look, emit }: Context): Promise<undefined> {
    const { keys } = modeOf(look.view.rules);
    if (keys === "each") await masked.train(round, look, emit);
    else if (keys === "one") await encrypted.train(round, look, emit);
    else emit({ kind: "trained", update: await trainUpdate(deps, round, look) });
  }

  /**
   * A commitment of its own is a word, too: written down before it is sent, so that no restart gives another over the
   * same anchor.
   */
  async function noted(action: ActionOf<"send">): Promise<ActionOf<"send">> {
    const { call } = action;
    if (call.kind !== "commit") return action;
    const { updateRoot, contentId, weight } = await signCommitment({ chain, journal, taskId }, call, call);
    return { ...action, call: { ...call, updateRoot, contentId, weight } };
  }

  /** What was found right is written down, so that a restart need not recompute what is final. */
  async function judge(action: ActionOf<"judge">, context: Context): Performed {
    let isRight = false;
    const result = await desk.judge(action, {
      ...context,
      emit(event: RoundEvent) {
        isRight ||= event.kind === "judged" && event.judgement.isRight;
        return context.emit(event);
      },
    });
    if (isRight) await checked.enter(action.round);
    return result;
  }

  return {
    ...desk,
    ...masked.performers,
    ...encrypted.performers,
    judge,
    train,
    send: async (action, context) => desk.send(await noted(action), context),
    async gather({ commitment }, { look, emit }) {
      emit({ kind: "gathered", commitment, fact: await gather(commitment, look) });
      return undefined;
    },
    async "hold-back"({ round, unchecked }, { state }) {
      onProgress?.({ kind: "not-trained", round: round.round, ...whyNot(unchecked, state) });
      return { repeatMs: tellAgainMs };
    },
    async "sign-commitment"({ round, update }, { emit }) {
      const signed = await signCommitment({ chain, journal, taskId }, round, update);
      onProgress?.({ kind: "commitment-signed", round: signed.round });
      emit({ kind: "commitment", signed });
      return undefined;
    },
    "announce-commitment": ({ signed }) =>
      announce(commitmentTopic, encodeCommitment({ signed, sequence: ++sequence })),
    async recall(_, { state, emit }) {
      const firstRound = await checked.firstRound(state.firstRound);
      emit({ kind: "recalled", checked: await checked.among(uncheckedRounds({ ...state, firstRound })), firstRound });
      return undefined;
    },
    async sign({ subject, round }, { look, emit }) {
      emit({ kind: "signed", subject, attestation: await signAttestation(deps, round, look) });
      return undefined;
    },
    publish: ({ attestation }) => announce(attestationTopic, encodeAttestation({ attestation, sequence: ++sequence })),
  };
}

/** The accepted round above which nothing is trained, and whether it was found wrong here. */
function whyNot(unchecked: RoundNumber, { view, court }: ParticipantState) {
  const round = view.rounds.find((one) => one.round === unchecked);
  const isWrong = round && hasProposal(round) && isFoundWrong(court.judgements.get(subjectOf(round)));
  return { unchecked, ...(isWrong && { isWrong }) };
}

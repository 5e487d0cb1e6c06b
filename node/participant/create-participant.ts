import type { Bytes32 } from "../core/ids.ts";
import type { Journal } from "../ports/system.ts";
import type { Trainer } from "../ports/trainer.ts";
import type { ActionResult } from "../rounds/action-runner.ts";
import { ownContact } from "../rounds/contact.ts";
import { createDriver } from "../rounds/driver.ts";
import { judgeProposal } from "../rounds/judge-proposal.ts";
import { attestationTopic, encodeAttestation } from "../rounds/messages.ts";
import { createModelSource } from "../rounds/model-source.ts";
import { type NodeTimes, nodeTimes } from "../rounds/node-times.ts";
import type { RoleDeps, RoleProcess } from "../rounds/role-process.ts";
import { sendCall } from "../rounds/send-call.ts";
import { offerUpdate } from "./offer-update.ts";
import {
  type ParticipantAction,
  type ParticipantEvent,
  type ParticipantState,
  participantMachine,
} from "./participant-machine.ts";
import { signAttestation } from "./sign-attestation.ts";
import { trainUpdate } from "./train-update.ts";

/** What a participant works with; the caller also closes trainer and journal. */
export interface ParticipantDeps extends RoleDeps {
  readonly trainer: Trainer;
  readonly journal: Journal;
}

/** A participant's own settings; what the task fixes comes from the chain. */
export interface ParticipantOptions extends Partial<NodeTimes> {
  /** Enrol in the task when not enrolled (default true). */
  readonly autoEnrol?: boolean;
  /** X25519 public key for the registry. */
  readonly encryptionKey: Bytes32;
  /** Seed of the local trainings, a safe integer from 0 (default 0). */
  readonly seed?: number;
  /** Send the proof when a proposal is provably wrong, where no watcher was faster (default true). */
  readonly challenge?: boolean;
  /** Enrolled participants to wait for before this node opens the first round. */
  readonly openWhenEnrolled?: number;
  /** Goes on admitting peers after the task is complete, until stopped (default false): its blobs stay to be had. */
  readonly linger?: boolean;
}

/**
 * A participant: registers and enrols, trains and commits when drawn, recomputes every proposal, attests to the right
 * ones, and pushes rounds forward when those before it do not. Nothing happens before `start`.
 */
export function createParticipant(deps: ParticipantDeps, options: ParticipantOptions): RoleProcess {
  const { taskId, chain, store, transport, trainer, journal, clock, random, log, onProgress } = deps;
  const times = nodeTimes(options);
  const source = createModelSource({ store, transport });
  const me = chain.account;
  const training = { account: me, store, source, trainer, journal, clock, seed: options.seed ?? 0, onProgress };
  const offering = { me, taskId, transport, clock, log, holdTimeoutMs: times.holdTimeoutMs };
  let sequence = 0;

  const machine = participantMachine(
    me,
    {
      autoEnrol: options.autoEnrol ?? true,
      contact: ownContact(transport, options.encryptionKey),
      patienceS: times.patienceS,
      challenge: options.challenge ?? true,
      settleBlocks: times.settleBlocks,
    },
    {
      graceS: times.graceS,
      ...(options.openWhenEnrolled === undefined ? {} : { openWhenEnrolled: options.openWhenEnrolled }),
    },
  );

  async function perform(
    action: ParticipantAction,
    context: {
      readonly state: ParticipantState;
      readonly signal: AbortSignal;
      readonly emit: (event: ParticipantEvent) => void;
    },
  ): Promise<ActionResult | undefined> {
    const { state, signal, emit } = context;
    const look = { view: state.view!, members: state.members, signal };
    switch (action.kind) {
      case "send":
      case "push":
        return await sendCall({ chain, log, onProgress }, action.call, signal, state.view);
      case "train":
        emit({ kind: "trained", update: await trainUpdate(training, action.round, look) });
        return;
      case "offer": {
        const { round, contentId } = action.update;
        const held = await offerUpdate(offering, action.update, state.members, signal);
        onProgress?.({ kind: "held", round, ...held });
        emit({ kind: "offered", contentId });
        return;
      }
      case "verify": {
        const again = state.verified.has(action.subject);
        const judgement = await judgeProposal({ store, source, log, onProgress, again }, action.round, look);
        emit({ kind: "verified", subject: action.subject, ...judgement });
        return judgement.withheld || judgement.missing ? { repeatMs: times.republishMs } : undefined;
      }
      case "sign": {
        const attestation = await signAttestation({ chain, source, trainer, log, onProgress }, action.round, look);
        emit({ kind: "signed", subject: action.subject, attestation });
        return;
      }
      case "publish":
        sequence++;
        await transport.publish(attestationTopic, encodeAttestation({ attestation: action.attestation, sequence }));
        return { repeatMs: times.republishMs };
    }
  }

  return createDriver<ParticipantState, ParticipantEvent, ParticipantAction>({
    taskId,
    chain,
    transport,
    clock,
    random,
    log,
    machine,
    perform,
    onProgress,
    linger: options.linger,
  });
}

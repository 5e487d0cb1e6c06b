import { weiOfGwei } from "../core/ether.ts";
import { hexEquals } from "../core/hex.ts";
import type { Bytes32 } from "../core/ids.ts";
import type { Journal } from "../ports/system.ts";
import type { Trainer } from "../ports/trainer.ts";
import { type Bfv, createBfv } from "../privacy/encrypted/bfv.ts";
import { type ActionResult, reasonOf } from "../rounds/action-runner.ts";
import { createBondBringer } from "../rounds/bring-bond.ts";
import { createCaseJournal } from "../rounds/case-journal.ts";
import { isCaseCall } from "../rounds/case-of.ts";
import { isWorthReserving } from "../rounds/challenge-turn.ts";
import { ownContact } from "../rounds/contact.ts";
import { createCourtClerk, defaultDemandBudgetWei } from "../rounds/court-actions.ts";
import { createDriver } from "../rounds/driver.ts";
import { judgeProposal, type RoundMemory } from "../rounds/judge-proposal.ts";
import { encodeUnmasking, unmaskTopic } from "../rounds/mask-messages.ts";
import { attestationTopic, encodeAttestation } from "../rounds/messages.ts";
import { createModelSource } from "../rounds/model-source.ts";
import { type NodeTimes, nodeTimes } from "../rounds/node-times.ts";
import { openSumProtocol } from "../rounds/open-sum-messages.ts";
import { bytesPatience } from "../rounds/patient-source.ts";
import type { Progress } from "../rounds/progress.ts";
import type { RoleDeps, RoleProcess } from "../rounds/role-process.ts";
import type { RoundEvent } from "../rounds/round-state.ts";
import { sendCall } from "../rounds/send-call.ts";
import { sendCase } from "../rounds/send-case.ts";
import { createShareBundles } from "../rounds/share-bundles.ts";
import { availabilityTopic, commitmentTopic, encodeAvailability, encodeCommitment } from "../rounds/signed-messages.ts";
import { createTaskSealing } from "../rounds/task-sealing.ts";
import { answerOpenSum } from "./answer-open-sum.ts";
import { createCustodyWords } from "./custody-words.ts";
import { createEncryptedActions } from "./encrypted-actions.ts";
import { gatherUpdates } from "./gather-updates.ts";
import { offerUpdate } from "./offer-update.ts";
import {
  type ParticipantAction,
  type ParticipantEvent,
  type ParticipantState,
  participantMachine,
} from "./participant-machine.ts";
import { holdingKey } from "./participant-state.ts";
import { createMaskedPerformer } from "./perform-masked.ts";
import { signAttestation } from "./sign-attestation.ts";
import { signCommitment } from "./sign-commitment.ts";
import { trainLanes, trainUpdate } from "./train-update.ts";

/** What a participant works with; the caller also closes trainer and journal. */
export interface ParticipantDeps extends RoleDeps {
  readonly trainer: Trainer;
  readonly journal: Journal;
  /** Encryption of updates in encrypted tasks (default: SEAL, loaded at its first use). */
  readonly bfv?: Bfv;
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
  /** Commit by own transactions (default), or sign commitments for others to bring to the chain, many in one transaction. */
  readonly commit?: "own" | "batched";
  /** Most ether in demands of the task that did not come back, in wei (default 1 ether; 0: demands nothing). */
  readonly demandBudgetWei?: bigint;
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
  const sealing = deps.keys && createTaskSealing({ ...deps, keys: deps.keys });
  const source = createModelSource({ store, transport, sealing });
  const me = chain.account;
  const cases = createCaseJournal(journal, taskId);
  const clerk = createCourtClerk({
    chain,
    source,
    random,
    log,
    onProgress,
    budgetWei: options.demandBudgetWei ?? defaultDemandBudgetWei,
  });
  const memory: RoundMemory = {};
  const training = { chain, store, source, trainer, journal, clock, random, seed: options.seed ?? 0, onProgress };
  const offering = { me, taskId, chain, transport, clock, log, holdTimeoutMs: times.holdTimeoutMs };
  const bundles = createShareBundles({ store, transport });
  const masked = createMaskedPerformer(
    { ...offering, source, store, bundles, journal, random, keys: deps.keys, onProgress },
    (round, look) => trainLanes(training, round, look),
  );
  const encrypted = createEncryptedActions({
    ...training,
    transport,
    log,
    privateKey: deps.keys?.privateKey,
    bfv: deps.bfv ?? createBfv(),
    republishMs: times.republishMs,
  });
  const custody = createCustodyWords(journal);
  const bringBond = createBondBringer({ chain, log, onProgress }, "participant", ({ freeWei }) => freeWei);
  let sequence = 0;

  const machine = participantMachine(
    me,
    {
      autoEnrol: options.autoEnrol ?? true,
      contact: ownContact(transport, options.encryptionKey),
      patienceS: times.patienceS,
      challenge: options.challenge ?? true,
      commit: options.commit ?? "own",
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
      readonly emit: (event: ParticipantEvent | RoundEvent) => void;
    },
  ): Promise<ActionResult | undefined> {
    const { state, signal, emit } = context;
    const look = { view: state.view!, members: state.members, signal };
    switch (action.kind) {
      case "send": {
        if (!isCaseCall(action.call))
          return await sendCall({ chain, log, onProgress }, action.call, signal, state.view);
        const reserve = isWorthReserving(action.call, { view: state.view!, head: state.head! });
        const { view } = look;
        return await sendCase({ chain, cases, clock, random, log, onProgress }, action.call, { view, reserve, signal });
      }
      case "push":
        return await sendCall({ chain, log, onProgress }, action.call, signal, state.view);
      case "demand":
      case "answer":
        return await clerk.perform(action, look);
      case "deal-key":
      case "open-key":
      case "encrypt":
      case "open-sum":
        return await encrypted.perform(action, look, emit);
      case "train":
        if (look.view.rules.mode === "encrypted")
          return await encrypted.train(action.round, look, emit).then(() => undefined);
        if (look.view.rules.mode === "masked")
          return await masked.train(action.round, look, emit).then(() => undefined);
        emit({ kind: "trained", update: await trainUpdate(training, action.round, look) });
        return;
      case "make-keys":
      case "offer-shares":
      case "get-shares":
      case "mask":
      case "unmask":
        return await masked.perform(action, look, emit);
      case "announce-unmasking": {
        const { unmasking } = action.told;
        return await announce(unmaskTopic, encodeUnmasking({ unmasking, sequence: ++sequence }));
      }
      case "offer": {
        const { round, contentId } = action.update;
        const held = await offerUpdate(offering, action.update, look, async (word) => {
          await custody.keep(word);
          emit({ kind: "offered", contentId });
        });
        onProgress?.({ kind: "held", round, ...held });
        emit({ kind: "answered", contentId });
        return;
      }
      case "bond": {
        const sent = await bringBond(action.bondWei, look);
        emit({ kind: "bonded" });
        return sent;
      }
      case "sign-commitment": {
        const signed = await signCommitment({ chain, journal, taskId }, action.update);
        onProgress?.({ kind: "commitment-signed", round: signed.round });
        emit({ kind: "commitment-signed", signed });
        return;
      }
      case "recall":
        emit({ kind: "recalled", commitment: action.commitment, words: await custody.of(action.commitment) });
        return;
      case "gather":
        await gatherUpdates(source, action, look, emit);
        return;
      case "sign-availability": {
        const { round, slots } = action;
        const word = { taskId, round: round.round, accumulator: round.accumulator, slots, holder: me };
        const signature = await chain.signRecord({ type: "availability", ...word });
        const updates = round.commitments.filter(({ slot }) => ((slots >> BigInt(slot)) & 1n) === 1n).length;
        onProgress?.({ kind: "availability-signed", round: round.round, updates, of: round.commitments.length });
        emit({ kind: "availability-signed", word: { ...word, signature } });
        return;
      }
      case "announce-commitment":
        return await announce(commitmentTopic, encodeCommitment({ signed: action.signed, sequence: ++sequence }));
      case "announce-availability":
        return await announce(availabilityTopic, encodeAvailability({ word: action.word, sequence: ++sequence }));
      case "verify": {
        if (look.view.rules.mode === "encrypted") {
          const opened = state.openedSums.get(holdingKey(action.round));
          return await encrypted.verify(action, { ...look, opened }, emit);
        }
        const again = state.verified.has(action.subject);
        const patience = bytesPatience(clock, look.view.rules);
        const judging = { store, source, log, onProgress, again, memory, patience };
        const judgement = await judgeProposal(judging, action.round, look);
        for (const fault of judgement.faults ?? []) emit({ kind: "fault", fault });
        emit({ kind: "verified", subject: action.subject, ...judgement });
        return judgement.withheld || judgement.missing ? { repeatMs: times.republishMs } : undefined;
      }
      case "sign": {
        const attestation = await signAttestation({ chain, source, trainer, log, onProgress }, action.round, look);
        emit({ kind: "signed", subject: action.subject, attestation });
        return;
      }
      case "publish":
        return await announce(
          attestationTopic,
          encodeAttestation({ attestation: action.attestation, sequence: ++sequence }),
        );
    }
  }

  /** Gossips a message, to be repeated. */
  async function announce(topic: string, message: Uint8Array): Promise<ActionResult> {
    await transport.publish(topic, message);
    return { repeatMs: times.republishMs };
  }

  /** Tells of the record's steps, and of what they mean for this node. */
  function tell(progress: Progress): void {
    onProgress?.(progress);
    if (["round-closed", "finalized", "invalidated"].includes(progress.kind)) forgetSpent();
    const bondWei = weiOfGwei(driver.state().view?.rules.participantBondGwei ?? 0);
    if (bondWei > 0n && progress.kind === "expelled" && hexEquals(progress.participant, me)) {
      onProgress?.({ kind: "bond-lost", role: "participant", round: progress.round, bondWei });
    }
  }

  function forgetSpent(): void {
    const { view } = driver.state();
    if (view === undefined) return;
    masked.forgetSpent(view).catch((error: unknown) => {
      log.warn("The secrets of rounds that are over for this node could not be forgotten", reasonOf(error));
    });
  }

  const driver = createDriver<ParticipantState, ParticipantEvent, ParticipantAction>({
    taskId,
    chain,
    transport,
    clock,
    random,
    log,
    machine,
    perform,
    sealing,
    onProgress: tell,
    linger: options.linger,
  });
  let unrespond: (() => void) | undefined;
  void driver.done.then(() => {
    if (!options.linger) unrespond?.();
  });
  return {
    start() {
      unrespond ??= transport.respond(openSumProtocol, async (message, from) =>
        answerOpenSum(message, from, driver.state()),
      );
      driver.start();
    },
    async stop() {
      unrespond?.();
      await driver.stop();
    },
    done: driver.done,
  };
}

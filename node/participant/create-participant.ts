import type { Bytes32 } from "../core/ids.ts";
import type { Journal } from "../ports/system.ts";
import type { Trainer } from "../ports/trainer.ts";
import { type Bfv, createBfv } from "../privacy/encrypted/bfv.ts";
import { createGatherer } from "../rounds/blobs/gatherer.ts";
import { createModelSource } from "../rounds/blobs/model-source.ts";
import { createShareBundles } from "../rounds/blobs/share-bundles.ts";
import { createTaskSealing } from "../rounds/blobs/task-sealing.ts";
import { createDriver } from "../rounds/machine/driver.ts";
import { createRoleDesk } from "../rounds/machine/role-desk.ts";
import type { RoleDeps, RoleOptions, RoleProcess } from "../rounds/machine/role-process.ts";
import type { Progress } from "../rounds/progress/progress.ts";
import { ownContact } from "../rounds/state/contact.ts";
import { ownLosses } from "../rounds/state/own-losses.ts";
import { nodeTimes } from "../rounds/steps/node-times.ts";
import { isDrawn } from "../rounds/steps/round-queries.ts";
import { openSumProtocol } from "../rounds/words/open-sum-messages.ts";
import { answerOpenSum } from "./encrypted/answer-open-sum.ts";
import { createEncryptedActions } from "./encrypted/encrypted-actions.ts";
import { createMaskedPerformer } from "./masked/perform-masked.ts";
import { createMemorySecret, type SecretFile } from "./masked/share-keys.ts";
import { participantMachine } from "./participant-machine.ts";
import { createParticipantPerformer } from "./perform-participant.ts";
import type { ParticipantAction, ParticipantEvent, ParticipantState } from "./state/participant-state.ts";
import { closedKey } from "./state/trained-update.ts";
import { trainLanes } from "./update/train-update.ts";

/** What a participant works with; the caller also closes trainer and journal. */
export interface ParticipantDeps extends RoleDeps {
  readonly trainer: Trainer;
  readonly journal: Journal;
  /** Encryption of updates in encrypted tasks (default: SEAL, loaded at its first use). */
  readonly bfv?: Bfv | undefined;
  /** Where the keys for shares of masked tasks are (default: in memory, so that a restart loses them). */
  readonly shareKeyFile?: SecretFile | undefined;
}

/** A participant's own settings; what the task fixes comes from the chain. */
export interface ParticipantOptions extends RoleOptions {
  /** Enrol in the task when not enrolled (default true). */
  readonly autoEnrol?: boolean;
  /** Hash of its data statement, for the enrolment. */
  readonly statement?: Bytes32;
  /** Seed of the local trainings, a safe integer from 0 (default 0). */
  readonly seed?: number;
  /**
   * Commit by own transactions (default), or sign commitments for others to bring to the chain, many in one
   * transaction.
   */
  readonly commit?: "own" | "batched";
  /** Train above an accepted round that it could not recompute, once that round's window has passed (default false). */
  readonly trainOnUnchecked?: boolean;
}

/**
 * A participant: registers and enrols, trains and commits when drawn, recomputes every proposal, attests to the right
 * ones, proves the wrong ones, and pushes rounds forward when those before it do not. Nothing happens before `start`.
 */
export function createParticipant(deps: ParticipantDeps, options: ParticipantOptions): RoleProcess {
  const { chain, store, transport, keys, onProgress } = deps;
  const times = nodeTimes(options);
  const me = chain.account;
  const sealing = keys && createTaskSealing({ ...deps, keys });
  const source = createModelSource({ store, transport, sealing, clock: deps.clock });
  const training = { ...deps, source, seed: options.seed ?? 0 };
  const masked = createMaskedPerformer(
    {
      ...deps,
      me,
      source,
      shareKeyFile: deps.shareKeyFile ?? createMemorySecret(),
      bundles: createShareBundles({ store, transport }),
      holdTimeoutMs: times.answerTimeoutMs,
      republishMs: times.republishMs,
    },
    (round, look) => trainLanes(training, round, look),
  );
  const encrypted = createEncryptedActions({ ...training, privateKey: keys?.privateKey, bfv: deps.bfv ?? createBfv() });
  const { statement } = options;
  const desk = createRoleDesk(
    { ...deps, source, times },
    {
      words: { statement, shareKey: () => masked.shareKeyForEnrolment() },
      async judge(round, look) {
        if (look.view.rules.mode !== "encrypted" || round.phase !== "proposed") return undefined;
        if (!isDrawn(look.view, round, me)) return undefined;
        return await encrypted.judge(round, look, driver.state().openedSums.get(closedKey(round)));
      },
    },
  );
  const gather = createGatherer({ ...deps, source, places: 4 });
  const perform = createParticipantPerformer({ ...training, times, desk, masked, encrypted, gather });

  /** Tells of the record's steps, and of what they mean for this node. */
  function tell(progress: Progress): void {
    onProgress?.(progress);
    const state = driver.state();
    for (const loss of ownLosses(progress, state)) onProgress?.(loss);
    const { kind } = progress;
    if (state.view && (kind === "round-closed" || kind === "accepted" || kind === "invalid"))
      masked.forgetSpent(state.view);
  }

  const driver = createDriver<ParticipantState, ParticipantEvent, ParticipantAction>({
    ...deps,
    machine: participantMachine(me, {
      ...times,
      contact: ownContact(deps, options),
      autoEnrol: options.autoEnrol ?? true,
      prove: options.prove ?? true,
      reenter: options.reenter ?? false,
      commit: options.commit ?? "own",
      trainOnUnchecked: options.trainOnUnchecked ?? false,
      measures: deps.measurePublicly !== undefined,
    }),
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

import type { Bytes32 } from "../core/ids.ts";
import { modeOf } from "../core/modes/mode-of.ts";
import type { NoiseLedger } from "../ports/noise.ts";
import type { Journal } from "../ports/system.ts";
import type { Trainer } from "../ports/trainer.ts";
import { type Bfv, createBfv } from "../privacy/encrypted/bfv.ts";
import { createGatherer } from "../rounds/blobs/gatherer.ts";
import { createModelSource } from "../rounds/blobs/model-source.ts";
import { createShareBundles } from "../rounds/blobs/share-bundles.ts";
import { createTaskSealing } from "../rounds/blobs/task-sealing.ts";
import { createDriver } from "../rounds/machine/driver.ts";
import { createRoleDesk } from "../rounds/machine/role-desk.ts";
import { machineOptions, type RoleDeps, type RoleOptions, type RoleProcess } from "../rounds/machine/role-process.ts";
import { nodeTimes } from "../rounds/steps/node-times.ts";
import { isDrawn } from "../rounds/steps/round-queries.ts";
import { openSumAnswers } from "./encrypted/answer-open-sum.ts";
import { createEncryptedActions } from "./encrypted/encrypted-actions.ts";
import { createMaskedPerformer } from "./masked/perform-masked.ts";
import { createMemorySecret, type SecretFile } from "./masked/share-keys.ts";
import { participantMachine } from "./participant-machine.ts";
import { createParticipantPerformers } from "./perform-participant.ts";
import type { ParticipantAction, ParticipantEvent, ParticipantState } from "./state/participant-state.ts";
import { closedKey } from "./state/trained-update.ts";
import { createMemoryLedger } from "./update/memory-ledger.ts";
import type { DataBudget } from "./update/noise-ledger.ts";
import { trainLanes } from "./update/train-update.ts";

/** What a participant works with; the caller also closes trainer and journal. */
export interface ParticipantDeps extends RoleDeps {
  readonly trainer: Trainer;
  readonly journal: Journal;
  /** Where noise is counted, over tasks and federations (default: in memory, and a restart is refused for it). */
  readonly ledger?: NoiseLedger | undefined;
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
  /** What all tasks together may cost the data (default: what this task's specification says). */
  readonly dataBudget?: DataBudget | undefined;
}

/**
 * A participant: registers and enrols, trains and commits when drawn, recomputes every proposal, attests to the right
 * ones, proves the wrong ones, and pushes rounds forward when those before it do not. Nothing happens before `start`.
 */
export function createParticipant(deps: ParticipantDeps, options: ParticipantOptions): RoleProcess {
  const { chain, store, transport, clock, keys } = deps;
  const me = chain.account;
  const times = nodeTimes(options);
  const sealing = keys && createTaskSealing({ ...deps, keys });
  const source = createModelSource({ store, transport, sealing, clock });
  const { dataBudget } = options;
  const training = {
    ...deps,
    source,
    times,
    seed: options.seed ?? 0,
    ledger: deps.ledger ?? createMemoryLedger(),
    dataBudget,
  };
  const masked = createMaskedPerformer(
    {
      ...training,
      me,
      shareKeyFile: deps.shareKeyFile ?? createMemorySecret(),
      bundles: createShareBundles({ store, transport }),
      holdTimeoutMs: times.answerTimeoutMs,
      republishMs: times.republishMs,
    },
    (round, look) => trainLanes(training, round, look),
  );
  const encrypted = createEncryptedActions({ ...training, privateKey: keys?.privateKey, bfv: deps.bfv ?? createBfv() });
  const desk = createRoleDesk<ParticipantState>(training, {
    words: { statement: options.statement, shareKey: () => masked.shareKeyForEnrolment() },
    // who holds the key of an encrypted round opens its sum before it attests
    async judge(round, look, { openedSums }) {
      if (modeOf(look.view.rules).isRecomputable || round.phase !== "proposed") return undefined;
      return isDrawn(look.view, round, me)
        ? await encrypted.judge(round, look, openedSums.get(closedKey(round)))
        : undefined;
    },
  });
  const gather = createGatherer({ ...training, places: 4 });
  return createDriver<ParticipantState, ParticipantEvent, ParticipantAction>({
    ...deps,
    machine: participantMachine(me, {
      ...machineOptions(deps, options),
      autoEnrol: options.autoEnrol ?? true,
      commit: options.commit ?? "own",
      trainOnUnchecked: options.trainOnUnchecked ?? false,
    }),
    performers: createParticipantPerformers({ ...training, desk, masked, encrypted, gather }),
    protocols: [openSumAnswers, ...(sealing ? [sealing] : [])],
    onStep({ kind }, { view }) {
      if (kind === "round-closed" || kind === "accepted" || kind === "invalid") masked.forgetSpent(view);
    },
    linger: options.linger,
  });
}

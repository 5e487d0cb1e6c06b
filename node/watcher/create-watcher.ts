import { chunkCountOf } from "../core/chunk-tree.ts";
import { foldTask } from "../core/fold-task.ts";
import type { Bytes32 } from "../core/ids.ts";
import type { TaskRules } from "../core/records.ts";
import type { Journal } from "../ports/system.ts";
import type { ActionResult } from "../rounds/action-runner.ts";
import { createCaseJournal } from "../rounds/case-journal.ts";
import { isCaseCall } from "../rounds/case-of.ts";
import { isWorthReserving } from "../rounds/challenge-turn.ts";
import { ownContact } from "../rounds/contact.ts";
import { createCourtClerk, defaultDemandBudgetWei } from "../rounds/court-actions.ts";
import { createDriver } from "../rounds/driver.ts";
import { judgeProposal, type RoundMemory } from "../rounds/judge-proposal.ts";
import { createModelSource } from "../rounds/model-source.ts";
import { type NodeTimes, nodeTimes } from "../rounds/node-times.ts";
import { bytesPatience, patientSource } from "../rounds/patient-source.ts";
import type { RoleDeps, RoleProcess } from "../rounds/role-process.ts";
import type { RoundEvent } from "../rounds/round-state.ts";
import { sendCall } from "../rounds/send-call.ts";
import { sendCase } from "../rounds/send-case.ts";
import { settleCase } from "../rounds/settle-case.ts";
import { createTaskSealing } from "../rounds/task-sealing.ts";
import { agreesOnSample } from "./agrees-on-sample.ts";
import { chunksToDraw, type SampleSize, sampleOdds } from "./chunk-sample.ts";
import { type WatcherAction, type WatcherEvent, type WatcherState, watcherMachine } from "./watcher-machine.ts";

/** What a watcher works with; the caller also closes the journal. */
export interface WatcherDeps extends RoleDeps {
  readonly journal: Journal;
}

/** A watcher's own settings; what the task fixes comes from the chain. */
export interface WatcherOptions extends Partial<Pick<NodeTimes, "patienceS" | "republishMs" | "settleBlocks">> {
  /** X25519 public key for the registry, where the account has a role and so a place in it. */
  readonly encryptionKey: Bytes32;
  /** Goes on admitting peers after the task is complete, until stopped (default false). */
  readonly linger?: boolean;
  /** Reserve a challenge before it is sent, so that a copy of it earns nothing (default true). */
  readonly reserve?: boolean;
  /** Most ether in demands of the task that did not come back, in wei (default 1 ether; 0: demands nothing). */
  readonly demandBudgetWei?: bigint;
  /** Recompute only so many random chunks of each proposal; all where absent. What differs there is recomputed whole. */
  readonly sample?: SampleSize;
}

/**
 * A watcher: recomputes every proposal from the round's updates, and sends the proof when one is wrong; what it cannot get, it makes
 * the proposer show on the chain. All it keeps beside chain and blobs are the salts of its reservations, so it may die and
 * restart at any instant. A proof is checked here as the contract checks it, then simulated, and only then sent: what
 * cannot be proven is told, not challenged.
 */
export function createWatcher(deps: WatcherDeps, options: WatcherOptions): RoleProcess {
  const { taskId, chain, store, transport, journal, clock, random, log, onProgress } = deps;
  const { patienceS, republishMs, settleBlocks } = nodeTimes(options);
  const sealing = deps.keys && createTaskSealing({ ...deps, keys: deps.keys });
  const source = createModelSource({ store, transport, sealing });
  const cases = createCaseJournal(journal, taskId);
  const budgetWei = options.demandBudgetWei ?? defaultDemandBudgetWei;
  const clerk = createCourtClerk({ chain, source, random, log, onProgress, budgetWei });
  const memory: RoundMemory = {};
  let sampled = 0;

  async function perform(
    action: WatcherAction,
    context: {
      readonly state: WatcherState;
      readonly signal: AbortSignal;
      readonly emit: (event: WatcherEvent | RoundEvent) => void;
    },
  ): Promise<ActionResult | undefined> {
    const { state, signal, emit } = context;
    const view = state.view!;
    const look = { view, members: state.members, signal };
    switch (action.kind) {
      case "send":
      case "challenge": {
        if (!isCaseCall(action.call)) return await sendCall({ chain, log, onProgress }, action.call, signal, view);
        const reserve = (options.reserve ?? true) && isWorthReserving(action.call, { view, head: state.head! });
        try {
          return await sendCase({ chain, cases, clock, random, log, onProgress }, action.call, {
            view,
            reserve,
            signal,
          });
        } finally {
          emit({ kind: "cases", cases: await cases.all() });
        }
      }
      case "settle": {
        const settlement = await settleCase({ chain, cases }, action.settled, state.head!, signal);
        if (settlement.kind === "held") {
          const { caseHash, round } = action.settled;
          onProgress?.({ ...settlement, kind: "reward-held", round });
          emit({ kind: "held", caseHash, untilS: settlement.untilS });
        } else {
          emit({ kind: "cases", cases: await cases.all() });
          emit({ kind: "earned" });
        }
        return;
      }
      case "demand":
        return await clerk.perform(action, look);
      case "answer": {
        const sent = await clerk.perform(action, look);
        if (sent?.minedInBlock !== undefined) emit({ kind: "earned" });
        return sent;
      }
      case "withdraw": {
        const { creditWei } = await chain.bondOf(chain.account);
        const call = { kind: "withdrawCredit" } as const;
        const sent = creditWei > 0n ? await sendCall({ chain, log, onProgress }, call, signal, view) : undefined;
        if (sent !== undefined) onProgress?.({ kind: "rewarded", amountWei: creditWei, gasUsed: sent.gasUsed });
        emit({ kind: "rewarded", won: action.won });
        return sent;
      }
      case "judge": {
        const { round, subject } = action;
        const startMs = clock.nowMs();
        const again = state.judged.has(subject);
        const patience = bytesPatience(clock, view.rules);
        if (options.sample !== undefined && !again) {
          const size = options.sample;
          const patient = patientSource(source, patience);
          if (await agreesOnSample({ source: patient, random, size }, round, look)) {
            const of = chunkCountOf(view.rules.parameterCount);
            const chunks = chunksToDraw(size, of);
            sampled += 1;
            const durationMs = clock.nowMs() - startMs;
            onProgress?.({ kind: "recomputed", round: round.round, durationMs, sample: { chunks, of } });
            emit({ kind: "judged", subject, judgement: { agrees: true } });
            return;
          }
        }
        const judging = { store, source, log, onProgress, again, memory, patience };
        const judgement = await judgeProposal(judging, round, look);
        if (judgement.agrees) {
          const isSumOnly = view.rules.mode === "encrypted";
          const durationMs = clock.nowMs() - startMs;
          onProgress?.({ kind: "recomputed", round: round.round, durationMs, ...(isSumOnly && { isSumOnly }) });
        }
        for (const fault of judgement.faults ?? []) emit({ kind: "fault", fault });
        emit({ kind: "judged", subject, judgement });
        return judgement.withheld || judgement.missing ? { repeatMs: republishMs } : undefined;
      }
    }
  }

  const driver = createDriver<WatcherState, WatcherEvent, WatcherAction>({
    taskId,
    chain,
    transport,
    clock,
    random,
    log,
    machine: watcherMachine(chain.account, {
      contact: ownContact(transport, options.encryptionKey),
      patienceS,
      settleBlocks,
    }),
    perform,
    sealing,
    onProgress,
    linger: options.linger,
  });
  const tellSampling = (
    state: "starts" | "ended",
    { mode, parameterCount }: Pick<TaskRules, "mode" | "parameterCount">,
  ) => {
    if (options.sample === undefined) return;
    if (mode !== "transparent") {
      if (state === "starts")
        log.warn("Rounds of hidden updates are not sampled: each proposal is recomputed whole", { mode });
      return;
    }
    const odds = sampleOdds(options.sample, chunkCountOf(parameterCount));
    onProgress?.({ kind: "sampling", state, proposals: sampled, ...odds });
  };
  const tellStart = async () => {
    if (options.sample !== undefined) tellSampling("starts", foldTask(await chain.history(taskId)).rules);
  };
  void driver.done.then(() => {
    const { view } = driver.state();
    if (view !== undefined) tellSampling("ended", view.rules);
  });
  return {
    start() {
      driver.start();
      tellStart().catch((error: unknown) =>
        log.warn("Reading the task failed: what sampling may miss is told at the end", { error }),
      );
      cases.all().then(
        (known) => driver.dispatch({ kind: "cases", cases: known }),
        (error: unknown) =>
          log.warn("Reading the journal failed: rewards of earlier runs are not collected", { error }),
      );
    },
    stop: driver.stop,
    done: driver.done,
  };
}

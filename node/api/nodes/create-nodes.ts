import type { Address } from "../../core/ids.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import { parseTaskSpecJson, type TaskSpec } from "../../core/task/task-spec.ts";
import type { Trainer } from "../../ports/index.ts";
import type { Outcome } from "../../rounds/machine/machine.ts";
import { createBondLimit } from "./bond-limit.ts";
import {
  type AggregatorChoices,
  aggregatorPlan,
  type ParticipantChoices,
  participantPlan,
  watcherPlan,
} from "./compose.ts";
import { findNode } from "./find-node.ts";
import { followTasks, type TakeTasks } from "./follow-tasks.ts";
import type { NodeEvents, NodeOptions, NodeSettings, TaskChoices } from "./node-options.ts";
import { createWorkplace, type TaskWork } from "./task-work.ts";

/** The task that a participant is to train in. */
export interface TrainedTask {
  /** What is trained, how, and on data of what shape. */
  readonly spec: TaskSpec;
  readonly view: TaskView;
}

/**
 * How a node's work ended: "final", nothing of the task can be proven wrong any more; "left", the account has left it;
 * "too-late", the task ended before it came; "unpaid", all is done, but it has no ether to take out what it is owed;
 * "stopped", by {@link FederationNode.close}; "failed", the chain is not the one it was (`error`: CHAIN_RESET).
 */
export type NodeOutcome = Outcome;

/** A participant's task: its own choices, and what trains. */
export interface ParticipantTask extends TaskChoices, ParticipantChoices {
  /**
   * Opens what trains on this participant's data, once the task is known; closed with the task. {@link createTrainer}
   * makes one of examples in memory, {@link loadTrainer} of a file.
   */
  readonly trainer: (task: TrainedTask) => Promise<Trainer>;
}

/** An aggregator's task. */
export interface AggregatorTask extends TaskChoices, AggregatorChoices {}

/** A node for any number of tasks. */
export interface MemberNodeOptions extends NodeSettings, NodeEvents {}

/** A participant of one task. */
export interface ParticipantOptions extends MemberNodeOptions, ParticipantTask {}

/** An aggregator of one task. */
export interface AggregatorOptions extends MemberNodeOptions, AggregatorTask {}

/** A watcher of one task. */
export interface WatcherOptions extends NodeOptions, NodeEvents {}

/**
 * A node of an account in a federation, apart from the tasks that it works on: one libp2p host, one registration on the
 * chain, one sender of transactions, one blob store and gateway for all of them. The first task opens them.
 *
 * Each work ends by itself: its failure is no other's. To begin one rejects with NOT_ELIGIBLE, POLICY_REFUSES,
 * BOND_LIMIT, INVITATION_MISMATCH, INVALID_CONFIG, ADDRESS_IN_USE, STORAGE_FAILED, RPC_UNREACHABLE, UNKNOWN_TASK, and
 * as the trainer's opening does; what was opened for it is closed again then.
 */
export interface MemberNode {
  readonly account: Address;
  /** Where auditors get its blobs by HTTP; undefined before the first task, and where that is switched off. */
  readonly gatewayUrl: string | undefined;
  /**
   * Work as a participant: once started it registers, enrols, trains, commits, checks and attests by itself until the
   * task is final. The account needs the role participant, the task's bond and ether for gas. Data stay in this
   * process: what leaves it is the update of each round.
   */
  participate(task: ParticipantTask): Promise<TaskWork>;
  /**
   * Work as an aggregator: once started it joins the task, opens and closes rounds, and computes and proposes the model
   * where it is its turn. The account needs the role aggregator, the task's bond and ether for gas.
   */
  aggregate(task: AggregatorTask): Promise<TaskWork>;
  /**
   * Work as a watcher: once started it recomputes every round, and proves a wrong one wrong on the chain. The account
   * needs no role, only ether for that transaction, which liars' bonds pay back.
   */
  watch(task: TaskChoices): Promise<TaskWork>;
  /** Aggregates in every task that may be taken, those created later too, until the signal aborts. */
  aggregateAll(take: TakeTasks & Omit<AggregatorTask, "taskId" | "onProgress">): Promise<void>;
  /** Watches every task, those created later too, until the signal aborts. */
  watchAll(take: TakeTasks & Omit<TaskChoices, "taskId" | "onProgress">): Promise<void>;
  /** Ends all works, then closes what they share. */
  close(): Promise<void>;
}

/** A node at work on one task. */
export interface FederationNode {
  readonly account: Address;
  /** Where auditors get its blobs by HTTP; undefined where that is switched off. */
  readonly gatewayUrl: string | undefined;
  /** Begins the work. */
  start(): void;
  /** Resolves when the work has ended. Never rejects. */
  readonly done: Promise<NodeOutcome>;
  /** Stops the work, then closes everything below it. May be called again. */
  close(): Promise<void>;
}

/**
 * A node for any number of tasks of one federation. Started again with the same folder each goes on where it was. Close
 * it in the end. Rejects with INVALID_CONFIG, INVALID_INVITATION, RPC_UNREACHABLE, NO_FEDERATION.
 */
export async function createNode(options: MemberNodeOptions): Promise<MemberNode> {
  const found = await findNode(options, options);
  const { chain, log } = found;
  const place = createWorkplace(found, options);
  const bonds = createBondLimit(chain);
  return {
    account: chain.account,
    get gatewayUrl() {
      return place.gatewayUrl();
    },
    participate: (task) => place.begin(task, participantPlan(task, openerOf(task)), true),
    aggregate: (task) => place.begin(task, aggregatorPlan(task, bonds), true),
    watch: (task) => place.begin(task, watcherPlan(task), true),
    aggregateAll: (take) =>
      followTasks({ chain, log }, take, (each) => {
        const task = { ...take, ...each };
        return place.begin(task, aggregatorPlan(task, bonds), false);
      }),
    watchAll: (take) =>
      followTasks({ chain, log }, take, (each) => {
        const task = { ...take, ...each };
        return place.begin(task, watcherPlan(task), false);
      }),
    close: () => place.close(),
  };
}

/** A participant's node for one task: {@link MemberNode.participate} alone. Rejects as it and {@link createNode} do. */
export function createParticipant(options: ParticipantOptions): Promise<FederationNode> {
  return forOneTask(options, (node) => node.participate(options));
}

/** An aggregator's node for one task: {@link MemberNode.aggregate} alone. Rejects as {@link createParticipant} does. */
export function createAggregator(options: AggregatorOptions): Promise<FederationNode> {
  return forOneTask(options, (node) => node.aggregate(options));
}

/** A watcher's node for one task: {@link MemberNode.watch} alone. Rejects as {@link createParticipant} does. */
export function createWatcher(options: WatcherOptions): Promise<FederationNode> {
  return forOneTask(options, (node) => node.watch(options));
}

/** A node and its only work, closed together. */
async function forOneTask(
  options: MemberNodeOptions,
  begin: (node: MemberNode) => Promise<TaskWork>,
): Promise<FederationNode> {
  const node = await createNode(options);
  try {
    const { start, done } = await begin(node);
    return { account: node.account, gatewayUrl: node.gatewayUrl, start, done, close: () => node.close() };
  } catch (error) {
    await node.close();
    throw error;
  }
}

function openerOf({ trainer }: ParticipantTask): (view: TaskView) => Promise<Trainer> {
  return async (view) => trainer({ spec: parseTaskSpecJson(view.spec), view });
}

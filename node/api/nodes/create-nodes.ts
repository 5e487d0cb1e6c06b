import type { Address } from "../../core/ids.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import { parseTaskSpecJson, type TaskSpec } from "../../core/task/task-spec.ts";
import type { Trainer } from "../../ports/index.ts";
import type { Outcome } from "../../rounds/machine/machine.ts";
import {
  type ComposedNode,
  composeAggregator,
  composeParticipant,
  composeWatcher,
  type ParticipantChoices,
} from "./compose.ts";
import type { MemberChoices, NodeEvents, NodeOptions } from "./node-options.ts";

/** The task that a participant is to train in. */
export interface TrainedTask {
  /** What is trained, how, and on data of what shape. */
  readonly spec: TaskSpec;
  readonly view: TaskView;
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
 * How a node's work ended: "final", nothing of the task can be proven wrong any more; "left", the account has left it;
 * "too-late", the task ended before it came; "unpaid", all is done, but it has no ether to take out what it is owed;
 * "stopped", by {@link FederationNode.close}; "failed", the chain is not the one it was (`error`: CHAIN_RESET).
 */
export type NodeOutcome = Outcome;

/** A participant: its node, its own choices, and what trains. */
export interface ParticipantOptions extends NodeOptions, NodeEvents, ParticipantChoices {
  /**
   * Opens what trains on this participant's data, once the task is known; closed with the node. {@link createTrainer}
   * makes one of examples in memory, {@link loadTrainer} of a file.
   */
  readonly trainer: (task: TrainedTask) => Promise<Trainer>;
}

/** An aggregator. */
export interface AggregatorOptions extends NodeOptions, NodeEvents, MemberChoices {}

/** A watcher. */
export interface WatcherOptions extends NodeOptions, NodeEvents {}

/**
 * A participant's node: once started it registers, enrols, trains, commits, checks and attests by itself until the task
 * is final. The account needs the role participant, the task's bond and ether for gas. Data stay in this process: what
 * leaves it is the update of each round.
 *
 * Started again with the same folder it goes on where it was. Close it in the end. Rejects with NOT_ELIGIBLE,
 * INVALID_CONFIG, INVITATION_MISMATCH, ADDRESS_IN_USE, STORAGE_FAILED, RPC_UNREACHABLE, NO_FEDERATION, UNKNOWN_TASK,
 * and as the trainer's opening does; everything that was opened is closed again then.
 */
export async function createParticipant(options: ParticipantOptions): Promise<FederationNode> {
  const openTrainer = async (view: TaskView) => options.trainer({ spec: parseTaskSpecJson(view.spec), view });
  return nodeOf(await composeParticipant(options, options, openTrainer));
}

/**
 * An aggregator's node: once started it joins the task, opens and closes rounds, and computes and proposes the model
 * where it is its turn. The account needs the role aggregator, the task's bond and ether for gas. Rejects as {@link
 * createParticipant} does.
 */
export async function createAggregator(options: AggregatorOptions): Promise<FederationNode> {
  return nodeOf(await composeAggregator(options, options));
}

/**
 * A watcher's node: once started it recomputes every round, and proves a wrong one wrong on the chain. The account
 * needs no role, only ether for that transaction, which liars' bonds pay back. Rejects as {@link createParticipant}
 * does.
 */
export async function createWatcher(options: WatcherOptions): Promise<FederationNode> {
  return nodeOf(await composeWatcher(options, options));
}

function nodeOf({ chain, role, gatewayUrl, close }: ComposedNode): FederationNode {
  return {
    account: chain.account,
    gatewayUrl,
    start: () => role.start(),
    done: role.done,
    close,
  };
}

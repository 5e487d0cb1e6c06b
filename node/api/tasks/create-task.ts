import { chunkTreeRoot } from "../../core/bytes/chunk-tree.ts";
import type { Bytes32, TaskId } from "../../core/ids.ts";
import type { Access, TaskRules } from "../../core/records.ts";
import { initialLanes } from "../../core/task/initial-model.ts";
import { canonicalTaskSpec, parseTaskSpec, type TaskSpec } from "../../core/task/task-spec.ts";
import type { Chain } from "../../ports/index.ts";

/** A task to be created. */
export interface NewTask {
  readonly spec: TaskSpec;
  readonly rules: TaskRules;
  /** How many the first round waits for, where the specification does not say. */
  readonly participants: number;
  /** Time after which the first round opens with fewer, seconds; default a day. */
  readonly startWithinS?: number | undefined;
  /** Who may take part; default whoever has the role. */
  readonly join?: Access | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A task as it was created. */
export interface CreatedTask {
  readonly taskId: TaskId;
  readonly spec: TaskSpec;
  readonly access: Access;
  /** Of the initial model, which follows from the specification. */
  readonly modelRoot: Bytes32;
  readonly gasUsed: number;
}

/**
 * Creates a task, as a task creator: its rules and its specification are fixed on the chain from then on. Rejects with
 * INVALID_TASK_SPEC, TRANSACTION_REVERTED where the rules contradict each other or the account is no task creator,
 * INSUFFICIENT_FUNDS, TRANSACTION_STUCK.
 */
export async function createTask(chain: Chain, task: NewTask): Promise<CreatedTask> {
  const { rules, participants, startWithinS = 86_400, signal } = task;
  const latestS = (await chain.head()).timestampS + startWithinS;
  const spec = parseTaskSpec({ ...task.spec, start: task.spec.start ?? { participants, latestS } });
  const access = task.join ?? { organisations: [], regions: [], clearance: 0 };
  const modelRoot = chunkTreeRoot(initialLanes(spec, rules.fractionBits));
  const call = { kind: "createTask", rules, modelRoot, spec: canonicalTaskSpec(spec), access } as const;
  const { taskId, gasUsed } = await chain.send(call, signal === undefined ? {} : { signal });
  return { taskId: taskId as TaskId, spec, access, modelRoot, gasUsed };
}

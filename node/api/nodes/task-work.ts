import { join } from "node:path";
import type { Finality } from "../../chain/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { TaskId } from "../../core/ids.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import { isSealed } from "../../core/task/blob-length.ts";
import type { Invitation } from "../../core/words/invitation.ts";
import type { Chain } from "../../ports/index.ts";
import type { Outcome } from "../../rounds/machine/machine.ts";
import type { RoleDeps, RoleProcess } from "../../rounds/machine/role-process.ts";
import { createClock, createRandom } from "../../system/index.ts";
import { keepInvitation } from "../invitations/keep-invitation.ts";
import { requireTask } from "../record/open-record.ts";
import { createPublicMeasure } from "../tasks/test-set.ts";
import { createClosing } from "./closing.ts";
import type { FoundNode } from "./find-node.ts";
import type { NodeEvents, TaskChoices } from "./node-options.ts";
import { warnOfOneEndpoint } from "./one-endpoint.ts";
import { type OpenNode, openNode } from "./open-node.ts";

/** A node's work on one task. It ends by itself, and takes no other task's work with it. */
export interface TaskWork {
  readonly taskId: TaskId;
  /** Begins the work. */
  start(): void;
  /** Resolves when the work has ended. Never rejects. */
  readonly done: Promise<Outcome>;
  /** Stops the work, and closes what it alone has. May be called again. */
  close(): Promise<void>;
}

/** What a node knows of a task before it opens anything for it. */
export interface FoundTask {
  readonly chain: Chain;
  readonly view: TaskView;
  readonly finality: Finality;
  readonly invitation: Invitation | undefined;
  /** Called when the work ends, or is not begun after all. */
  onClose(close: () => Promise<unknown>): void;
}

/** What of a task's work is not a port of its role. */
export interface TaskParts {
  /** The task as it was when the work was opened. */
  readonly view: TaskView;
  readonly encryptionKey: `0x${string}`;
  /** Where the node keeps what it has of this task. */
  readonly folder: string;
  /** The base folder that the node's owner named, for what is of no one task or federation. */
  readonly baseFolder: string | undefined;
  /** Whether the work goes on after the task is final. */
  readonly linger: boolean;
  onClose(close: () => Promise<unknown>): void;
}

/** How a role comes to a task. */
export interface RolePlan {
  /** Rejects where the task is none for this account in this role; asked before anything is opened or kept. */
  admit(found: FoundTask): Promise<void>;
  /** Makes the role on everything below it. */
  create(deps: RoleDeps, parts: TaskParts): Promise<RoleProcess>;
}

/** A node's works, on what they share: that is opened with the first of them. */
export interface Workplace {
  /** Where auditors get the node's blobs; undefined before the first work, and where it is switched off. */
  gatewayUrl(): string | undefined;
  /**
   * Opens the work on a task; what it opened alone is closed again when that fails. Rejects with UNKNOWN_TASK,
   * INVITATION_MISMATCH, INVALID_CONFIG for a task that is worked on already, as the plan does, and as openNode does.
   *
   * @param isNamed whether the task was asked for by its number: an invitation that was given must name it then
   */
  begin(choices: TaskChoices, plan: RolePlan, isNamed: boolean): Promise<TaskWork>;
  /** Ends all works, then closes what they share. */
  close(): Promise<void>;
}

/** The works of a node. */
export function createWorkplace(found: FoundNode, events: Pick<NodeEvents, "onReceived">): Workplace {
  const { options, keys, chain, directory, finality, invitation: held } = found;
  const works = new Map<TaskId, () => Promise<void>>();
  /** Whether a task had blobs for members only: they stay in the store when its work has ended. */
  let hasSealed = false;
  let opening: Promise<OpenNode> | undefined;
  let opened: OpenNode | undefined;

  const shared = async (): Promise<OpenNode> => {
    opening ??= openNode(found, events, () => !hasSealed);
    try {
      opened = await opening;
      return opened;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };

  async function open(choices: TaskChoices, plan: RolePlan, task: OpenTask): Promise<TaskWork> {
    const { taskId, isNamed, onClose, close } = task;
    const log = found.log.child({ task: taskId });
    // what it is said to be, and whether it is one for us
    const invitation = await held.of(taskId, isNamed);
    const view = await requireTask({ chain, taskId }, invitation);
    await plan.admit({ chain, view, finality, invitation, onClose });
    warnOfOneEndpoint(options, view, log);
    hasSealed ||= isSealed(view);
    // the node below it
    const { store, transportOf, contact } = await shared();
    if (invitation !== undefined) await keepInvitation(invitation, directory);
    // the role
    const measure = { chain, task: async () => view, store, keep: store.put, values: choices, log };
    const role = await plan.create(
      {
        taskId,
        chain,
        store,
        transport: transportOf(taskId),
        contact,
        clock: createClock(),
        random: createRandom(),
        keys: keys.encryption,
        log,
        ...(choices.onProgress && { onProgress: choices.onProgress }),
        measurePublicly: createPublicMeasure(measure),
        firstHead: view.firstHead,
        ...(invitation && { invitation }),
      },
      {
        view,
        encryptionKey: keys.encryption.publicKey,
        folder: join(directory, `task-${taskId}`),
        baseFolder: options.directory,
        linger: options.linger ?? false,
        onClose,
      },
    );
    onClose(() => role.stop());
    return { taskId, start: () => role.start(), done: role.done, close };
  }

  return {
    gatewayUrl: () => opened?.gatewayUrl,
    async begin(choices, plan, isNamed) {
      const taskId = choices.taskId ?? held.defaultTask();
      if (works.has(taskId)) {
        throw new FedledgerError("INVALID_CONFIG", { name: "--task", reason: `task ${taskId} is named twice` });
      }
      const closing = createClosing(found.log);
      const close = async () => {
        await closing.close();
        if (works.get(taskId) === close) works.delete(taskId);
      };
      works.set(taskId, close);
      try {
        return await open(choices, plan, { taskId, isNamed, onClose: closing.onClose, close });
      } catch (error) {
        await close();
        throw error;
      }
    },
    async close() {
      await Promise.all([...works.values()].map((close) => close()));
      const last = await opening?.catch(() => undefined);
      opening = undefined;
      await last?.close();
    },
  };
}

/** A task whose work is being opened. */
interface OpenTask {
  readonly taskId: TaskId;
  readonly isNamed: boolean;
  readonly onClose: TaskParts["onClose"];
  readonly close: () => Promise<void>;
}

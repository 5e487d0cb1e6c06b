import type { Member } from "../core/records.ts";
import type { TaskView } from "../core/task-view.ts";

/** What whoever reads or writes blobs must know of the task, and until when. */
export interface TaskLook {
  readonly view: TaskView;
  readonly members: readonly Member[];
  readonly signal: AbortSignal;
}

import type { TaskView } from "../../core/record/task-view.ts";
import type { Member } from "../../core/records.ts";

/** What whoever reads or writes blobs must know of the task, and until when. */
export interface TaskLook {
  readonly view: TaskView;
  readonly members: readonly Member[];
  readonly signal: AbortSignal;
}

import type { Bytes32 } from "../core/ids.ts";
import type { StoredTask } from "../core/record/bound-task.ts";
import type { TaskEvent } from "../core/record/task-events.ts";
import type { TaskView } from "../core/record/task-view.ts";

/** A block that decisions may rest on. */
export interface Head {
  readonly number: number;
  readonly hash: Bytes32;
  /** Seconds since 1970, the chain's clock: deadlines are judged by it. */
  readonly timestampS: number;
}

/** A task's record up to one block. */
export interface TaskRecord {
  readonly head: Head;
  readonly view: TaskView;
  /** In chain order, from the creation. */
  readonly events: readonly TaskEvent[];
  /** What the contract stores at the head's block, which the events make; undefined where no endpoint keeps it. */
  readonly stored: StoredTask | undefined;
}

/** Why what endpoints say of a task is not decided on, or how far it is believed. */
export type RecordDoubt =
  | {
      /** Its logs up to this block do not make what the contract stores there: it is asked again, and others are. */
      readonly kind: "endpoint-behind";
      /** Scheme and host. */
      readonly endpoint: string;
      readonly block: number;
      readonly differing: string;
    }
  | {
      /** No endpoint keeps the state of this block: the events behind `provenTo` are believed as they are. */
      readonly kind: "record-unproven";
      readonly block: number;
      /** The last block whose state was compared; undefined where none was. */
      readonly provenTo: number | undefined;
    }
  /** The record is what the contract stores, again. */
  | { readonly kind: "record-fits"; readonly block: number };

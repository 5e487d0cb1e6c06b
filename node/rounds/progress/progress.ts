import type { NodeProgress } from "./node-progress.ts";
import type { RecordProgress } from "./record-progress.ts";

export type { RecordProgress } from "./record-progress.ts";

/** What a node tells whoever watches it: the record's steps, and its own. */
export type Progress = RecordProgress | NodeProgress;

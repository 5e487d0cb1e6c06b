import { hexEquals } from "../../core/bytes/hex.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import { shareKeyWordOf } from "../../rounds/steps/mask-queries.ts";
import { placeOf } from "../../rounds/steps/round-queries.ts";
import type { ParticipantAction, ParticipantState } from "../state/participant-state.ts";

/**
 * What a participant of a masked task does about its key for shares, at any time: reads which ones it has; overwrites
 * those before the one that its newest word on record names; and where that one is lost, or it named none, names a new
 * one by a transaction. It then has no part in the round that runs.
 */
export function dueShareKey(state: ParticipantState, view: TaskView): readonly ParticipantAction[] {
  const { me, shareKeys, shareKeyWord } = state;
  if (modeOf(view.rules).keys !== "each" || placeOf(view, me)?.leaving !== false) return [];
  if (shareKeys === undefined) return [{ kind: "read-share-keys", key: "read-share-keys" }];
  const named = shareKeyWordOf(view, me)?.shareKey;
  const at = shareKeys.findIndex((key) => hexEquals(key, named ?? ""));
  if (named !== undefined && at > 0) return [{ kind: "settle-share-key", key: `settle-share-key:${named}`, named }];
  if (at === 0) return [];
  const newest = shareKeys.at(-1);
  if (shareKeyWord === undefined || newest === undefined || !shareKeyWord.startsWith(newest)) {
    return [{ kind: "sign-share-key", key: `sign-share-key:${named ?? "none"}`, named }];
  }
  const { taskId, firstHead: first } = view;
  const call = { kind: "setShareKey", taskId, first, shareKey: shareKeyWord } as const;
  return [{ kind: "send", key: `set-share-key:${newest}`, call }];
}

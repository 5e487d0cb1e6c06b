import { hexEquals } from "../../core/bytes/hex.ts";
import { itemAt } from "../../core/bytes/items.ts";
import type { Bytes32 } from "../../core/ids.ts";
import { extendHistory, type HistoryEntry } from "../../core/record/history-head.ts";
import type { FindingLog } from "../replay/findings.ts";
import type { Walk } from "./task-record.ts";

/** The heads behind one more entry, of which there is one form, or several where the events disagree. */
export function extendHeads(walk: Walk, ...forms: readonly HistoryEntry[]): void {
  walk.entries.push(itemAt(forms, 0));
  const extended = walk.heads.flatMap((head) => forms.map((entry) => extendHistory(head, entry)));
  walk.heads = [...new Set(extended)];
}

/** Compares the head that an event states with those that the events hash to; from there on either is believed. */
export function stateHead(walk: Walk, log: FindingLog, stated: Bytes32): void {
  if (walk.heads.some((head) => hexEquals(head, stated))) {
    walk.heads = [stated];
    return;
  }
  log.add({
    code: "HISTORY_HEAD_WRONG",
    message: "The events do not hash to the head of the history that was recorded with them.",
    data: { expected: walk.heads[0], actual: stated },
  });
  walk.heads = [itemAt(walk.heads, 0), stated];
}

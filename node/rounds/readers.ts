import { admits } from "../core/access.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address } from "../core/ids.ts";
import type { Member } from "../core/records.ts";
import { accessOf } from "../core/task-spec.ts";
import type { TaskView } from "../core/task-view.ts";

/**
 * Who may read the blobs of a sealed task now: its aggregators and participants that are not leaving; of these, where
 * the specification names attributes for reading, those that have them. Whoever has registered no encryption key is named, too:
 * nothing can be sealed to it yet.
 */
export function readersOf(
  view: Pick<TaskView, "enrolled" | "joined" | "spec">,
  members: readonly Member[],
): readonly Member[] {
  const read = accessOf(view)?.read;
  const staying = new Set(
    [...view.joined, ...view.enrolled].filter(({ leaving }) => !leaving).map(({ account }) => account.toLowerCase()),
  );
  return members.filter(({ account, attributes }) => staying.has(account.toLowerCase()) && admits(read, attributes));
}

/** Whether an account is among the readers. */
export function isReader(account: Address, readers: readonly Member[]): boolean {
  return readers.some((reader) => hexEquals(reader.account, account));
}

import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address } from "../../core/ids.ts";
import type { PlaceView, TaskView } from "../../core/record/task-view.ts";
import type { Member } from "../../core/records.ts";
import { admits } from "../../core/task/access.ts";
import { accessOf } from "../../core/task/task-spec.ts";

/**
 * Who may read the blobs of a sealed task now: its aggregators and participants that are not leaving, as long as they
 * have their role; of these, where the specification names attributes for reading, those that have them. Whoever has
 * registered no encryption key is named, too: nothing can be sealed to it yet.
 */
export function readersOf(
  view: Pick<TaskView, "enrolled" | "joined" | "spec">,
  members: readonly Member[],
): readonly Member[] {
  const read = accessOf(view)?.read;
  const staying = (places: readonly PlaceView[]) =>
    new Set(places.filter(({ leaving }) => !leaving).map(({ account }) => account.toLowerCase()));
  const placed = { aggregator: staying(view.joined), participant: staying(view.enrolled) };
  const hasPlace = ({ account, roles }: Member, role: keyof typeof placed): boolean =>
    roles.includes(role) && placed[role].has(account.toLowerCase());
  return members.filter(
    (member) => (hasPlace(member, "aggregator") || hasPlace(member, "participant")) && admits(read, member.attributes),
  );
}

/** Whether an account is among the readers. */
export function isReader(account: Address, readers: readonly Member[]): boolean {
  return readers.some((reader) => hexEquals(reader.account, account));
}

import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address } from "../../core/ids.ts";
import type { PlaceView, TaskView } from "../../core/record/task-view.ts";
import type { Member } from "../../core/records.ts";
import { admits } from "../../core/task/access.ts";
import { accessOf } from "../../core/task/task-spec.ts";
import { type Invitation, isGranted } from "../../core/words/invitation.ts";
import type { GrantedRole } from "../../core/words/role-grants.ts";
import type { ChainReader } from "../../ports/chain.ts";

/** Whether a member may read by its role: what an endpoint says of roles is held against the admin's grants. */
export type TrustsReader = (member: Member, role: GrantedRole) => boolean;

/**
 * By an invitation, those who show its grant of that very role; without one, everybody: who is a reader then rests on
 * the endpoint's word. Signatures are recovered once for each member as it was listed.
 */
export function readerTrust(
  invitation: Invitation | undefined,
  recoverSigner: ChainReader["recoverSigner"],
): TrustsReader {
  if (invitation === undefined) return () => true;
  const known = new WeakMap<Member, Map<GrantedRole, boolean>>();
  return (member, role) => {
    const roles = known.get(member) ?? new Map<GrantedRole, boolean>();
    const isTrusted = roles.get(role) ?? isGranted(invitation, member, role, recoverSigner);
    known.set(member, roles.set(role, isTrusted));
    return isTrusted;
  };
}

/**
 * Who may read the blobs of a sealed task now: its aggregators and participants that are not leaving, as long as they
 * have their role, and are trusted in it; of these, where the specification names attributes for reading, those that
 * have them. Whoever has registered no encryption key is named, too: nothing can be sealed to it yet.
 */
export function readersOf(
  view: Pick<TaskView, "enrolled" | "joined" | "spec">,
  members: readonly Member[],
  isTrusted: TrustsReader = () => true,
): readonly Member[] {
  const read = accessOf(view)?.read;
  const staying = (places: readonly PlaceView[]) =>
    new Set(places.filter(({ leaving }) => !leaving).map(({ account }) => account.toLowerCase()));
  const placed = { aggregator: staying(view.joined), participant: staying(view.enrolled) };
  const hasPlace = (member: Member, role: GrantedRole): boolean =>
    member.roles.includes(role) && placed[role].has(member.account.toLowerCase()) && isTrusted(member, role);
  return members.filter(
    (member) => (hasPlace(member, "aggregator") || hasPlace(member, "participant")) && admits(read, member.attributes),
  );
}

/** Whether an account is among the readers. */
export function isReader(account: Address, readers: readonly Member[]): boolean {
  return readers.some((reader) => hexEquals(reader.account, account));
}

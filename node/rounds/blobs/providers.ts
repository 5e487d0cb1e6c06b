import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address, PeerIdText } from "../../core/ids.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import type { Member } from "../../core/records.ts";

/**
 * Everybody who may have a blob of the task, best first: its owner, the task's aggregators, then its participants;
 * within that order, connected ones come first. This node itself is left out.
 */
export function providersOf(
  blob: { readonly owner?: Address },
  view: Pick<TaskView, "enrolled" | "joined">,
  members: readonly Member[],
  transport: { readonly peerId: PeerIdText; connected(): readonly PeerIdText[] },
): readonly PeerIdText[] {
  const { owner } = blob;
  const accountsOf = (places: readonly { readonly account: Address }[]) =>
    new Set(places.map(({ account }) => account.toLowerCase()));
  const enrolled = accountsOf(view.enrolled);
  const joined = accountsOf(view.joined);
  const rank = ({ account }: Member): number => {
    if (owner !== undefined && hexEquals(account, owner)) return 0;
    if (joined.has(account.toLowerCase())) return 1;
    return enrolled.has(account.toLowerCase()) ? 2 : 3;
  };
  const connected = new Set(transport.connected());
  return members
    .flatMap((member) => (member.contact === undefined ? [] : [{ peerId: member.contact.peerId, rank: rank(member) }]))
    .filter(({ peerId, rank: at }) => at < 3 && peerId !== transport.peerId)
    .map((peer) => ({ ...peer, away: connected.has(peer.peerId) ? 0 : 1 }))
    .sort((a, b) => a.away - b.away || a.rank - b.rank)
    .map(({ peerId }) => peerId);
}

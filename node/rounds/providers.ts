import { hexEquals } from "../core/hex.ts";
import type { Address, PeerIdText } from "../core/ids.ts";
import type { Member } from "../core/records.ts";
import type { TaskView } from "../core/task-view.ts";

/**
 * Peers that may have a blob of the task, best first: its owner, the aggregators, then the task's other participants;
 * within that order, connected ones come first. This node itself is left out.
 */
export function providersOf(
  blob: { readonly owner?: Address },
  view: Pick<TaskView, "enrolled">,
  members: readonly Member[],
  transport: { readonly peerId: PeerIdText; connected(): readonly PeerIdText[] },
): readonly PeerIdText[] {
  const { owner } = blob;
  const enrolled = new Set(view.enrolled.map(({ participant }) => participant.toLowerCase()));
  const rank = ({ account, roles }: Member): number => {
    if (owner !== undefined && hexEquals(account, owner)) return 0;
    if (roles.includes("aggregator")) return 1;
    return enrolled.has(account.toLowerCase()) ? 2 : 3;
  };
  const connected = new Set(transport.connected());
  return members
    .filter((member) => member.contact !== undefined && member.roles.length > 0 && rank(member) < 3)
    .map((member) => ({ peerId: member.contact!.peerId, rank: rank(member) }))
    .filter(({ peerId }) => peerId !== transport.peerId)
    .map((peer) => ({ ...peer, away: connected.has(peer.peerId) ? 0 : 1 }))
    .sort((a, b) => a.away - b.away || a.rank - b.rank)
    .map(({ peerId }) => peerId);
}

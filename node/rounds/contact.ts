import { hexEquals } from "../core/hex.ts";
import type { Address, Bytes32 } from "../core/ids.ts";
import type { Member } from "../core/records.ts";
import type { ChainCall } from "../ports/chain.ts";
import type { Transport } from "../ports/transport.ts";

/** How others reach this node. */
export type OwnContact = NonNullable<Member["contact"]>;

/** This node's contact as it should stand in the registry. */
export function ownContact(transport: Transport, encryptionKey: Bytes32): OwnContact {
  return { peerId: transport.peerId, encryptionKey, multiaddrs: transport.multiaddrs() };
}

/** The call that enters the contact; undefined when the registry shows it, or does not list the account with any role yet. */
export function dueRegistration(
  me: Address,
  contact: OwnContact,
  members: readonly Member[],
): Extract<ChainCall, { kind: "register" }> | undefined {
  const member = members.find(({ account }) => hexEquals(account, me));
  if (member === undefined || member.roles.length === 0) return undefined;
  const listed = member.contact;
  const same =
    listed !== undefined &&
    listed.peerId === contact.peerId &&
    hexEquals(listed.encryptionKey, contact.encryptionKey) &&
    listed.multiaddrs.join("\n") === contact.multiaddrs.join("\n");
  return same ? undefined : { kind: "register", ...contact };
}

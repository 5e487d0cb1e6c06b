import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address, Bytes32 } from "../../core/ids.ts";
import type { Member } from "../../core/records.ts";
import { grantFor, type Invitation } from "../../core/words/invitation.ts";
import type { Chain, ChainCall } from "../../ports/chain.ts";
import type { Transport } from "../../ports/transport.ts";

/** How others reach this node. */
export type OwnContact = NonNullable<Member["contact"]>;

/** This node's contact as it should stand in the registry, with the grant of its invitation where it has one. */
export function ownContact(
  {
    chain,
    transport,
    invitation,
  }: {
    readonly chain: Pick<Chain, "account">;
    readonly transport: Pick<Transport, "peerId" | "multiaddrs">;
    readonly invitation?: Invitation | undefined;
  },
  { encryptionKey }: { readonly encryptionKey: Bytes32 },
): OwnContact {
  const grant = invitation && grantFor(invitation, chain.account);
  return { peerId: transport.peerId, encryptionKey, multiaddrs: transport.multiaddrs(), ...(grant && { grant }) };
}

/**
 * The call that enters the contact; undefined when the registry shows it, or does not list the account with any role
 * yet.
 */
export function dueRegistration(
  me: Address,
  contact: OwnContact,
  members: readonly Member[],
): Extract<ChainCall, { kind: "register" }> | undefined {
  const member = members.find(({ account }) => hexEquals(account, me));
  if (member === undefined || member.roles.length === 0) return undefined;
  return isListed(me, contact, members) ? undefined : { kind: "register", ...contact };
}

/** Whether the registry shows the account with this contact. */
export function isListed(me: Address, contact: OwnContact, members: readonly Member[]): boolean {
  const listed = members.find(({ account }) => hexEquals(account, me))?.contact;
  return (
    listed !== undefined &&
    listed.peerId === contact.peerId &&
    hexEquals(listed.encryptionKey, contact.encryptionKey) &&
    listed.multiaddrs.join("\n") === contact.multiaddrs.join("\n") &&
    // a grant that somebody else brought stays
    (contact.grant === undefined || hexEquals(listed.grant ?? "0x", contact.grant))
  );
}

/** What a node knows of its own contact. */
export interface ContactState {
  readonly me: Address;
  readonly options: { readonly contact: OwnContact };
  readonly members: readonly Member[];
  /** What the registry showed of the account at the first look, in the place of this node's contact. */
  readonly former?: OwnContact | undefined;
  /** This node's contact is on the record at this head: it was seen there, or written there and mined. */
  readonly wasWritten: boolean;
}

/** What the registry shows of an account. */
export function contactShown(me: Address, members: readonly Member[]): OwnContact | undefined {
  return members.find(({ account }) => hexEquals(account, me))?.contact;
}

/**
 * The contact in the registry that this node did not write, and that came behind its own: another node of the account
 * did. Undefined where there is none; a reorganisation may show the former one again.
 */
export function replacement({ me, options, members, former, wasWritten }: ContactState): OwnContact | undefined {
  const shown = contactShown(me, members);
  if (!wasWritten || shown === undefined || isListed(me, options.contact, members)) return undefined;
  const isFormer = former !== undefined && sameContact(shown, former);
  return isFormer ? undefined : shown;
}

function sameContact(a: OwnContact, b: OwnContact): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

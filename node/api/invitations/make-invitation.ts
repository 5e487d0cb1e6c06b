import { attestationDomain } from "../../chain/contracts/attestation-digest.ts";
import { typedRecord } from "../../chain/contracts/signed-records.ts";
import { accountOf, createSigner } from "../../chain/index.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Hex, TaskId } from "../../core/ids.ts";
import { rulesHash } from "../../core/words/commitment.ts";
import {
  checkInvitation,
  formatInvitation,
  grantKeyOf,
  type Invitation,
  parseInvitation,
  specHashOf,
} from "../../core/words/invitation.ts";
import { decodeGrant, type GrantedRole, isGrantBy } from "../../core/words/role-grants.ts";
import type { ChainReader, SignedRecord } from "../../ports/index.ts";
import { type EndpointOptions, logOf, urlsOf } from "../record/open-federation.ts";

/** Who is granted what. */
export interface Invited {
  readonly account: Address;
  readonly role: GrantedRole;
}

/** What an invitation is made of. */
export interface InvitationOptions extends EndpointOptions {
  /** The record as the admin's own endpoint shows it, and the admin's account. */
  readonly chain: ChainReader & { readonly account: Address };
  readonly tasks: readonly TaskId[];
  /** Private key of the grant key. */
  readonly grantKey: string;
  /** Who is granted a part, beside those whom the invitation before granted one. */
  readonly members: readonly Invited[];
  /** The invitation before this one. */
  readonly from?: Invitation | undefined;
  /** Begin a new epoch: grants of before count no more, and only `members` have one. */
  readonly revoke?: boolean | undefined;
  /** Private key of the grant key's successor, which signs from now on. */
  readonly successor?: string | undefined;
}

/**
 * An invitation: chain, federation, codes and tasks as they are now, and the grants, signed. Its endpoints are a hint
 * for members: those that {@link isPublicUrl} lets others know. Rejects with NOT_ADMIN, INVALID_INVITATION where its
 * epoch would be beyond 2^32 - 1, INVALID_CONFIG for a grant key that is not the one of the invitation before,
 * UNKNOWN_TASK, INVITATION_MISMATCH where that one is of another federation, and as chain readers do.
 */
export async function makeInvitation(options: InvitationOptions): Promise<Invitation> {
  const { chain, from, revoke = false, successor } = options;
  const urls = urlsOf(options);
  const log = logOf(options);
  const { chainId, federation } = chain;
  await requireAdmin(options);
  if (from !== undefined) checkInvitation(from, chain);
  const keys = from?.grantKeys ?? [{ key: accountOf(options.grantKey) }];
  const newest = grantKeyOf({ grantKeys: keys });
  if (!hexEquals(newest, accountOf(options.grantKey))) {
    const reason = `the invitation before has the grant key ${newest}`;
    throw new FedledgerError("INVALID_CONFIG", { name: "--grant-key", reason });
  }
  const sign = async (privateKey: string, record: SignedRecord): Promise<Hex> => {
    const { types, value } = typedRecord(record);
    return (await createSigner(privateKey).signTypedData(attestationDomain(chainId, federation), types, value)) as Hex;
  };
  const followed = successor && {
    key: accountOf(successor),
    signature: await sign(options.grantKey, { type: "grant-key", successor: accountOf(successor) }),
  };
  const epoch = (from?.epoch ?? 1) + (revoke ? 1 : 0);
  const members = merged(revoke ? [] : (from?.grants ?? []), options.members);
  const grants = members.map(async ({ account, role }) => ({
    account,
    role,
    signature: await sign(successor ?? options.grantKey, { type: "role-grant", account, role, epoch }),
  }));
  const invitation: Invitation = {
    format: "fedledger/invitation/1",
    chainId,
    federation,
    codeHashes: (await chain.codes()).hashes,
    admin: chain.account,
    grantKeys: [...keys, ...(followed ? [followed] : [])],
    epoch,
    grants: await Promise.all(grants),
    tasks: await Promise.all(tasksOf(options).map((taskId) => invitedTask(chain, taskId))),
    rpc: urls.filter(isPublicUrl),
  };
  log.debug("An invitation was made", { grants: grants.length, epoch, grantKey: grantKeyOf(invitation) });
  // what a member could not read is made for nobody
  return parseInvitation(formatInvitation(invitation));
}

/** Whether an endpoint may be named to others: it has no user, password, query or key in it. */
function isPublicUrl(url: string): boolean {
  const { username, password, search, hash, pathname } = new URL(url);
  // providers put a member's key into the path: a long word of letters and digits
  return username + password + search + hash === "" && !/[\w-]{20}/.test(pathname);
}

/** Throws NOT_ADMIN unless the account is an admin, and INVALID_CONFIG where the key's grants are of later epochs. */
async function requireAdmin({ chain, from, grantKey }: InvitationOptions): Promise<void> {
  const members = await chain.members();
  const isAdmin = members.some(({ account, roles }) => hexEquals(account, chain.account) && roles.includes("admin"));
  if (!isAdmin) throw new FedledgerError("NOT_ADMIN", { account: chain.account, federation: chain.federation });
  if (from !== undefined) return;
  const epochs = members.flatMap(({ account, contact }) => {
    const grant = contact?.grant && decodeGrant(contact.grant, account);
    return grant && isGrantBy(accountOf(grantKey), grant, chain.recoverSigner) ? [grant.epoch] : [];
  });
  const latest = Math.max(1, ...epochs);
  if (latest === 1) return;
  const reason = `members have grants of epoch ${latest} by this key: a new invitation begins with the one before it`;
  throw new FedledgerError("INVALID_CONFIG", { name: "--from", reason });
}

function tasksOf({ tasks, from }: InvitationOptions): readonly TaskId[] {
  return [...new Set([...(from?.tasks ?? []).map(({ taskId }) => taskId), ...tasks])].sort((a, b) => a - b);
}

async function invitedTask(chain: ChainReader, taskId: TaskId): Promise<Invitation["tasks"][number]> {
  const { rules, spec } = (await chain.record(taskId)).view;
  return { taskId, rulesHash: rulesHash(rules), specHash: specHashOf(spec) };
}

/** Each account and role once. */
function merged(...lists: readonly (readonly Invited[])[]): readonly Invited[] {
  const all = lists.flat().map(({ account, role }) => [`${account.toLowerCase()}:${role}`, { account, role }] as const);
  return [...new Map(all).values()];
}

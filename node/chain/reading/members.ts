import { getAddress, type Interface, type Result } from "ethers";
import { peerIdFromHex } from "../../core/bytes/peer-id-text.ts";
import { wordText } from "../../core/bytes/word-text.ts";
import type { Address, Bytes32, Hex } from "../../core/ids.ts";
import type { AttributeChange, Attributes, Member, Role } from "../../core/records.ts";
import { roleOfId } from "../../core/task/enum-codes.ts";
import type { ChainReader } from "../../ports/index.ts";
import type { LinkedHead } from "../rpc/head-watch.ts";
import type { LogFeed, LogStep } from "../rpc/log-feed.ts";
import type { RawLog } from "../rpc/log-ranges.ts";

/** Names of the contract events that say who is a member. */
export const memberEventNames = ["MemberRegistered", "RoleGranted", "RoleRevoked", "AttributesSet"] as const;

/**
 * The members that these logs, in chain order, leave: whoever holds a role, in the order of first appearance.
 * Who holds none is no member, registered or not.
 */
export function foldMembers(contract: Interface, logs: readonly RawLog[]): readonly Member[] {
  const roles = new Map<Address, Set<Role>>();
  const contacts = new Map<Address, Member["contact"]>();
  const attributes = new Map<Address, Attributes>();
  const rolesOf = (account: Address) => {
    const held = roles.get(account) ?? new Set();
    roles.set(account, held);
    return held;
  };
  for (const log of logs) {
    const event = contract.parseLog(log);
    if (event?.name === "MemberRegistered") {
      const account = getAddress(event.args.member) as Address;
      rolesOf(account);
      const grant = event.args.grant.toLowerCase() as Hex;
      contacts.set(account, {
        peerId: peerIdFromHex(event.args.peerId),
        encryptionKey: event.args.encryptionKey.toLowerCase() as Bytes32,
        multiaddrs: linesOf(event.args),
        ...(grant === "0x" ? {} : { grant }),
      });
      continue;
    }
    if (event?.name === "AttributesSet") {
      attributes.set(getAddress(event.args.account) as Address, attributesOf(event.args.attributes));
      continue;
    }
    const role = event && roleOfId(event.args.role);
    if (!role) continue;
    const held = rolesOf(getAddress(event.args.account) as Address);
    if (event.name === "RoleGranted") held.add(role);
    else held.delete(role);
  }
  return [...roles].flatMap(([account, held]) => {
    const contact = contacts.get(account);
    const said = attributes.get(account);
    const more = { ...(said && { attributes: said }), ...(contact && { contact }) };
    return held.size === 0 ? [] : [{ account, roles: [...held], ...more }];
  });
}

/** A member's addresses, one a line; none where it registered what is no text: the contract takes any bytes. */
function linesOf(args: Result): readonly string[] {
  try {
    return String(args.multiaddrs).split("\n").filter(Boolean);
  } catch {
    return [];
  }
}

function attributesOf({ organisation, region, clearance }: Result): Attributes {
  return { organisation: wordText(organisation), region: wordText(region), clearance: Number(clearance) };
}

/** What these logs, in chain order, say that admins set of accounts. */
export function foldAttributes(contract: Interface, logs: readonly RawLog[]): readonly AttributeChange[] {
  return logs.flatMap((log) => {
    const event = contract.parseLog(log);
    if (event?.name !== "AttributesSet") return [];
    const account = getAddress(event.args.account) as Address;
    const attributes = attributesOf(event.args.attributes);
    return [{ account, attributes, blockNumber: Number(log.blockNumber), logIndex: Number(log.logIndex) }];
  });
}

/** ChainReader.members and attributeChanges: each look reads on from the last one; looks wait for each other. */
export function createMemberReader(
  contract: Interface,
  newFeed: () => Promise<LogFeed>,
  readNewestHead: () => Promise<LinkedHead>,
): Pick<ChainReader, "members" | "attributeChanges"> {
  let feed: LogFeed | undefined;
  let logs: RawLog[] = [];
  let looked = false;
  let queue: Promise<unknown> = Promise.resolve();
  const read = <T>(fold: (contract: Interface, logs: readonly RawLog[]) => T): Promise<T> => {
    const look = queue.then(async () => {
      feed ??= await newFeed();
      // Only the first look must bring something; later ones may find nothing new.
      for (let step: LogStep | undefined; !step; ) {
        step = await feed.advance(await readNewestHead());
        if (step?.reset) logs = [];
        if (step) logs.push(...step.logs);
        if (looked) break;
      }
      looked = true;
      return fold(contract, logs);
    });
    queue = look.catch(() => {});
    return look;
  };
  return { members: () => read(foldMembers), attributeChanges: () => read(foldAttributes) };
}

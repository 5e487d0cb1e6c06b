import { getAddress, type Interface, type LogDescription, type Result } from "ethers";
import { peerIdFromHex } from "../../core/bytes/peer-id-text.ts";
import { wordText } from "../../core/bytes/word-text.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32, Hex } from "../../core/ids.ts";
import type { AttributeChange, Attributes, Member, Role } from "../../core/records.ts";
import { roleOfId } from "../../core/task/enum-codes.ts";
import type { ChainReader, Clock } from "../../ports/index.ts";
import type { LinkedHead } from "../rpc/head-watch.ts";
import type { LogFeed } from "../rpc/log-feed.ts";
import type { RawLog } from "../rpc/log-ranges.ts";
import { untilSettled } from "../rpc/settled.ts";
import { parseLog } from "./parse-log.ts";

/** Names of the contract events that say who is a member. */
export const memberEventNames = ["MemberRegistered", "RoleGranted", "RoleRevoked", "AttributesSet"] as const;

/**
 * The members that these logs, in chain order, leave: whoever holds a role, in the order of first appearance.
 * Who holds none is no member, registered or not.
 */
function foldMembers(contract: Interface, logs: readonly RawLog[]): readonly Member[] {
  const roles = new Map<Address, Set<Role>>();
  const contacts = new Map<Address, Member["contact"]>();
  const attributes = new Map<Address, Attributes>();
  const rolesOf = (account: Address) => {
    const held = roles.get(account) ?? new Set();
    roles.set(account, held);
    return held;
  };
  const take = ({ name, args }: LogDescription): void => {
    if (name === "MemberRegistered") {
      const account = getAddress(args.member) as Address;
      rolesOf(account);
      contacts.set(account, contactOf(args));
    } else if (name === "AttributesSet") {
      attributes.set(getAddress(args.account) as Address, attributesOf(args.attributes));
    } else {
      const role = roleOfId(args.role);
      if (role === undefined) return;
      const held = rolesOf(getAddress(args.account) as Address);
      if (name === "RoleGranted") held.add(role);
      else held.delete(role);
    }
  };
  for (const log of logs) parseLog(contract, log, take);
  return [...roles].flatMap(([account, held]) => {
    const contact = contacts.get(account);
    const said = attributes.get(account);
    const more = { ...(said && { attributes: said }), ...(contact && { contact }) };
    return held.size === 0 ? [] : [{ account, roles: [...held], ...more }];
  });
}

function contactOf(args: Result): Member["contact"] {
  const grant = args.grant.toLowerCase() as Hex;
  return {
    peerId: peerIdFromHex(args.peerId),
    encryptionKey: args.encryptionKey.toLowerCase() as Bytes32,
    multiaddrs: linesOf(args),
    ...(grant === "0x" ? {} : { grant }),
  };
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
function foldAttributes(contract: Interface, logs: readonly RawLog[]): readonly AttributeChange[] {
  return logs.flatMap((log) => {
    const change = parseLog(contract, log, ({ name, args }): AttributeChange | undefined => {
      if (name !== "AttributesSet") return undefined;
      const account = getAddress(args.account) as Address;
      const attributes = attributesOf(args.attributes);
      return { account, attributes, blockNumber: Number(log.blockNumber), logIndex: Number(log.logIndex) };
    });
    return change ?? [];
  });
}

/** ChainReader.members, attributeChanges, origin: each look reads on from the last one; looks wait for each other. */
export function createMemberReader(
  contract: Interface,
  newFeed: () => Promise<LogFeed>,
  readNewestHead: () => Promise<LinkedHead>,
  times: { readonly clock: Clock; readonly pauseMs: number },
): Pick<ChainReader, "members" | "attributeChanges" | "origin"> {
  let feed: LogFeed | undefined;
  let logs: RawLog[] = [];
  let queue: Promise<unknown> = Promise.resolve();
  const read = <T>(fold: (contract: Interface, logs: readonly RawLog[]) => T): Promise<T> => {
    const look = queue.then(async () => {
      feed ??= await newFeed();
      const reader = feed;
      const advance = async () => {
        const step = await reader.read(await readNewestHead(), "on");
        return step === "turned" ? undefined : step;
      };
      const step = await untilSettled(advance, times);
      if (typeof step !== "string") {
        if (step.reset) logs = [];
        logs.push(...step.logs);
        step.keep();
      }
      return fold(contract, logs);
    });
    queue = look.catch(() => {});
    return look;
  };
  return {
    members: () => read(foldMembers),
    attributeChanges: () => read(foldAttributes),
    // the constructor gives the admin its role: there is a first event
    origin: () => read((_, [first]) => blockOf(first)),
  };
}

function blockOf(first: RawLog | undefined): Bytes32 {
  if (first !== undefined) return first.blockHash;
  const reason = "the federation's first event is not there";
  throw new FedledgerError("INVALID_HISTORY", { name: "RoleGranted", round: 0, reason });
}

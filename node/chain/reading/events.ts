import type { Interface, Result } from "ethers";
import type { EventPosition, TaskEvent } from "../../core/record/task-events.ts";
import { proofKindCodes, reasonCodes } from "../../core/task/enum-codes.ts";
import type { RawLog } from "../rpc/log-ranges.ts";
import { accessOf, fieldsOf, proposalOf, rulesOf, textOf, wholeSignature } from "./event-fields.ts";
import { parseLog } from "./parse-log.ts";

type WithoutPosition<Event> = Event extends unknown ? Omit<Event, keyof EventPosition | "taskId"> : never;
type Body = WithoutPosition<TaskEvent>;

/** What each event says, from its arguments; of the task and, where it has one, the round is read beside it. */
const bodies: { readonly [Name in TaskEvent["name"]]: (args: Result, round: number) => Extract<Body, { name: Name }> } =
  {
    TaskCreated: (args) => {
      const { account, bytes32 } = fieldsOf(args);
      const [rules, access, spec] = [rulesOf(args.rules), accessOf(args.access), textOf(args.spec)];
      const roots = { modelRoot: bytes32("modelRoot"), historyHead: bytes32("historyHead") };
      return { name: "TaskCreated", creator: account("creator"), rules, access, spec, ...roots };
    },
    Enrolled: (args) => {
      const { account, number, bytes32 } = fieldsOf(args);
      const who = { participant: account("participant"), index: number("index") };
      const hashes = { statement: bytes32("statement"), attributesHash: bytes32("attributesHash") };
      return { name: "Enrolled", ...who, ...hashes };
    },
    Joined: (args) => {
      const { account, number, bytes32 } = fieldsOf(args);
      const who = { aggregator: account("aggregator"), index: number("index") };
      return { name: "Joined", ...who, attributesHash: bytes32("attributesHash") };
    },
    Leaving: (args) => ({ name: "Leaving", account: fieldsOf(args).account("account") }),
    Left: (args) => ({ name: "Left", account: fieldsOf(args).account("account") }),
    Resumed: (args) => ({ name: "Resumed", aggregator: fieldsOf(args).account("aggregator") }),
    ShareKeySet: (args) => {
      const { account, bytes } = fieldsOf(args);
      return { name: "ShareKeySet", participant: account("participant"), shareKey: bytes("shareKey") };
    },
    Recorded: (args) => {
      const { account, number, bytes32 } = fieldsOf(args);
      return { name: "Recorded", author: account("author"), kind: number("kind"), hash: bytes32("hash") };
    },
    RoundOpened: (args, round) => {
      const { number, bytes32 } = fieldsOf(args);
      return {
        name: "RoundOpened",
        round,
        baseModelRoot: bytes32("baseModelRoot"),
        enrolled: number("enrolled"),
        drawn: number("drawn"),
        aggregators: number("aggregators"),
        drawBlock: number("drawBlock"),
        commitDeadlineS: number("commitDeadline"),
        start: bytes32("start"),
      };
    },
    RoundDrawn: (args, round) => {
      const { number, bigint, bytes32 } = fieldsOf(args);
      const windows = { commitDeadlineS: number("commitDeadline"), start: bytes32("start") };
      return { name: "RoundDrawn", round, seed: bigint("seed"), ...windows };
    },
    Advertised: (args, round) => {
      const { account, number, bytes32 } = fieldsOf(args);
      return {
        name: "Advertised",
        round,
        participant: account("participant"),
        slot: number("slot"),
        maskKey: bytes32("maskKey"),
        seedHash: bytes32("seedHash"),
        sharesId: bytes32("sharesId"),
        shareKey: bytes32("shareKey"),
        signature: wholeSignature(args.r, args.vs),
      };
    },
    Committed: (args, round) => {
      const { account, number, bytes32 } = fieldsOf(args);
      return {
        name: "Committed",
        round,
        participant: account("participant"),
        slot: number("slot"),
        weight: number("weight"),
        updateRoot: bytes32("updateRoot"),
        contentId: bytes32("contentId"),
      };
    },
    RoundClosed: (args, round) => {
      const { bigint, bytes32 } = fieldsOf(args);
      const sums = { committed: bigint("committed"), totalWeight: bigint("totalWeight") };
      return { name: "RoundClosed", round, ...sums, accumulator: bytes32("accumulator") };
    },
    AggregatorAssigned: (args, round) => {
      const { account, number } = fieldsOf(args);
      return {
        name: "AggregatorAssigned",
        round,
        attempt: number("attempt"),
        aggregator: account("aggregator"),
        place: number("place"),
        count: number("count"),
        deadlineS: number("deadline"),
      };
    },
    Proposed: (args, round) => {
      const { number, bytes32, bytes } = fieldsOf(args);
      const [accumulator, proposal, openings] = [bytes32("accumulator"), proposalOf(args.proposal), bytes("openings")];
      return { name: "Proposed", round, accumulator, proposal, openings, attestDeadlineS: number("attestDeadline") };
    },
    RoundAccepted: (args, round) => {
      const { number, bytes32, accounts } = fieldsOf(args);
      return {
        name: "RoundAccepted",
        round,
        modelRoot: bytes32("modelRoot"),
        attesters: accounts("attesters"),
        provableUntilS: number("provableUntil"),
        historyHead: bytes32("historyHead"),
      };
    },
    RoundInvalid: (args, round) => {
      const reason = reasonCodes.nameOf(args.reason);
      return { name: "RoundInvalid", round, reason, historyHead: fieldsOf(args).bytes32("historyHead") };
    },
    Struck: (args, round) => {
      const { account, number } = fieldsOf(args);
      const who = { prover: account("prover"), aggregator: account("aggregator"), offender: account("offender") };
      return { name: "Struck", round, ...who, kind: proofKindCodes.nameOf(args.kind), index: number("index") };
    },
    RolledBack: (args) => {
      const { number, bytes32 } = fieldsOf(args);
      const rounds = { firstRound: number("firstRound"), lastRound: number("lastRound") };
      return { name: "RolledBack", ...rounds, modelRoot: bytes32("modelRoot") };
    },
    MemberExpelled: (args, round) => {
      const { account, bigint } = fieldsOf(args);
      const kind = proofKindCodes.nameOf(args.kind);
      return { name: "MemberExpelled", round, account: account("account"), kind, amountWei: bigint("amountWei") };
    },
    Rewarded: (args) => {
      const { account, bigint } = fieldsOf(args);
      const amounts = { rewardWei: bigint("rewardWei"), burntWei: bigint("burntWei") };
      return { name: "Rewarded", prover: account("prover"), ...amounts };
    },
    BondReleased: (args) => {
      const { account, bigint } = fieldsOf(args);
      return { name: "BondReleased", account: account("account"), amountWei: bigint("amountWei") };
    },
  };

/** Names of the contract events that belong to a task, see TaskEvent. */
export const taskEventNames = Object.keys(bodies) as readonly TaskEvent["name"][];

/**
 * What a reader can ask for beside the event: see EventPosition. Sender and gas are absent where no endpoint gives
 * receipts.
 */
export type EventDetail = Required<Pick<EventPosition, "timestampS">> & Pick<EventPosition, "sender" | "gasUsed">;

/**
 * The log as a task event; undefined for events of other kinds. Accounts are checksummed, hashes lower case. Throws
 * RPC_UNREACHABLE for a log that no contract wrote.
 */
export function decodeTaskEvent(contract: Interface, log: RawLog, detail?: EventDetail): TaskEvent | undefined {
  return parseLog(contract, log, ({ name, args }) => {
    if (!Object.hasOwn(bodies, name)) return undefined;
    const round = "round" in args.toObject() ? Number(args.round) : 0;
    const body = bodies[name as TaskEvent["name"]](args, round);
    return { ...positionOf(log), ...detail, taskId: Number(args.taskId), ...body } as TaskEvent;
  });
}

function positionOf(log: RawLog): EventPosition {
  return {
    blockNumber: Number(log.blockNumber),
    blockHash: log.blockHash,
    logIndex: Number(log.logIndex),
    transactionHash: log.transactionHash,
  };
}

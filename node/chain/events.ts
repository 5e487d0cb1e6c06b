import { getAddress, type Interface, type Result, toUtf8String } from "ethers";
import {
  challengeKindCodes,
  demandKindCodes,
  misconductKindCodes,
  modeCodes,
  reasonCodes,
  ruleCodes,
  taskRuleFields,
} from "../core/enum-codes.ts";
import { fromHex } from "../core/hex.ts";
import type { Address, Bytes32, Hex } from "../core/ids.ts";
import type { Access, Demand, Proposal, TaskRules } from "../core/records.ts";
import type { EventPosition, TaskEvent } from "../core/task-events.ts";
import { wordText } from "../core/word-text.ts";
import type { RawLog } from "./log-ranges.ts";
import { unpackEvaluation } from "./packed-evaluation.ts";

/** Names of the contract events that belong to a task, see TaskEvent. */
export const taskEventNames = [
  "TaskCreated",
  "AccessRestricted",
  "Enrolled",
  "Leaving",
  "Left",
  "RoundOpened",
  "Advertised",
  "Committed",
  "RoundClosed",
  "AggregatorAssigned",
  "Opened",
  "Proposed",
  "Challenged",
  "Misconduct",
  "Demanded",
  "ChunkShown",
  "NodesShown",
  "DemandReturned",
  "BondLocked",
  "BondReleased",
  "Slashed",
  "RoundFinalized",
  "RoundInvalidated",
] as const satisfies readonly TaskEvent["name"][];

/** The log as a task event; undefined for events of other kinds. Accounts are checksummed, hashes lower case. */
export function decodeTaskEvent(contract: Interface, log: RawLog, detail?: EventDetail): TaskEvent | undefined {
  const parsed = contract.parseLog(log);
  const body = parsed && eventBody(parsed.name, parsed.args);
  return body ? ({ ...positionOf(log), ...detail, ...body } as TaskEvent) : undefined;
}

/** What a reader can ask for beside the event: see EventPosition. */
export type EventDetail = Required<Pick<EventPosition, "sender" | "gasUsed" | "timestampS">>;

type WithoutPosition<Event> = Event extends unknown ? Omit<Event, keyof EventPosition> : never;

function eventBody(name: string, args: Result): WithoutPosition<TaskEvent> | undefined {
  const number = (field: string) => Number(args[field]);
  const bytes32 = (field: string) => String(args[field]).toLowerCase() as Bytes32;
  const account = (field: string) => getAddress(args[field]) as Address;
  const task = { taskId: number("taskId") };
  if (name === "TaskCreated") {
    const rules = rulesOf(args.rules);
    return {
      name,
      ...task,
      creator: account("creator"),
      rules,
      modelRoot: bytes32("modelRoot"),
      spec: text(args.spec),
    };
  }
  if (name === "AccessRestricted") return { name, ...task, access: accessOf(args.access) };
  if (name === "Enrolled") return { name, ...task, participant: account("participant"), index: number("index") };
  if (name === "Leaving" || name === "Left") return { name, ...task, participant: account("participant") };
  const round = { ...task, round: "round" in args.toObject() ? number("round") : 0 };
  switch (name) {
    case "RoundOpened":
      return {
        name,
        ...round,
        baseModelRoot: bytes32("baseModelRoot"),
        seed: BigInt(args.seed),
        enrolled: number("enrolled"),
        drawn: number("drawn"),
        commitDeadlineS: number("commitDeadline"),
        accumulator: bytes32("accumulator"),
      };
    case "Advertised":
      return {
        name,
        ...round,
        participant: account("participant"),
        slot: number("slot"),
        maskKey: bytes32("maskKey"),
        seedHash: bytes32("seedHash"),
        sharesId: bytes32("sharesId"),
      };
    case "Committed":
      return {
        name,
        ...round,
        participant: account("participant"),
        slot: number("slot"),
        weight: number("weight"),
        updateRoot: bytes32("updateRoot"),
        contentId: bytes32("contentId"),
      };
    case "RoundClosed": {
      const committed = BigInt(args.committed);
      return { name, ...round, committed, totalWeight: BigInt(args.totalWeight), accumulator: bytes32("accumulator") };
    }
    case "AggregatorAssigned": {
      const aggregator = account("aggregator");
      return { name, ...round, attempt: number("attempt"), aggregator, deadlineS: number("deadline") };
    }
    case "Opened":
      return { name, ...round, attempt: number("attempt"), openings: String(args.openings).toLowerCase() as Hex };
    case "Proposed":
      return { name, ...round, proposal: proposalOf(args.proposal), challengeDeadlineS: number("challengeDeadline") };
    case "Challenged":
      return {
        name,
        ...round,
        challenger: account("challenger"),
        aggregator: account("aggregator"),
        kind: challengeKindCodes.nameOf(args.kind),
        chunkIndex: number("chunkIndex"),
      };
    case "Misconduct": {
      const kind = misconductKindCodes.nameOf(args.kind);
      return { name, ...round, participant: account("participant"), reporter: account("reporter"), kind };
    }
    case "Demanded": {
      const parts = { demandId: bytes32("demandId"), demander: account("demander"), demand: demandOf(args.demand) };
      return { name, ...round, ...parts, deadlineS: number("deadline") };
    }
    case "ChunkShown":
    case "NodesShown": {
      const by = { demandId: bytes32("demandId"), shownBy: account("shownBy") };
      const common = { ...round, ...by, challengeDeadlineS: number("challengeDeadline") };
      if (name === "NodesShown") return { name, ...common, nodes: hashes(args.nodes) };
      return { name, ...common, shown: { chunk: fromHex(args.chunk), proof: hashes(args.path) } };
    }
    case "DemandReturned":
      return { name, ...round, demandId: bytes32("demandId"), demander: account("demander") };
    case "BondLocked":
    case "BondReleased":
      return { name, ...round, account: account("account"), amountWei: BigInt(args.amountWei) };
    case "Slashed":
      return {
        name,
        ...round,
        account: account("account"),
        amountWei: BigInt(args.amountWei),
        challenger: account("challenger"),
        rewardWei: BigInt(args.rewardWei),
      };
    case "RoundFinalized":
      return {
        name,
        ...round,
        modelRoot: bytes32("modelRoot"),
        attesters: (args.attesters as string[]).map((attester) => getAddress(attester) as Address),
        evaluations: (args.evaluations as bigint[]).map(unpackEvaluation),
        historyHead: bytes32("historyHead"),
      };
    case "RoundInvalidated":
      return { name, ...round, reason: reasonCodes.nameOf(args.reason), historyHead: bytes32("historyHead") };
    default:
      return undefined;
  }
}

function positionOf(log: RawLog): EventPosition {
  return {
    blockNumber: Number(log.blockNumber),
    blockHash: log.blockHash,
    logIndex: Number(log.logIndex),
    transactionHash: log.transactionHash,
  };
}

function rulesOf(rules: Result): TaskRules {
  const fields = taskRuleFields.map((field) => [
    field,
    field === "pipelined" ? Boolean(rules[field]) : Number(rules[field]),
  ]);
  return {
    ...Object.fromEntries(fields),
    mode: modeCodes.nameOf(rules.mode),
    rule: ruleCodes.nameOf(rules.rule),
  };
}

function accessOf(access: Result): Access {
  const texts = (words: Iterable<string>) => [...words].map(wordText);
  return {
    organisations: texts(access.organisations),
    regions: texts(access.regions),
    clearance: Number(access.clearance),
  };
}

function demandOf(demand: Result): Demand {
  return {
    taskId: Number(demand.taskId),
    round: Number(demand.round),
    proposalHash: demand.proposalHash.toLowerCase(),
    kind: demandKindCodes.nameOf(demand.kind),
    place: Number(demand.place),
    index: Number(demand.index),
    root: demand.root.toLowerCase(),
  };
}

const hashes = (values: Iterable<string>): readonly Bytes32[] =>
  [...values].map((value) => value.toLowerCase() as Bytes32);

function proposalOf(proposal: Result): Proposal {
  return {
    attempt: Number(proposal.attempt),
    aggregator: getAddress(proposal.aggregator) as Address,
    modelRoot: proposal.modelRoot.toLowerCase(),
    contentId: proposal.contentId.toLowerCase(),
    totalWeight: BigInt(proposal.totalWeight),
    excluded: BigInt(proposal.excluded),
  };
}

/** The specification is any bytes to the contract: what is not UTF-8 is shown with replacement marks, and no reader takes it as JSON. */
function text(bytes: string): string {
  return toUtf8String(bytes, (_reason, _offset, _bytes, output) => {
    output.push(0xfffd);
    return 0;
  });
}

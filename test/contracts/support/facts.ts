import {
  AbiCoder,
  type BaseContract,
  type EventLog,
  keccak256,
  type LogDescription,
  toBeHex,
  ZeroAddress,
} from "ethers";

/** A proposal as the ABI takes it. */
export interface SolidityProposal {
  readonly attempt: number;
  readonly aggregator: string;
  readonly modelRoot: string;
  readonly contentId: string;
  readonly totalWeight: bigint;
  readonly excluded: bigint;
}

/** A commitment as the ABI takes it. */
export interface SolidityCommitment {
  readonly participant: string;
  readonly slot: number;
  readonly weight: number;
  readonly updateRoot: string;
  readonly contentId: string;
}

/** An advertisement as the ABI takes it. */
export interface SolidityAdvertisement {
  readonly participant: string;
  readonly slot: number;
  readonly maskKey: string;
  readonly seedHash: string;
  readonly sharesId: string;
  readonly shareKey: string;
}

/** What a proof needs of a round, as the ABI takes it. */
export interface SolidityInputs {
  readonly taskId: number;
  readonly round: number;
  readonly drawn: number;
  readonly committed: bigint;
  readonly keyed: bigint;
  readonly totalWeight: bigint;
  readonly acceptedBefore: number;
  readonly baseModelRoot: string;
  readonly anchor: string;
  readonly accumulator: string;
  readonly openingsHash: string;
}

/** What a proof is about, as the ABI takes it. */
export interface SolidityEvidence {
  readonly inputs: SolidityInputs;
  readonly proposal: SolidityProposal;
  readonly attesters: readonly string[];
}

/** What a round's events say of it. */
export interface Facts extends Omit<SolidityInputs, "openingsHash"> {
  readonly start: string;
  readonly drawBlock: number;
  readonly assigned: string;
  readonly attempt: number;
  readonly advertisements: readonly SolidityAdvertisement[];
  readonly commitments: readonly SolidityCommitment[];
  /** Zero without a proposal. */
  readonly proposalHash: string;
  readonly openings: string;
  /** With its proposal; without one where there is none. */
  readonly evidence: SolidityEvidence;
}

const coder = AbiCoder.defaultAbiCoder();
const zeroWord = `0x${"00".repeat(32)}`;
/** What stands in evidence where there is no proposal. */
const noProposal: SolidityProposal = {
  attempt: 0,
  aggregator: ZeroAddress,
  modelRoot: zeroWord,
  contentId: zeroWord,
  totalWeight: 0n,
  excluded: 0n,
};

/** Hash of words and what they are. */
const hashOf = (types: readonly string[], values: readonly unknown[]): string =>
  keccak256(coder.encode(types, values as unknown[]));

/** The evidence of a round whose proposal is left out. */
export const withoutProposal = ({ inputs }: SolidityEvidence): SolidityEvidence => ({
  inputs: { ...inputs, openingsHash: zeroWord },
  proposal: noProposal,
  attesters: [],
});

/** Hash of a proposal over the accumulator and openings that it was made for. */
export const hashOfProposal = (
  taskId: number,
  round: number,
  accumulator: string,
  openings: string,
  p: SolidityProposal,
): string =>
  hashOf(
    ["uint32", "uint32", "bytes32", "bytes32", "uint8", "address", "bytes32", "bytes32", "uint64", "uint64"],
    [
      ...[taskId, round, accumulator, keccak256(openings)],
      ...[p.attempt, p.aggregator, p.modelRoot, p.contentId, p.totalWeight, p.excluded],
    ],
  );

type Writable<T> = { -readonly [K in keyof T]: T[K] };
/** A round while its events are read. */
interface Reading extends Writable<Omit<Facts, "evidence" | "proposalHash" | "advertisements" | "commitments">> {
  advertisements: SolidityAdvertisement[];
  commitments: SolidityCommitment[];
  proposal: SolidityProposal | undefined;
  attesters: readonly string[];
}

/** What the events of a task say of a round, of the newest by default. */
export async function factsOf(
  federation: Pick<BaseContract, "interface" | "runner" | "getAddress">,
  taskId: number,
  round?: number,
): Promise<Facts> {
  const rounds = new Map<number, Reading>();
  let accepted = 0;
  for (const { name: eventName, args } of await eventsOf(federation, taskId)) {
    if (eventName === "RolledBack") accepted = rounds.get(Number(args.firstRound))!.acceptedBefore;
    if (args.round === undefined) continue;
    if (eventName === "RoundOpened") rounds.set(Number(args.round), openedBy(args, accepted));
    const one = rounds.get(Number(args.round))!;
    if (eventName === "RoundAccepted") {
      one.acceptedBefore = accepted++;
      one.attesters = [...args.attesters];
    } else readInto(one, eventName, args);
  }
  const newest = rounds.get(round ?? Math.max(...rounds.keys()));
  if (newest === undefined) throw new Error(`task ${taskId} has no round ${round}`);
  return factsFrom(newest);
}

/** Events by the place of their log: tests ask for the same ones before every step, and reading one is dear. */
const read = new WeakMap<BaseContract["interface"], Map<string, LogDescription>>();

/** The events of a task, in order: each names its task first. */
async function eventsOf(
  federation: Pick<BaseContract, "interface" | "runner" | "getAddress">,
  taskId: number,
): Promise<LogDescription[]> {
  const { interface: abi, runner } = federation;
  const filter = { address: await federation.getAddress(), fromBlock: 0, topics: [null, toBeHex(taskId, 32)] };
  const known = read.get(abi) ?? new Map<string, LogDescription>();
  read.set(abi, known);
  return (await runner!.provider!.getLogs(filter)).flatMap((log) => {
    const place = `${log.blockHash}:${log.index}`;
    const event = known.get(place) ?? abi.parseLog(log);
    if (event === null) return [];
    known.set(place, event);
    return [event];
  });
}

/** The number of a task's newest round; 0 before the first. */
export async function newestRound(
  federation: Pick<BaseContract, "queryFilter" | "filters">,
  taskId: number,
): Promise<number> {
  const opened = await federation.queryFilter(federation.filters.RoundOpened!(taskId));
  return opened.reduce((most, log) => Math.max(most, Number((log as EventLog).args.round)), 0);
}

// biome-ignore lint/suspicious/noExplicitAny: the arguments of an event by their names
type Arguments = any;

function openedBy(args: Arguments, acceptedBefore: number): Reading {
  const start: string = args.start;
  return {
    ...{ taskId: Number(args.taskId), round: Number(args.round), drawn: Number(args.drawn), acceptedBefore },
    ...{ committed: 0n, keyed: 0n, totalWeight: 0n, baseModelRoot: args.baseModelRoot },
    ...{ start, anchor: start, accumulator: start, drawBlock: Number(args.drawBlock) },
    ...{ assigned: ZeroAddress, attempt: 0, openings: "0x", proposal: undefined },
    ...{ advertisements: [], commitments: [], attesters: [] },
  };
}

function readInto(one: Reading, eventName: string, args: Arguments): void {
  if (eventName === "RoundDrawn") {
    one.start = one.anchor = one.accumulator = args.start;
  } else if (eventName === "Advertised") {
    const { participant, maskKey, seedHash, sharesId, shareKey } = args;
    const slot = Number(args.slot);
    one.advertisements.push({ participant, slot, maskKey, seedHash, sharesId, shareKey });
    one.keyed |= 1n << BigInt(slot);
    one.anchor = one.accumulator = hashOf(
      ["bytes32", "uint256", "address", "uint8", "bytes32", "bytes32", "bytes32", "bytes32"],
      [one.anchor, 1, participant, slot, maskKey, seedHash, sharesId, shareKey],
    );
  } else if (eventName === "Committed") {
    const { participant, updateRoot, contentId } = args;
    const [slot, weight] = [Number(args.slot), Number(args.weight)];
    one.commitments.push({ participant, slot, weight, updateRoot, contentId });
    one.committed |= 1n << BigInt(slot);
    one.totalWeight += BigInt(weight);
    one.accumulator = hashOf(
      ["bytes32", "address", "uint8", "uint32", "bytes32", "bytes32"],
      [one.accumulator, participant, slot, weight, updateRoot, contentId],
    );
  } else if (eventName === "AggregatorAssigned") {
    one.assigned = args.aggregator;
    one.attempt = Number(args.attempt);
    one.proposal = undefined;
  } else if (eventName === "Proposed") {
    const { attempt, aggregator, modelRoot, contentId, totalWeight, excluded } = args.proposal;
    one.proposal = { attempt: Number(attempt), aggregator, modelRoot, contentId, totalWeight, excluded };
    one.openings = args.openings;
  }
}

function factsFrom({ proposal, attesters, ...rest }: Reading): Facts {
  const { taskId, round, drawn, committed, keyed, totalWeight, acceptedBefore } = rest;
  const { baseModelRoot, anchor, accumulator, openings } = rest;
  const inputs: SolidityInputs = {
    ...{ taskId, round, drawn, committed, keyed, totalWeight, acceptedBefore },
    ...{ baseModelRoot, anchor, accumulator, openingsHash: keccak256(openings) },
  };
  const evidence = { inputs, proposal: proposal ?? noProposal, attesters };
  return {
    ...rest,
    proposalHash: proposal === undefined ? zeroWord : hashOfProposal(taskId, round, accumulator, openings, proposal),
    evidence: proposal === undefined ? withoutProposal(evidence) : evidence,
  };
}

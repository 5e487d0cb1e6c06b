import type { Interface, LogDescription } from "ethers";
import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import type { Advertisement, Commitment } from "../../../node/core/records.ts";
import { accumulatorOf, anchorOf } from "../../../node/core/words/commitment.ts";

/** What an endpoint shows in the place of what is. */
export type Lie = "split-view" | "hidden-keys" | "swapped-keys";

/** A log as JSON-RPC has it. */
export interface DecodedLog {
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly logIndex: string;
  readonly topics: readonly string[];
  readonly data: string;
}

type Parsed = { readonly log: DecodedLog; readonly event: LogDescription | null };

/** The victim's commitment that nobody else saw, and in which block the victim is to see it. */
export interface SwallowedCommitment {
  readonly hash: string;
  readonly block: number;
  readonly blockHash: string;
  readonly args: Record<string, unknown>;
  readonly victim: Address;
}

/**
 * The logs of a masked task's first round as one member is to see them: consistent in themselves. Behind the first
 * assignment nothing is shown, where the truth would go on over another accumulator.
 */
export function forgeHistory(
  contract: Interface,
  logs: readonly DecodedLog[],
  {
    lie,
    victim,
    commitment,
  }: { readonly lie: Lie; readonly victim: Address; readonly commitment: SwallowedCommitment | undefined },
): readonly DecodedLog[] {
  const parsed = logs.map((log) => ({ log, event: contract.parseLog({ topics: [...log.topics], data: log.data }) }));
  const isOf = (name: string, account?: string) => (each: Parsed) =>
    each.event?.name === name && (account === undefined || same(each.event.args.participant, account));
  const others = parsed.filter(isOf("Advertised")).filter((each) => !same(each.event!.args.participant, victim));
  const about = others.find(({ event }) => Number(event!.args.slot) === 0) ?? others[0];
  if (about === undefined) return logs;
  if (lie === "swapped-keys") {
    const swapped = others.find((each) => each !== about)?.event?.args.maskKey ?? about.event!.args.seedHash;
    return parsed.map((each) => (each === about ? changed(contract, each, { maskKey: swapped }) : each.log));
  }
  const hidden: string | undefined = lie === "hidden-keys" ? about.event!.args.participant : undefined;
  const isHidden = (each: Parsed) =>
    hidden !== undefined && (isOf("Advertised", hidden)(each) || isOf("Committed", hidden)(each));
  const visible = parsed.filter((each) => !isHidden(each));
  const told = commitment === undefined ? visible : withCommitment(contract, visible, commitment);
  const end = told.findIndex(isOf("AggregatorAssigned"));
  const upTo = end < 0 ? told : told.slice(0, end + 1);
  return upTo.map((each) => (each.event?.name === "RoundClosed" ? closedOver(contract, upTo, each) : each.log));
}

/** The logs with the swallowed commitment as the first of its block. */
function withCommitment(
  contract: Interface,
  parsed: readonly Parsed[],
  { block, blockHash, hash, args, victim }: SwallowedCommitment,
): readonly Parsed[] {
  const keys = parsed.find(({ event }) => event?.name === "Advertised" && same(event.args.participant, victim))!;
  const { taskId, round, weight, updateRoot, contentId } = args;
  const values = [taskId, round, victim, keys.event!.args.slot, weight, updateRoot, contentId];
  const forged: DecodedLog = {
    ...keys.log,
    ...{ transactionHash: hash, transactionIndex: "0x0" },
    blockNumber: `0x${block.toString(16)}`,
    blockHash,
    logIndex: "0x0",
    ...encoded(contract, "Committed", values),
  };
  const moved = parsed.map(({ log, event }) => {
    const logIndex = `0x${(Number(log.logIndex) + 1).toString(16)}`;
    return { event, log: Number(log.blockNumber) === block ? { ...log, logIndex } : log };
  });
  const at = moved.findIndex(({ log }) => Number(log.blockNumber) >= block);
  const event = contract.parseLog({ topics: [...forged.topics], data: forged.data });
  const place = at < 0 ? moved.length : at;
  return [...moved.slice(0, place), { log: forged, event }, ...moved.slice(place)];
}

/** The closing over the keys and commitments that are shown. */
function closedOver(contract: Interface, shown: readonly Parsed[], each: Parsed): DecodedLog {
  const argsOf = (name: string) => shown.flatMap(({ event }) => (event?.name === name ? [event.args.toObject()] : []));
  const start = argsOf("RoundOpened")[0]!.start as Bytes32;
  const numbers = (fields: Record<string, unknown>) => ({
    ...fields,
    slot: Number(fields.slot),
    weight: Number(fields.weight ?? 0),
  });
  const advertisements = argsOf("Advertised").map(numbers) as unknown as readonly Advertisement[];
  const commitments = argsOf("Committed").map(numbers) as unknown as readonly Commitment[];
  return changed(contract, each, {
    committed: commitments.reduce((bits, { slot }) => bits | (1n << BigInt(slot)), 0n),
    totalWeight: commitments.reduce((sum, { weight }) => sum + BigInt(weight), 0n),
    accumulator: accumulatorOf(anchorOf(start, advertisements), commitments),
  });
}

function changed(contract: Interface, { log, event }: Parsed, changes: Record<string, unknown>): DecodedLog {
  const values = event!.fragment.inputs.map(({ name }) => changes[name] ?? event!.args[name]);
  return { ...log, ...encoded(contract, event!.name, values) };
}

function encoded(contract: Interface, name: string, values: readonly unknown[]) {
  const { topics, data } = contract.encodeEventLog(name, [...values]);
  return { topics: topics as string[], data };
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

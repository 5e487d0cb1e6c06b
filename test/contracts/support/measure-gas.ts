import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import type { TransactionResponse } from "ethers";

/**
 * What a call costs by its name in docs/gas.md: gas now; and under the prices of Glamsterdam execution, and state apart
 * from it.
 */
export interface GasOfCall {
  readonly gas: number;
  readonly execution: number;
  readonly state: number;
}

/** A call's cost by its name. */
type Snapshot = Record<string, GasOfCall>;

/** The part of a node's JSON-RPC that this needs. */
interface Tracer {
  send(method: string, params: unknown[]): Promise<unknown>;
}

/**
 * A step may cost this much more or less than its snapshot; beyond, change the snapshot and docs/gas.md with the
 * reason.
 */
const tolerance = 0.05;
const file = new URL("../gas-snapshot.json", import.meta.url);
/** EIP-2780, with a cold receiver; and where ether is sent. */
const intrinsic = { now: 21_000, later: 15_000, value: 6_000 };
/**
 * EIP-8038: any write of a slot that was not written before is 12,100 of execution (now 5,000, or 22,100 where it was
 * zero).
 */
const writeRise = { fresh: 12_100 - 22_100, update: 12_100 - 5_000 };
/** EIP-8037: state gas of a slot that was zero. */
const freshState = 97_920;
/** EIP-7976. */
const floorPerByte = 64;

/** Slots that a transaction wrote first. */
export interface Writes {
  readonly fresh: number;
  readonly updated: number;
}

/**
 * What the mined transaction costs. The estimate reprices its intrinsic cost, the slots that it wrote, as its trace has
 * them, and the least that its bytes pay; it is not run under the other rules, and an access of a cold account (400
 * more each) is not counted.
 *
 * @param writes what it wrote; by default from the trace, which of ten million gas takes many seconds
 */
export async function measureGas(
  node: Tracer,
  sent: Promise<TransactionResponse> | TransactionResponse,
  writes?: Writes,
): Promise<GasOfCall> {
  const transaction = await sent;
  const gas = Number((await transaction.wait())!.gasUsed);
  const { fresh, updated } = writes ?? (await writesOf(node, transaction.hash));
  const base = intrinsic.later + (transaction.value > 0n ? intrinsic.value : 0);
  const least = base + floorPerByte * (transaction.data.length / 2 - 1);
  const execution = gas - intrinsic.now + base + fresh * writeRise.fresh + updated * writeRise.update;
  return { gas, execution: Math.max(execution, least), state: fresh * freshState };
}

/** The slots that a mined transaction wrote. */
export async function writesOf(node: Tracer, hash: string): Promise<Writes> {
  const options = { disableMemory: true, disableStack: true, disableStorage: true };
  const trace = (await node.send("debug_traceTransaction", [hash, options])) as {
    structLogs: readonly { readonly op: string; readonly gasCost: number }[];
  };
  const writes = { fresh: 0, updated: 0 };
  for (const { op, gasCost } of trace.structLogs) {
    if (op !== "SSTORE") continue;
    if (gasCost >= 20_000) writes.fresh++;
    else if (gasCost >= 2_900) writes.updated++;
  }
  return writes;
}

/** One of `count` equal parts of a call's cost. */
export const partOf = ({ gas, execution, state }: GasOfCall, count: number): GasOfCall => ({
  gas: Math.round(gas / count),
  execution: Math.round(execution / count),
  state: Math.round(state / count),
});

/** What each of `count` further items adds. */
export const slopeOf = (few: GasOfCall, many: GasOfCall, count: number): GasOfCall =>
  partOf({ gas: many.gas - few.gas, execution: many.execution - few.execution, state: many.state - few.state }, count);

/** The dearest of calls. */
export const dearestOf = (costs: readonly GasOfCall[]): GasOfCall =>
  costs.reduce((most, cost) => (cost.gas > most.gas ? cost : most));

/**
 * Asserts that each measured call is within 5 % of the snapshot. With WRITE_GAS_SNAPSHOT=1 writes them into the
 * snapshot instead.
 */
export function expectSnapshot(measured: Snapshot): void {
  const snapshot = JSON.parse(readFileSync(file, "utf8")) as Snapshot;
  if (process.env.WRITE_GAS_SNAPSHOT === "1") {
    writeFileSync(file, `${JSON.stringify({ ...snapshot, ...measured }, null, 2)}\n`);
    return;
  }
  const isFar = (given: number, expected: number | undefined): boolean =>
    expected === undefined || Math.abs(given - expected) > tolerance * expected;
  const far = Object.entries(measured).filter(([step, { gas, execution, state }]) => {
    const known = snapshot[step];
    return isFar(gas, known?.gas) || isFar(execution, known?.execution) || isFar(state, known?.state);
  });
  expect(Object.fromEntries(far), "steps away from test/contracts/gas-snapshot.json").deep.equals({});
}

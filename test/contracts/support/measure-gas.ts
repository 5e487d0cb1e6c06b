import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import type { TransactionResponse } from "ethers";

/** What a call costs by its name in docs/gas.md: gas now, and an estimate under the prices of Glamsterdam. */
export interface GasOfCall {
  readonly gas: number;
  readonly glamsterdam: number;
}

/** A call's cost by its name. */
type Snapshot = Record<string, GasOfCall>;

/** The part of a node's JSON-RPC that this needs. */
interface Tracer {
  send(method: string, params: unknown[]): Promise<unknown>;
}

/** A step may cost this much more or less than its snapshot; beyond, change the snapshot and docs/gas.md with the reason. */
const tolerance = 0.05;
const file = new URL("../gas-snapshot.json", import.meta.url);
/** What Glamsterdam adds: a slot update 12,100 (now 5,000), a fresh slot 110,000 (now 22,100); 64 gas a byte are the least. */
const updateRise = 12_100 - 5_000;
const freshRise = 110_000 - 22_100;
const floorPerByte = 64;
const transactionGas = 21_000;

/**
 * What the mined transaction costs. The estimate reprices the slots that it wrote, as its trace has them, and its bytes; it is not run
 * under the other rules.
 *
 * @param rise what the slots add; by default from the trace, which of ten million gas takes many seconds
 */
export async function measureGas(
  node: Tracer,
  sent: Promise<TransactionResponse> | TransactionResponse,
  rise?: number,
): Promise<GasOfCall> {
  const transaction = await sent;
  const gas = Number((await transaction.wait())!.gasUsed);
  const least = transactionGas + floorPerByte * (transaction.data.length / 2 - 1);
  return { gas, glamsterdam: Math.max(gas + (rise ?? (await slotRise(node, transaction.hash))), least) };
}

/** What Glamsterdam adds to the price of the slots that a mined transaction wrote. */
export async function slotRise(node: Tracer, hash: string): Promise<number> {
  const options = { disableMemory: true, disableStack: true, disableStorage: true };
  const trace = (await node.send("debug_traceTransaction", [hash, options])) as {
    structLogs: readonly { readonly op: string; readonly gasCost: number }[];
  };
  let rise = 0;
  for (const { op, gasCost } of trace.structLogs) {
    if (op !== "SSTORE") continue;
    if (gasCost >= 20_000) rise += freshRise;
    else if (gasCost >= 2_900) rise += updateRise;
  }
  return rise;
}

/**
 * Asserts that each measured call is within 5 % of the snapshot. With WRITE_GAS_SNAPSHOT=1 writes them into the snapshot instead.
 */
export function expectSnapshot(measured: Snapshot): void {
  const snapshot = JSON.parse(readFileSync(file, "utf8")) as Snapshot;
  if (process.env.WRITE_GAS_SNAPSHOT === "1") {
    writeFileSync(file, `${JSON.stringify({ ...snapshot, ...measured }, null, 2)}\n`);
    return;
  }
  const isFar = (given: number, expected: number | undefined): boolean =>
    expected === undefined || Math.abs(given - expected) > tolerance * expected;
  const far = Object.entries(measured).filter(
    ([step, { gas, glamsterdam }]) =>
      isFar(gas, snapshot[step]?.gas) || isFar(glamsterdam, snapshot[step]?.glamsterdam),
  );
  expect(Object.fromEntries(far), "steps away from test/contracts/gas-snapshot.json").deep.equals({});
}

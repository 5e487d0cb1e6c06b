import { expect } from "chai";
import { Interface, Transaction, Wallet } from "ethers";
import type { Signer } from "../../../../node/chain/accounts/signer.ts";
import type { JsonRpc } from "../../../../node/chain/rpc/json-rpc.ts";
import type { SenderOptions } from "../../../../node/chain/sending/pending-transaction.ts";
import { createTransactionSender } from "../../../../node/chain/sending/transaction-sender.ts";
import type { Address, Hex } from "../../../../node/core/ids.ts";
import { createClock } from "../../../../node/system/index.ts";
import { rejection } from "../../../support/rejection.ts";
import { silentLog } from "../../../support/silent-log.ts";

const gwei = 10n ** 9n;
const to = `0x${"77".repeat(20)}` as Address;
const hex = (value: bigint | number): Hex => `0x${value.toString(16)}`;

/**
 * An endpoint whose pool counts every transaction that it holds, as geth does, and mines those that pay the base fee in
 * their order, when it is asked for a receipt.
 */
function openPool(baseFee: bigint) {
  const pool = new Map<number, Transaction>();
  const mined: Transaction[] = [];
  const taken: string[] = [];
  const state = { baseFee, losesAnswers: false, mines: true };
  function mine(): void {
    for (;;) {
      const next = pool.get(mined.length);
      if (!state.mines || next === undefined || next.maxFeePerGas! < state.baseFee) return;
      pool.delete(mined.length);
      mined.push(next);
    }
  }
  function take(raw: string): string {
    const given = Transaction.from(raw);
    const known = pool.get(given.nonce);
    if (known && given.maxFeePerGas! * 10n < known.maxFeePerGas! * 11n) {
      throw new TypeError("replacement transaction underpriced");
    }
    pool.set(given.nonce, given);
    taken.push(`${given.nonce}:${given.data}`);
    if (state.losesAnswers) throw new TypeError("lost");
    return given.hash!;
  }
  function answer(method: string, params: readonly unknown[]): unknown {
    switch (method) {
      case "eth_estimateGas":
        return hex(21_000);
      case "eth_getBlockByNumber":
        return { baseFeePerGas: hex(state.baseFee) };
      case "eth_maxPriorityFeePerGas":
        return hex(gwei);
      case "eth_getTransactionCount": {
        let count = mined.length;
        while (params[1] === "pending" && pool.has(count)) count++;
        return hex(count);
      }
      case "eth_sendRawTransaction":
        return take(String(params[0]));
      default: {
        mine();
        const receipt = { transactionHash: params[0], blockNumber: "0x1", gasUsed: "0x1", status: "0x1", logs: [] };
        return mined.some(({ hash }) => hash === params[0]) ? receipt : null;
      }
    }
  }
  const rpc = {
    chainId: 1,
    request: async (method: string, params: readonly unknown[]) => answer(method, params),
    async ask(method: string, params: readonly unknown[]) {
      try {
        return { result: answer(method, params) };
      } catch (error) {
        if (state.losesAnswers) throw error;
        return { error: { code: -32_000, message: String(error) } };
      }
    },
  } as unknown as JsonRpc;
  return { rpc, pool, mined, taken, state };
}

function setUp(options: Partial<SenderOptions> = {}) {
  const endpoint = openPool(gwei);
  const signer = Wallet.createRandom() as unknown as Signer;
  const deps = { rpc: endpoint.rpc, contract: new Interface([]), signer, clock: createClock(), log: silentLog };
  const sender = createTransactionSender(deps, {
    pollIntervalMs: 1,
    replaceAfterMs: 60_000,
    giveUpAfterMs: 5_000,
    ...options,
  });
  const send = (data: Hex, signal?: AbortSignal) => sender.send({ name: "call", to, data }, signal);
  /** Sends what nobody waits for once it is in the pool. */
  async function abandon(data: Hex): Promise<void> {
    const due = new AbortController();
    const sent = send(data, due.signal).catch(() => undefined);
    while (endpoint.pool.size === 0) await new Promise((resolve) => setImmediate(resolve));
    due.abort(new TypeError("no longer due"));
    await sent;
  }
  return { ...endpoint, send, abandon, account: signer.address };
}

describe("transactions that nobody waits for any more", () => {
  it("give way to what is sent later, once they offer too little", async () => {
    const { state, send, abandon, mined, account } = setUp();
    state.mines = false;
    await abandon("0x01");
    state.mines = true;
    state.baseFee = 200n * gwei;
    await send("0x02");
    expect(mined.map(({ data }) => data)).to.deep.equal(["0x", "0x02"]);
    expect(mined[0]?.to, "an empty transfer to itself").to.equal(account);
    await send("0x03");
    expect(mined.map(({ data }) => data)).to.deep.equal(["0x", "0x02", "0x03"]);
  });

  it("are left alone while they offer enough", async () => {
    const { state, send, abandon, mined } = setUp();
    state.mines = false;
    await abandon("0x01");
    state.mines = true;
    await send("0x02");
    expect(mined.map(({ data }) => data)).to.deep.equal(["0x01", "0x02"]);
  });

  it("give way when the price rises while something waits behind them", async () => {
    const { state, send, abandon, mined, taken } = setUp({ replaceAfterMs: 20 });
    state.mines = false;
    await abandon("0x01");
    const sent = send("0x02");
    while (!taken.includes("1:0x02")) await new Promise((resolve) => setImmediate(resolve));
    state.baseFee = 200n * gwei;
    state.mines = true;
    await sent;
    expect(mined.map(({ data }) => data)).to.deep.equal(["0x", "0x02"]);
  });

  it("are those, too, whose answer was lost, and none whose nonce has another use", async () => {
    const { state, send, mined, pool } = setUp();
    state.mines = false;
    state.losesAnswers = true;
    await send("0x01").catch(() => undefined);
    expect(pool.size).to.equal(1);
    state.losesAnswers = false;
    state.baseFee = 200n * gwei;
    state.mines = true;
    await send("0x02");
    expect(mined.map(({ data }) => data)).to.deep.equal(["0x", "0x02"]);
    state.mines = false;
    const stuck = setUp({ giveUpAfterMs: 1 });
    stuck.state.mines = false;
    await rejection(stuck.send("0x01"), "TRANSACTION_STUCK");
    // its pool has forgotten it
    stuck.pool.clear();
    stuck.state.mines = true;
    await stuck.send("0x02");
    await stuck.send("0x03");
    expect(stuck.mined.map(({ data }) => data)).to.deep.equal(["0x02", "0x03"]);
  });
});

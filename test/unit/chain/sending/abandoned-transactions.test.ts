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
  const state = { baseFee, losesAnswers: false, mines: true, leastReplacement: 0n };
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
    const isLow = known && given.maxFeePerGas! * 10n < known.maxFeePerGas! * 11n;
    if (isLow || (known && given.maxFeePerGas! < state.leastReplacement)) {
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
  /** What an earlier run left in the pool. */
  async function leave(nonce: number, maxFeePerGas: bigint, data: Hex = "0x99"): Promise<void> {
    const fees = { type: 2, maxFeePerGas, maxPriorityFeePerGas: gwei };
    const raw = await signer.signTransaction({ to, data, nonce, gasLimit: 21_000n, chainId: 1, ...fees });
    await endpoint.rpc.ask("eth_sendRawTransaction", [raw]);
  }
  return { ...endpoint, send, abandon, leave, account: signer.address };
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

  it("are those, too, that an earlier run of the process left in the pool, at whatever price", async () => {
    for (const priceGwei of [1n, 30n, 400n]) {
      const { state, send, mined, leave, account } = setUp({ replaceAfterMs: 20 });
      await leave(0, priceGwei * gwei);
      await leave(1, priceGwei * gwei);
      state.baseFee = 500n * gwei;
      await send("0x03");
      expect(
        mined.map(({ to: receiver, data }) => [receiver, data]),
        `${priceGwei}`,
      ).to.deep.equal(
        [
          [account, "0x"],
          [account, "0x"],
          [to, "0x03"],
        ].map(([receiver, data]) => [String(receiver), data]),
      );
    }
  });

  it("are raised to what the endpoint asks for in their place, where nobody knows what they offer", async () => {
    // at once: there is no time for more than two replacements
    const { state, send, mined, leave } = setUp({ replaceAfterMs: 200, giveUpAfterMs: 500 });
    await leave(0, 90n * gwei);
    state.baseFee = 100n * gwei;
    state.leastReplacement = 2_000n * gwei;
    await send("0x02");
    expect(mined.map(({ data }) => data)).to.deep.equal(["0x", "0x02"]);
  });

  it("are left alone where an earlier run's are mined in time", async () => {
    const { send, mined, leave } = setUp();
    await leave(0, 3n * gwei, "0x01");
    await send("0x02");
    expect(mined.map(({ data }) => data)).to.deep.equal(["0x01", "0x02"]);
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

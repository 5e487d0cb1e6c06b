import { expect } from "chai";
import { startEmbeddedChain } from "../../../../node/chain/embedded-chain.ts";
import { createHeadWatch } from "../../../../node/chain/rpc/head-watch.ts";
import { createJsonRpc } from "../../../../node/chain/rpc/json-rpc.ts";
import type { Clock } from "../../../../node/ports/index.ts";
import { createVirtualClock } from "../../../simulation/world/virtual-clock.ts";
import { startTellingEndpoint, type TellingEndpoint } from "../../../support/endpoint/telling-endpoint.ts";
import { rejection } from "../../../support/rejection.ts";
import { silentLog } from "../../../support/silent-log.ts";

describe("an endpoint over a WebSocket", () => {
  let chain: Awaited<ReturnType<typeof startEmbeddedChain>>;
  const opened: TellingEndpoint[] = [];
  const start = async (options?: Parameters<typeof startTellingEndpoint>[1]) => {
    const endpoint = await startTellingEndpoint(chain.url, options);
    opened.push(endpoint);
    return endpoint;
  };
  const connect = (endpoint: TellingEndpoint, requestTimeoutMs = 5_000) =>
    createJsonRpc({ urls: [endpoint.url], log: silentLog, retries: 0, requestTimeoutMs });

  before(async () => {
    chain = await startEmbeddedChain({ port: 0, accounts: 1, blockIntervalMs: 0 });
  });
  after(async () => {
    for (const endpoint of opened) await endpoint.cut(true);
    await chain.close();
  });

  it("answers many requests at once, each its own", async () => {
    const rpc = await connect(await start());
    expect(rpc.chainId).to.equal(31_337);
    const blocks = [0, 0, 0, 0].map(() => rpc.request<{ number: string }>("eth_getBlockByNumber", ["0x0", false]));
    const answers = await Promise.all([...blocks, rpc.request("eth_chainId", [])]);
    expect(answers.at(-1)).to.equal("0x7a69");
    expect((answers[0] as { number: string }).number).to.equal("0x0");
  });

  it("is opened again after it broke", async () => {
    const endpoint = await start();
    const rpc = await connect(endpoint);
    await endpoint.cut();
    // the broken socket may be noticed by the first request only
    await rpc.request("eth_blockNumber", []).catch(() => undefined);
    expect(await rpc.request("eth_blockNumber", [])).to.match(/^0x/);
  });

  it("names its fault: another's answer, no JSON, silence, a refused handshake, nobody there", async () => {
    const endpoint = await start();
    const rpc = await connect(endpoint, 200);
    endpoint.answer(({ id }) => JSON.stringify({ id: id + 1, result: "0x1" }));
    await rejection(rpc.request("eth_blockNumber", []), "RPC_WRONG_ANSWER");
    endpoint.answer(() => "hello");
    await rejection(rpc.request("eth_blockNumber", []), "RPC_WRONG_ANSWER");
    endpoint.answer(({ id }) =>
      JSON.stringify({ id, error: { code: 429, message: "exceeded its compute units per second capacity" } }),
    );
    const busy = { urls: [endpoint.url], log: silentLog, busyPatienceMs: 0 };
    await rejection(createJsonRpc(busy), "RPC_BUSY");
    endpoint.answer(() => undefined);
    await rejection(rpc.request("eth_blockNumber", []), "RPC_UNREACHABLE");
    await rejection(connect(await start({ status: 401 })), "RPC_KEY_REFUSED");
    const gone = await start();
    await gone.cut(true);
    const error = await rejection(connect(gone), "RPC_UNREACHABLE");
    expect(error.message).to.contain("ECONNREFUSED");
  });

  /** A watch whose sleeps a test ends; `slept` are their lengths. */
  const watch = async (endpoint: TellingEndpoint) => {
    const rpc = await connect(endpoint);
    const slept: number[] = [];
    const virtual = createVirtualClock(0);
    const clock: Clock = {
      nowMs: virtual.nowMs,
      sleep: (ms, options) => {
        slept.push(ms);
        return virtual.sleep(ms, options);
      },
    };
    const polling = { pauseMs: 1_000, shortestMs: 500, longestMs: 12_000, blockTimeMs: 12_000 };
    const heads = createHeadWatch({ rpc, clock, log: silentLog }, { finality: { confirmations: 0 }, polling });
    const stop = new AbortController();
    const followed = heads.heads(stop.signal)[Symbol.asyncIterator]();
    return { rpc, slept, virtual, stop, next: async () => (await followed.next()).value };
  };
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
  };

  it("is told of new heads, and then hardly asked", async () => {
    const endpoint = await start();
    const { slept, stop, next } = await watch(endpoint);
    const first = await next();
    await until(() => endpoint.subscribed() === 1);
    endpoint.tell();
    await until(() => slept.at(-1) === 60_000);
    endpoint.asked.length = 0;
    await chain.mine(1);
    // no time passes on the watch's clock: only what is told can wake it
    const waiting = next();
    endpoint.tell();
    expect((await waiting)?.number).to.equal(Number(first?.number) + 1);
    expect(endpoint.asked).to.deep.equal(["eth_getBlockByNumber"]);
    stop.abort();
  });

  it("is asked in the chain's rhythm where it knows no subscriptions, and when its socket broke", async () => {
    const silent = await start({ knowsHeads: false });
    const quiet = await watch(silent);
    await quiet.next();
    await until(() => quiet.slept.length > 0);
    expect(Math.max(...quiet.slept)).to.be.at.most(12_000);
    quiet.stop.abort();
    const endpoint = await start();
    const told = await watch(endpoint);
    await told.next();
    await until(() => endpoint.subscribed() === 1);
    await endpoint.cut();
    // it looks at once, over a new socket on which it subscribes again
    await until(() => endpoint.subscribed() === 1);
    told.stop.abort();
  });
});

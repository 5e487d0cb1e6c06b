import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { createJsonRpc } from "../../../../node/chain/rpc/json-rpc.ts";
import { untilSettled } from "../../../../node/chain/rpc/settled.ts";
import { createVirtualClock } from "../../../simulation/world/virtual-clock.ts";
import { rejection } from "../../../support/rejection.ts";
import { silentLog } from "../../../support/silent-log.ts";

const word = `0x${"ab".repeat(32)}`;
const block = { number: "0x1", hash: word, parentHash: word, timestamp: "0x10", more: true };
const entry = {
  ...{ address: `0x${"11".repeat(20)}`, topics: [word], data: "0x", blockNumber: "0x1", blockHash: word },
  ...{ logIndex: "0x0", transactionHash: word },
};

describe("JSON-RPC over several endpoints", () => {
  let liar: { server: Server; url: string };
  let honest: { server: Server; url: string };
  let lie: unknown;
  let truth: unknown;

  const listen = async (result: (method: string) => unknown) => {
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const { id, method } = JSON.parse(body) as { id: number; method: string };
      response.end(JSON.stringify({ jsonrpc: "2.0", id, result: method === "eth_chainId" ? "0x1" : result(method) }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  };
  before(async () => {
    liar = await listen(() => lie);
    honest = await listen(() => truth);
  });
  after(() => {
    for (const { server } of [liar, honest]) {
      server.closeAllConnections();
      server.close();
    }
  });

  const nonsense: readonly (readonly [string, unknown, readonly unknown[]])[] = [
    ["eth_getLogs", [entry], [null, "logs", {}, [{}], [{ ...entry, blockNumber: 7 }], [{ ...entry, topics: ["0x1"] }]]],
    ["eth_getBlockByNumber", block, [{}, "0x1", { ...block, timestamp: "soon" }, { ...block, hash: "0x12" }]],
    ["eth_getCode", "0x60", [null, {}, 7, "60"]],
    ["eth_call", "0x", [null, "none"]],
    ["eth_blockNumber", "0x9", [null, "nine", -1, {}]],
    ["eth_getTransactionReceipt", null, [{}, "0x"]],
  ];
  for (const [method, right, wrong] of nonsense) {
    it(`takes no answer to ${method} that is none: the next endpoint is asked, or it says so`, async () => {
      truth = right;
      for (lie of wrong) {
        const rpc = await createJsonRpc({ urls: [liar.url, honest.url], log: silentLog });
        expect(await rpc.request(method, [])).to.deep.equal(right);
        const alone = await createJsonRpc({ urls: [liar.url], log: silentLog, retries: 0 });
        await rejection(alone.request(method, []), "RPC_UNREACHABLE");
        await rejection(alone.ask(method, []), "RPC_UNREACHABLE");
      }
      lie = right;
      const rpc = await createJsonRpc({ urls: [liar.url], log: silentLog, retries: 0 });
      expect(await rpc.request(method, [])).to.deep.equal(right);
    });
  }

  it("is not shown whole where an endpoint says a megabyte", async () => {
    const server = createServer((_, response) => {
      response.end(JSON.stringify({ error: { code: 1, message: "y".repeat(1 << 20) } }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const error = await rejection(createJsonRpc({ urls: [url], log: silentLog, retries: 0 }), "RPC_UNREACHABLE");
    expect(error.message.length).to.be.lessThan(400);
    server.closeAllConnections();
    server.close();
  });
});

describe("reading until an endpoint agrees with itself", () => {
  it("tries again, for half a minute, and stops with the signal", async () => {
    const clock = createVirtualClock(0);
    let tries = 0;
    const settled = untilSettled(async () => (++tries === 3 ? "read" : undefined), { clock, pauseMs: 100 });
    await clock.run(() => tries === 3, 1000);
    expect(await settled).to.equal("read");
    const never = untilSettled(async () => undefined, { clock, pauseMs: 100 }).catch((error: Error) => error);
    await clock.run(() => false, 31_000);
    expect(await never).to.have.property("code", "RPC_UNREACHABLE");
    const stop = new AbortController();
    const stopped = untilSettled(async () => undefined, { clock, pauseMs: 100, signal: stop.signal });
    const reason = stopped.catch((error: unknown) => error);
    stop.abort(new TypeError("enough"));
    await clock.run(() => false, 200);
    expect(await reason).to.be.instanceOf(TypeError);
  });
});

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { createJsonRpc } from "../../../../node/chain/rpc/json-rpc.ts";
import { untilSettled } from "../../../../node/chain/rpc/settled.ts";
import type { FedledgerError } from "../../../../node/core/errors/error.ts";
import type { Clock } from "../../../../node/ports/index.ts";
import { createVirtualClock } from "../../../simulation/world/virtual-clock.ts";
import { Reply, startHostileEndpoint } from "../../../support/endpoint/hostile-endpoint.ts";
import { brokenAnswers, logLies, onlyAbout, otherChain } from "../../../support/endpoint/lies.ts";
import { refusals, refuse } from "../../../support/endpoint/refusals.ts";
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
        await rejection(alone.request(method, []), "RPC_WRONG_ANSWER");
        await rejection(alone.ask(method, []), "RPC_WRONG_ANSWER");
      }
      lie = right;
      const rpc = await createJsonRpc({ urls: [liar.url], log: silentLog, retries: 0 });
      expect(await rpc.request(method, [])).to.deep.equal(right);
    });
  }

  it("sees at the door what is no answer to these logs' filter, and asks the next endpoint", async () => {
    const at = (number: number, index: number) => ({
      ...entry,
      data: "0x00",
      ...{ blockNumber: `0x${number.toString(16)}`, blockHash: `0x${number.toString(16).padStart(64, "0")}` },
      logIndex: `0x${index.toString(16)}`,
    });
    const logs = [at(1, 0), at(1, 4), at(3, 1)];
    truth = logs;
    const filter = { address: entry.address, topics: [[word]], fromBlock: "0x1", toBlock: "0x4" };
    const hostile = await startHostileEndpoint(honest.url);
    const unseen: string[] = [];
    for (const [name, script] of Object.entries(logLies)) {
      hostile.bend(onlyAbout("eth_getLogs", script));
      const alone = await createJsonRpc({ urls: [hostile.url], log: silentLog, retries: 0 });
      const outcome = await alone.ask("eth_getLogs", [filter]).catch((error: FedledgerError) => error.code);
      if (outcome !== "RPC_WRONG_ANSWER") unseen.push(name);
      const both = await createJsonRpc({ urls: [hostile.url, honest.url], log: silentLog, retries: 0 });
      if (outcome === "RPC_WRONG_ANSWER") expect(await both.request("eth_getLogs", [filter]), name).to.deep.equal(logs);
    }
    await hostile.cut();
    // What only the stored head shows.
    expect(unseen).to.deep.equal([
      ...["its last log is left out", "its first log is left out", "a log in the middle is left out"],
      ...["no logs at all", "a log of a block that nobody knows", "a log with another place in its block"],
      "a log whose data differs in one bit",
    ]);
  });

  it("takes neither a block nor a receipt for another", async () => {
    const rpc = await createJsonRpc({ urls: [honest.url], log: silentLog, retries: 0 });
    truth = block;
    expect(await rpc.request("eth_getBlockByNumber", ["0x1", false])).to.deep.equal(block);
    expect(await rpc.request("eth_getBlockByNumber", ["safe", false])).to.deep.equal(block);
    await rejection(rpc.request("eth_getBlockByNumber", ["0x2", false]), "RPC_WRONG_ANSWER");
    await rejection(rpc.request("eth_getBlockByHash", [`0x${"cd".repeat(32)}`, false]), "RPC_WRONG_ANSWER");
    truth = { blockNumber: "0x1", gasUsed: "0x1", transactionHash: word };
    await rejection(rpc.request("eth_getTransactionReceipt", [`0x${"cd".repeat(32)}`]), "RPC_WRONG_ANSWER");
  });

  for (const [name, script] of Object.entries(brokenAnswers).filter(([each]) => each !== "silence")) {
    it(`names the endpoint and goes over to the next one at ${name}`, async () => {
      truth = "0x9";
      const hostile = await startHostileEndpoint(honest.url);
      const rpc = await createJsonRpc({ urls: [hostile.url, honest.url], log: silentLog, retries: 0 });
      const alone = await createJsonRpc({ urls: [hostile.url], log: silentLog, retries: 0 });
      hostile.bend(script);
      expect(await rpc.request("eth_blockNumber", [])).to.equal("0x9");
      const error = await alone.request("eth_blockNumber", []).catch((caught: FedledgerError) => caught);
      expect(error).to.have.property("code").that.is.oneOf(["RPC_WRONG_ANSWER", "RPC_UNREACHABLE"]);
      expect((error as FedledgerError).message).to.contain(hostile.url);
      await hostile.cut();
    });
  }

  it("waits for an endpoint that is overloaded, at the start too, as long as it says", async () => {
    truth = "0x9";
    const time = { nowMs: 0 };
    const clock: Clock = {
      nowMs: () => time.nowMs,
      sleep: async (ms) => {
        time.nowMs += ms;
      },
    };
    const hostile = await startHostileEndpoint(honest.url);
    const said = { ...refusals.find(({ kind }) => kind === "rate")!, headers: { "retry-after": "10" } };
    hostile.bend(() => (time.nowMs < 30_000 ? refuse(said) : undefined));
    const rpc = await createJsonRpc({ urls: [hostile.url], log: silentLog, clock });
    expect(hostile.asked).to.have.length(4);
    expect(await rpc.request("eth_blockNumber", [])).to.equal("0x9");
    hostile.bend(() => refuse(said));
    await rejection(createJsonRpc({ urls: [hostile.url], log: silentLog, clock, busyPatienceMs: 20_000 }), "RPC_BUSY");
    expect(time.nowMs).to.be.within(50_000, 80_000);
    await hostile.cut();
  });

  it("asks at once the endpoint that does not rest", async () => {
    truth = "0x9";
    const hostile = await startHostileEndpoint(honest.url);
    const rpc = await createJsonRpc({ urls: [hostile.url, honest.url], log: silentLog });
    hostile.bend(() =>
      refuse({ ...refusals.find(({ kind }) => kind === "rate")!, headers: { "retry-after": "3600" } }),
    );
    for (let i = 0; i < 5; i++) expect(await rpc.request("eth_blockNumber", [])).to.equal("0x9");
    expect(hostile.asked.filter((method) => method === "eth_blockNumber")).to.have.length(1);
    await hostile.cut();
  });

  it("does not ask again with a key that was refused, and says so", async () => {
    const hostile = await startHostileEndpoint(honest.url);
    hostile.bend(() => refuse(refusals.find(({ kind }) => kind === "key")!));
    await rejection(createJsonRpc({ urls: [hostile.url], log: silentLog }), "RPC_KEY_REFUSED");
    expect(hostile.asked).to.have.length(1);
    await hostile.cut();
  });

  it("asks what comes back after an outage which chain it is on", async () => {
    truth = "0x9";
    const hostile = await startHostileEndpoint(honest.url);
    const rpc = await createJsonRpc({ urls: [hostile.url], log: silentLog, retries: 0 });
    hostile.bend(() => new Reply({ end: "hung-up" }));
    await rejection(rpc.request("eth_blockNumber", []), "RPC_UNREACHABLE");
    hostile.bend(otherChain(7));
    const error = await rejection(rpc.request("eth_blockNumber", []), "CHAIN_MISMATCH");
    expect(error.data).to.include({ url: hostile.url, actual: 7, expected: 1 });
    await hostile.cut();
  });

  it("is not shown whole where an endpoint says a megabyte", async () => {
    const server = createServer((_, response) => {
      response.end(JSON.stringify({ error: { code: 1, message: "y".repeat(1 << 20) } }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const error = await rejection(createJsonRpc({ urls: [url], log: silentLog, retries: 0 }), "RPC_REFUSED");
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

import { expect } from "chai";
import { type EmbeddedChain, startEmbeddedChain } from "../../../../node/chain/embedded-chain.ts";
import { createJsonRpc } from "../../../../node/chain/rpc/json-rpc.ts";
import { type HostileEndpoint, Reply, startHostileEndpoint } from "../../../support/endpoint/hostile-endpoint.ts";
import { changed, lagging } from "../../../support/endpoint/lies.ts";
import { rejection } from "../../../support/rejection.ts";
import { silentLog } from "../../../support/silent-log.ts";

describe("endpoints that must agree", () => {
  let chain: EmbeddedChain;
  let endpoints: HostileEndpoint[];
  const connect = (agree: number, which = endpoints) =>
    createJsonRpc({ urls: which.map(({ url }) => url), log: silentLog, retries: 0, agree });

  before(async () => {
    chain = await startEmbeddedChain({ port: 0, accounts: 1, blockIntervalMs: 0 });
    await chain.mine(5);
    endpoints = await Promise.all([0, 1, 2].map(() => startHostileEndpoint(chain.url)));
  });
  after(async () => {
    for (const endpoint of endpoints) await endpoint.cut();
    await chain.close();
  });
  beforeEach(() => {
    for (const endpoint of endpoints) {
      endpoint.bend();
      endpoint.asked.length = 0;
    }
  });

  const [balance, code] = [
    ["eth_getBalance", [`0x${"11".repeat(20)}`, "latest"]],
    ["eth_getCode", [`0x${"11".repeat(20)}`, "0x1"]],
  ] as const;
  const lie = changed("eth_getCode", () => "0x60");

  it("asks as many as must agree, and one more for each that contradicts", async () => {
    const rpc = await connect(2);
    for (const endpoint of endpoints) endpoint.asked.length = 0;
    expect(await rpc.request(...code)).to.equal("0x");
    expect(endpoints.map(({ asked }) => asked.length)).to.deep.equal([1, 1, 0]);
    endpoints[0]!.bend(lie);
    expect(await rpc.request(...code)).to.equal("0x");
    expect(endpoints.map(({ asked }) => asked.length)).to.deep.equal([2, 2, 1]);
    // without agreement the one in use is believed
    expect(await (await connect(1)).request(...code)).to.equal("0x60");
  });

  it("says who contradicts whom where too few say the same", async () => {
    endpoints[0]!.bend(lie);
    const rpc = await connect(2, endpoints.slice(0, 2));
    const error = await rejection(rpc.request(...code), "RPC_DISAGREE");
    expect(error.message).to.contain(`${endpoints[0]!.url} against ${endpoints[1]!.url}`);
  });

  it("goes on while one is away, and not while too many are", async () => {
    const rpc = await connect(2);
    endpoints[0]!.bend(() => new Reply({ end: "hung-up" }));
    expect(await rpc.request(...code)).to.equal("0x");
    endpoints[1]!.bend(() => new Reply({ end: "hung-up" }));
    await rejection(rpc.request(...code), "RPC_UNREACHABLE");
    await rejection(connect(2), "RPC_UNREACHABLE");
  });

  it("takes the newest block that enough of them have, by one hash", async () => {
    const newest = Number(await chain.request("eth_blockNumber"));
    const rpc = await connect(2);
    endpoints[0]!.bend(lagging(1));
    endpoints[1]!.bend(lagging(3));
    const head = () => rpc.request<{ number: string }>("eth_getBlockByNumber", ["latest", false]);
    expect(Number((await head()).number)).to.equal(newest - 1);
    expect(Number(await rpc.request("eth_blockNumber", []))).to.equal(newest - 1);
    const forged = changed("eth_getBlockByNumber", (block: object) => ({ ...block, hash: `0x${"ab".repeat(32)}` }));
    endpoints[2]!.bend(forged);
    // one that forges a head has nobody behind it: the two others' lower one counts
    expect(Number((await head()).number)).to.equal(newest - 3);
  });

  it("takes a receipt that too few have for none yet, and logs of one alone for nothing", async () => {
    const [account] = chain.accounts;
    const transaction = { from: account!.address, to: account!.address, value: "0x1" };
    const hash = await chain.request("eth_sendTransaction", [transaction]);
    const rpc = await connect(2, endpoints.slice(0, 2));
    expect(await rpc.request("eth_getTransactionReceipt", [hash])).to.have.property("transactionHash", hash);
    endpoints[0]!.bend(lagging(1));
    expect(await rpc.request("eth_getTransactionReceipt", [hash])).to.equal(null);
    const log = { address: account!.address, topics: [], data: "0x", blockNumber: "0x1", blockHash: hash };
    const invented = { ...log, logIndex: "0x0", transactionHash: hash };
    endpoints[0]!.bend(changed("eth_getLogs", () => [invented]));
    const filter = { fromBlock: "0x0", toBlock: "0x2" };
    await rejection(rpc.request("eth_getLogs", [filter]), "RPC_DISAGREE");
  });

  it("asks one alone about what is the node's own", async () => {
    const rpc = await connect(2);
    for (const endpoint of endpoints) endpoint.asked.length = 0;
    await rpc.request(...balance);
    expect(endpoints.map(({ asked }) => asked.length)).to.deep.equal([1, 0, 0]);
  });

  it("needs as many different endpoints as must agree", async () => {
    await rejection(connect(4), "INVALID_CONFIG");
    await rejection(connect(2, [endpoints[0]!, endpoints[0]!]), "INVALID_CONFIG");
  });
});

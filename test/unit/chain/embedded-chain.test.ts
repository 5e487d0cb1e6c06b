import { once } from "node:events";
import { connect } from "node:net";
import { expect } from "chai";
import { type EmbeddedChain, startEmbeddedChain } from "../../../node/chain/index.ts";
import { rejection } from "../../support/rejection.ts";

describe("the embedded chain", () => {
  let chain: EmbeddedChain;

  before(async () => {
    chain = await startEmbeddedChain({ port: 0, accounts: 3, blockIntervalMs: 0 });
  });
  after(() => chain.close());

  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(chain.url, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });
  const ask = async (body: unknown) => (await post(JSON.stringify(body))).json();
  const latest = async () =>
    (await chain.request("eth_getBlockByNumber", ["latest", false])) as { number: string; timestamp: string };

  it("serves funded accounts whose keys it tells", async () => {
    expect(await chain.request("eth_accounts")).to.deep.equal(
      chain.accounts.map(({ address }) => address.toLowerCase()),
    );
    expect(chain.accounts[0]!.address).to.equal("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    const balance = await ask({
      jsonrpc: "2.0",
      id: 5,
      method: "eth_getBalance",
      params: [chain.accounts[2]!.address, "latest"],
    });
    expect(balance).to.deep.equal({ jsonrpc: "2.0", id: 5, result: "0x21e19e0c9bab2400000" });
  });

  it("keeps the machine's time however many blocks there are in a second", async () => {
    await chain.mine(1);
    const before = await latest();
    const [from, to] = chain.accounts;
    for (let i = 0; i < 20; i++) {
      await chain.request("eth_sendTransaction", [{ from: from!.address, to: to!.address, value: "0x1" }]);
    }
    const after = await latest();
    expect(Number(after.number) - Number(before.number)).to.equal(20);
    expect(Number(after.timestamp)).to.be.at.most(Math.ceil(Date.now() / 1000));
  });

  it("moves its clock and goes back to a snapshot", async () => {
    const before = await latest();
    const snapshot = await chain.snapshot();
    await chain.increaseTime(3_600);
    expect(Number((await latest()).timestamp)).to.be.at.least(Number(before.timestamp) + 3_600);
    await chain.revert(snapshot);
    expect(await latest()).to.deep.equal(before);
  });

  it("mines on its own when told an interval", async () => {
    const ticking = await startEmbeddedChain({ port: 0, accounts: 1, blockIntervalMs: 20 });
    while (Number(await ticking.request("eth_blockNumber")) < 2);
    await ticking.close();
  });

  it("answers batches in order, and errors as geth does", async () => {
    const batch = await ask([
      { jsonrpc: "2.0", id: "a", method: "eth_chainId" },
      { jsonrpc: "2.0", id: "b", method: "no_such_method", params: [] },
      7,
    ]);
    expect(batch[0]).to.deep.equal({ jsonrpc: "2.0", id: "a", result: "0x7a69" });
    expect(batch[1]).to.nested.include({ id: "b", "error.code": -32_004 });
    expect(batch[2]).to.nested.include({ "error.code": -32_600 });
    expect(await ask([])).to.nested.include({ "error.code": -32_600 });
    expect(await ask(Array(257).fill({ id: 1, method: "eth_chainId" }))).to.nested.include({ "error.code": -32_600 });
    expect(await (await post("{")).json()).to.nested.include({ "error.code": -32_700 });
  });

  it("refuses web pages, other methods than POST, and bodies beyond 4 MiB", async () => {
    const page = await post('{"id":1,"method":"eth_chainId"}', { origin: "http://example.org" });
    expect(page.status).to.equal(403);
    expect(page.headers.get("access-control-allow-origin")).to.equal(null);
    expect((await fetch(chain.url)).status).to.equal(405);
    // By hand: fetch reports a reset when the server answers before the body's end.
    const socket = connect(Number(new URL(chain.url).port), "127.0.0.1");
    socket.on("error", () => {});
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${5 << 20}\r\n\r\n`);
    socket.write(Buffer.alloc((4 << 20) + 1, " "));
    const [answer] = await once(socket, "data");
    expect(String(answer)).to.match(/^HTTP\/1.1 413/);
    socket.destroy();
  });

  it("names a port that is taken", async () => {
    const port = Number(new URL(chain.url).port);
    await rejection(startEmbeddedChain({ port, accounts: 1 }), "ADDRESS_IN_USE");
  });
});

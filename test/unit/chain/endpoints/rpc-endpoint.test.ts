import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { allowedBlocks, suggestedBlocks } from "../../../../node/chain/endpoints/refusal-texts.ts";
import { createEndpoint } from "../../../../node/chain/endpoints/rpc-endpoint.ts";
import { FedledgerError } from "../../../../node/core/errors/error.ts";
import { createVirtualClock } from "../../../simulation/world/virtual-clock.ts";
import { refusals, refuse } from "../../../support/endpoint/refusals.ts";
import { rejection } from "../../../support/rejection.ts";

describe("a JSON-RPC endpoint", () => {
  let server: Server;
  let url: string;
  let reply: { status: number; body: string; headers?: Record<string, string> } | undefined;
  let authorization: string | undefined;

  before(async () => {
    server = createServer((request, response) => {
      authorization = request.headers.authorization;
      if (reply) response.writeHead(reply.status, reply.headers).end(reply.body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const answered = (status: number, body: unknown, method = "eth_call") => {
    reply = { status, body: typeof body === "string" ? body : JSON.stringify(body) };
    return createEndpoint(url, 2_000).ask(method, []);
  };
  const refusal = (code: number, message: string, method?: string) =>
    answered(200, { error: { code, message } }, method);

  it("gives results and errors as the node says them", async () => {
    expect(await answered(200, { id: 1, result: null })).to.deep.equal({ result: null });
    const error = { code: 3, message: "execution reverted", data: "0x12" };
    expect(await answered(200, { error })).to.deep.equal({ error });
    expect(await answered(400, { error })).to.deep.equal({ error });
  });

  it("says which fault it has: away, overloaded, no endpoint, or one that refuses who asks", async () => {
    await rejection(answered(200, "<html>"), "RPC_WRONG_ANSWER");
    await rejection(answered(404, "page not found"), "RPC_WRONG_ANSWER");
    await rejection(answered(200, {}), "RPC_WRONG_ANSWER");
    await rejection(answered(200, "null"), "RPC_WRONG_ANSWER");
    await rejection(answered(200, ""), "RPC_WRONG_ANSWER");
    await rejection(answered(200, { id: 7, result: 1 }), "RPC_WRONG_ANSWER");
    await rejection(answered(200, { result: 1 }), "RPC_WRONG_ANSWER");
    await rejection(answered(429, "<html>"), "RPC_BUSY");
    await rejection(answered(429, { id: 1, result: 1 }), "RPC_BUSY");
    await rejection(answered(401, ""), "RPC_KEY_REFUSED");
    await rejection(answered(403, "<html>"), "RPC_KEY_REFUSED");
    await rejection(answered(502, { id: 1, result: 1 }), "RPC_UNREACHABLE");
    await rejection(answered(500, { error: { code: -32_603, message: "internal" } }), "RPC_UNREACHABLE");
    await rejection(refusal(-32_005, "limit exceeded"), "RPC_BUSY");
    await rejection(refusal(-32_000, "Too Many Requests"), "RPC_BUSY");
    await rejection(answered(200, { error: "invalid api key" }), "RPC_KEY_REFUSED");
    expect(await refusal(-32_005, "query returned more than 10000 results", "eth_getLogs")).to.have.property("error");
    reply = undefined;
    await rejection(createEndpoint(url, 20).ask("eth_call", []), "RPC_UNREACHABLE");
    await rejection(createEndpoint("http://127.0.0.1:1", 2_000).ask("eth_call", []), "RPC_UNREACHABLE");
  });

  it("takes a contract's own words for an answer, whatever they speak of", async () => {
    for (const message of [
      "execution reverted: Unauthorized",
      "execution reverted: rate limit",
      "out of gas: capacity",
    ]) {
      expect(await refusal(3, message)).to.have.nested.property("error.message", message);
    }
    const error = { code: -32_000, message: "too many requests", data: "0x08c379a0" };
    expect(await answered(200, { error })).to.deep.equal({ error });
  });

  for (const said of refusals) {
    it(`understands ${said.provider}: "${said.message.slice(0, 60)}" (HTTP ${said.status})`, async () => {
      for (const status of [said.status, 200, 400, 500]) {
        const own = refuse({ ...said, status }, { from: "0x10", to: "0x1f" });
        reply = { status, body: own.body(1), headers: { ...own.headers } };
        const asked = createEndpoint(url, 2_000).ask("eth_getLogs", []);
        if (said.kind === "rate") await rejection(asked, "RPC_BUSY");
        else if (said.kind === "key") await rejection(asked, "RPC_KEY_REFUSED");
        else expect(await asked).to.have.nested.property("error.code", said.code);
      }
      const inWords = said.message.replace("{from}", "0x10").replace("{to}", "0x19");
      if (said.blocks !== undefined) expect(allowedBlocks(inWords)).to.equal(said.blocks);
      if (said.kind === "results") expect(suggestedBlocks(inWords)).to.equal(10);
    });
  }

  it("rests as long as it wants to be left alone, and finds its pace", async () => {
    const clock = createVirtualClock(0);
    const endpoint = createEndpoint(url, 2_000, clock);
    reply = { status: 429, body: "", headers: { "retry-after": "7" } };
    await rejection(endpoint.ask("eth_call", []), "RPC_BUSY");
    expect(endpoint.restMs()).to.equal(7_000);
    reply = { status: 200, body: '{"id":2,"result":1}' };
    let isAnswered = false;
    const next = endpoint.ask("eth_call", []).then(() => {
      isAnswered = true;
    });
    await clock.run(() => false, 6_999);
    expect(isAnswered).to.equal(false);
    await clock.run(() => false, 1);
    await next;
    expect(clock.nowMs()).to.equal(7_000);
  });

  it("stops with the caller's reason", async () => {
    reply = undefined;
    const abort = new AbortController();
    const asked = createEndpoint(url, 60_000).ask("eth_call", [], abort.signal);
    const reason = new TypeError("enough");
    abort.abort(reason);
    expect(await asked.catch((error: unknown) => error)).to.equal(reason);
  });

  it("sends user information as such, and shows no keys", async () => {
    reply = { status: 200, body: '{"id":1,"result":1}' };
    const secret = url.replace("http://", "http://us%40er:pass@");
    await createEndpoint(`${secret}/v3/KEY?token=KEY`, 2_000).ask("eth_call", []);
    expect(authorization).to.equal(`Basic ${Buffer.from("us@er:pass").toString("base64")}`);
    reply = { status: 500, body: "" };
    const error = await rejection(
      createEndpoint(`${secret}/v3/KEY?token=KEY`, 2_000).ask("eth_call", []),
      "RPC_UNREACHABLE",
    );
    expect(error.message).to.not.match(/KEY|pass/);
  });

  it("is the URL of HTTP or of a WebSocket", () => {
    for (const bad of ["", "localhost", "ftp://127.0.0.1:1", "file:///x"]) {
      expect(() => createEndpoint(bad, 1))
        .to.throw(FedledgerError)
        .with.property("code", "INVALID_CONFIG");
    }
  });
});

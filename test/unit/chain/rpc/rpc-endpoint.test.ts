import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { createEndpoint } from "../../../../node/chain/rpc/rpc-endpoint.ts";
import { FedledgerError } from "../../../../node/core/errors/error.ts";
import { rejection } from "../../../support/rejection.ts";

describe("a JSON-RPC endpoint", () => {
  let server: Server;
  let url: string;
  let reply: { status: number; body: string; headers?: Record<string, string> } | undefined;
  let authorization: string | undefined;

  before(async () => {
    server = createServer((request, response) => {
      authorization = request.headers.authorization;
      if (reply) response.writeHead(reply.status).end(reply.body);
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
    expect(await answered(200, { result: null })).to.deep.equal({ result: null });
    const error = { code: 3, message: "execution reverted", data: "0x12" };
    expect(await answered(200, { error })).to.deep.equal({ error });
    expect(await answered(400, { error })).to.deep.equal({ error });
  });

  it("is of no use when it is overloaded, broken, silent or not there", async () => {
    await rejection(answered(200, "<html>"), "RPC_UNREACHABLE");
    await rejection(answered(200, {}), "RPC_UNREACHABLE");
    await rejection(answered(200, "null"), "RPC_UNREACHABLE");
    await rejection(answered(429, { result: 1 }), "RPC_UNREACHABLE");
    await rejection(answered(502, { result: 1 }), "RPC_UNREACHABLE");
    await rejection(refusal(-32_005, "limit exceeded"), "RPC_UNREACHABLE");
    await rejection(refusal(-32_000, "Too Many Requests"), "RPC_UNREACHABLE");
    expect(await refusal(-32_005, "query returned more than 10000 results", "eth_getLogs")).to.have.property("error");
    reply = undefined;
    await rejection(createEndpoint(url, 20).ask("eth_call", []), "RPC_UNREACHABLE");
    await rejection(createEndpoint("http://127.0.0.1:1", 2_000).ask("eth_call", []), "RPC_UNREACHABLE");
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
    reply = { status: 200, body: '{"result":1}' };
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

  it("is an HTTP URL", () => {
    for (const bad of ["", "localhost", "ws://127.0.0.1:1", "file:///x"]) {
      expect(() => createEndpoint(bad, 1))
        .to.throw(FedledgerError)
        .with.property("code", "INVALID_CONFIG");
    }
  });
});

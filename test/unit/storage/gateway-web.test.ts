import { connect } from "node:net";
import { expect } from "chai";
import { cidOf } from "../../../node/core/bytes/content-id.ts";
import { createGateway, createHeliaStore, type Gateway, type HeliaStore } from "../../../node/storage/index.ts";
import { testBlob } from "../../support/blobs.ts";
import { expectCode } from "../../support/expect-code.ts";
import { silentLog as log } from "../../support/silent-log.ts";

/** What a socket is answered to these bytes until it is closed: status, headers by lower-case name, body. */
async function answerTo(gateway: Gateway, request: string | readonly string[]) {
  const socket = connect(Number(new URL(gateway.url()).port), "127.0.0.1");
  const parts: Buffer[] = [];
  socket.on("data", (part) => parts.push(part)).on("error", () => {});
  const closed = new Promise((resolve) => socket.once("close", resolve));
  for (const part of [request].flat()) socket.write(part as string);
  await closed;
  const text = Buffer.concat(parts).toString("latin1");
  const [head = "", ...body] = text.split("\r\n\r\n");
  const [line = "", ...lines] = head.split("\r\n");
  const headers = new Map(lines.map((each) => [each.split(": ")[0]?.toLowerCase(), each.split(": ").slice(1).join()]));
  return { status: Number(line.split(" ")[1]), headers, body: body.join("\r\n\r\n") };
}

describe("a gateway on the web", () => {
  const bytes = testBlob(1_000, 1);
  const page = "https://audit.example";
  let behind: HeliaStore;
  let gateway: Gateway;
  let isPublic = false;
  let path: string;
  before(async () => {
    behind = await createHeliaStore({ log });
    await behind.start();
    path = `/ipfs/${cidOf(await behind.put(bytes), bytes.length)}?format=raw`;
    gateway = createGateway({
      blocks: behind.blocks,
      isPublic: () => isPublic,
      origins: [page],
      names: ["node.example"],
      requestMs: 300,
      log,
    });
    await gateway.start();
  });
  let slow: Gateway | undefined;
  beforeEach(() => {
    isPublic = false;
  });
  afterEach(async () => {
    await slow?.stop();
    slow = undefined;
  });
  after(async () => {
    await gateway.stop();
    await behind.stop();
  });

  const ask = (headers: Record<string, string>, method = "GET", target = path) => {
    const all = { host: "127.0.0.1", connection: "close", ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    return answerTo(gateway, `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`);
  };

  it("is not read by a page whose name was turned to it, where its blobs are for members", async () => {
    for (const host of ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example", "a b"]) {
      expect((await ask({ host })).status, host).to.equal(421);
    }
    for (const host of ["127.0.0.1:8080", "[::1]:80", "localhost", "a.localhost", "node.example", "audit.example"]) {
      expect((await ask({ host })).status, host).to.equal(200);
    }
    isPublic = true;
    expect((await ask({ host: "evil.example" })).status, "what is for everybody").to.equal(200);
  });

  it("lets pages of any origin read what is for everybody, and of named ones what is not", async () => {
    const of = async (origin: string) => {
      const { status, headers } = await ask({ origin });
      expect(status).to.equal(200);
      return [headers.get("access-control-allow-origin"), headers.get("cross-origin-resource-policy")];
    };
    expect(await of("https://evil.example")).to.deep.equal([undefined, "same-origin"]);
    expect(await of("null")).to.deep.equal([undefined, "same-origin"]);
    expect(await of(page)).to.deep.equal([page, "cross-origin"]);
    expect((await ask({})).headers.get("vary")).to.equal("origin");
    isPublic = true;
    expect(await of("https://evil.example")).to.deep.equal(["*", "cross-origin"]);
  });

  it("answers a page of a public network's preflight only where that may read", async () => {
    const preflight = async (origin: string) => {
      const asked = {
        origin,
        "access-control-request-private-network": "true",
        "access-control-request-method": "GET",
      };
      const { status, headers } = await ask(asked, "OPTIONS");
      expect(status).to.equal(204);
      return headers.get("access-control-allow-private-network");
    };
    expect(await preflight("https://evil.example")).to.equal(undefined);
    expect(await preflight(page)).to.equal("true");
  });

  it("takes no origin that is none", async () => {
    for (const origin of ["*", "audit.example", "file:///", ""]) {
      await expectCode("INVALID_CONFIG", async () => createGateway({ blocks: behind.blocks, origins: [origin], log }));
    }
  });

  for (const [range, status, from, to] of [
    ["bytes=0-9", 206, 0, 10],
    ["bytes=990-", 206, 990, 1_000],
    ["bytes=-5", 206, 995, 1_000],
    ["bytes=-5000", 206, 0, 1_000],
    ["bytes=10-5000", 206, 10, 1_000],
    ["BYTES=1-1", 206, 1, 2],
    // passed over: several parts, another unit, nonsense
    ["bytes=0-1,5-6", 200, 0, 1_000],
    ["lines=0-1", 200, 0, 1_000],
    ["bytes=9-1", 200, 0, 1_000],
    ["bytes=-", 200, 0, 1_000],
  ] as const) {
    it(`answers ${range} with ${status} and ${to - from} bytes`, async () => {
      const { status: given, headers, body } = await ask({ range });
      expect(given).to.equal(status);
      expect(Buffer.from(body, "latin1").equals(bytes.subarray(from, to))).to.equal(true);
      expect(headers.get("content-range")).to.equal(status === 206 ? `bytes ${from}-${to - 1}/1000` : undefined);
      expect(headers.get("accept-ranges")).to.equal("bytes");
    });
  }

  it("answers a range of nothing with 416, and a HEAD, or a changed tag, as if no range were asked", async () => {
    for (const range of ["bytes=1000-", "bytes=-0"]) {
      const { status, headers } = await ask({ range });
      expect([status, headers.get("content-range")], range).to.deep.equal([416, "bytes */1000"]);
    }
    const head = await ask({ range: "bytes=0-9" }, "HEAD");
    expect([head.status, head.headers.get("content-length"), head.body]).to.deep.equal([200, "1000", ""]);
    expect((await ask({ range: "bytes=0-9", "if-range": '"other"' })).status).to.equal(200);
    const tag = head.headers.get("etag") as string;
    expect((await ask({ range: "bytes=0-9", "if-range": tag })).status).to.equal(206);
    for (const known of [tag, `"other", W/${tag}`, "*"]) {
      expect((await ask({ "if-none-match": known })).status, known).to.equal(304);
    }
  });

  for (const [what, status, request] of [
    ["what is no HTTP", 400, "nonsense\r\n\r\n"],
    ["a target that is no URL", 400, "GET http://[ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"],
    ["two slashes", 400, "GET // HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"],
    ["no Host", 400, "GET / HTTP/1.1\r\n\r\n"],
    ["two lengths", 400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
    ["headers that are too long", 431, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`],
    ["headers that do not end", 408, "GET / HTTP/1.1\r\nHost: localhost\r\nX: "],
    ["a body that does not come", 405, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"],
  ] as const) {
    it(`answers ${what} with ${status}, and goes on`, async () => {
      const answer = await answerTo(gateway, request);
      expect(answer.status).to.equal(status);
      expect((await ask({})).status).to.equal(200);
    });
  }

  it("gives up who reads too slowly", async () => {
    const big = await behind.put(testBlob(1 << 20, 2));
    slow = createGateway({ blocks: behind.blocks, responseMs: 200, log });
    await slow.start();
    const socket = connect(Number(new URL(slow.url()).port), "127.0.0.1");
    socket.on("error", () => {});
    const closed = new Promise((resolve) => socket.once("close", resolve));
    const request = `GET /ipfs/${cidOf(big, 1 << 20)}?format=raw HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    // many at once, so that the answers do not fit into the buffers of the line
    for (let i = 0; i < 32; i++) socket.write(request);
    socket.pause();
    setTimeout(() => socket.resume(), 1_000);
    await closed;
    expect(socket.bytesRead).to.be.lessThan(32 << 20);
  });
}).timeout(15_000);

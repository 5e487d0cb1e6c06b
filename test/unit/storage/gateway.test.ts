import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { cidOf, contentIdOf } from "../../../node/core/bytes/content-id.ts";
import {
  createContentSource,
  createGateway,
  createGatewayStore,
  createHeliaStore,
  createKuboStore,
  createLayeredStore,
  type Gateway,
  gatewayMultiaddr,
  gatewayUrls,
  type HeliaStore,
} from "../../../node/storage/index.ts";
import { testBlob } from "../../support/blobs.ts";
import { expectCode } from "../../support/expect-code.ts";
import { startKuboShim } from "../../support/processes/kubo-shim.ts";
import { silentLog as log } from "../../support/silent-log.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

describe("gateways and other content sources", () => {
  const bytes = testBlob(3_000_000, 1);
  const lengthBytes = bytes.length;
  let behind: HeliaStore;
  let gateway: Gateway;
  let contentId: `0x${string}`;
  before(async () => {
    behind = await createHeliaStore({ log });
    await behind.start();
    contentId = await behind.put(bytes);
    gateway = createGateway({ blocks: behind.blocks, isPublic: () => true, log });
    await gateway.start();
  });
  after(async () => {
    await gateway.stop();
    await behind.stop();
  });

  it("asks the next gateway beside one that is silent, also of a list of sources", async () => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const minutes = createGatewayStore([url, gateway.url() ?? ""], { timeoutMs: 600_000 });
    expect(await minutes.get(contentId, { lengthBytes })).to.deep.equal(bytes);
    const listed = await createContentSource(`${url},${gateway.url()}`);
    expect(await listed.get(contentId, { lengthBytes })).to.deep.equal(bytes);
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
  }).timeout(20_000);
  const ask = (path: string, init?: RequestInit) => fetch(`${gateway.url()}${path}`, init);
  const path = () => `/ipfs/${cidOf(contentId, lengthBytes)}`;

  it("serves a block as the specification says", async () => {
    const response = await ask(`${path()}?format=raw`);
    expect(response.status).to.equal(200);
    expect(response.headers.get("content-type")).to.equal("application/vnd.ipld.raw");
    expect(response.headers.get("cache-control")).to.match(/immutable/);
    expect(response.headers.get("access-control-allow-origin")).to.equal("*");
    expect(response.headers.get("etag")).to.equal(`"${cidOf(contentId, lengthBytes)}.raw"`);
    const block = new Uint8Array(await response.arrayBuffer());
    const byHeader = await ask(path(), { headers: { accept: "application/vnd.ipld.raw" } });
    expect(new Uint8Array(await byHeader.arrayBuffer())).to.deep.equal(block);
    const head = await ask(`${path()}?format=raw`, { method: "HEAD" });
    expect(head.headers.get("content-length")).to.equal(String(block.length));
    expect((await head.arrayBuffer()).byteLength).to.equal(0);
  });

  for (const [what, status, target, init] of [
    ["other formats", 406, "?format=car", {}],
    ["no format", 406, "", {}],
    ["other methods", 405, "?format=raw", { method: "POST" }],
    ["paths below a CID", 404, "/file?format=raw", {}],
    ["preflights", 204, "?format=raw", { method: "OPTIONS" }],
  ] as const) {
    it(`answers ${what} with ${status}`, async () => {
      expect((await ask(path() + target, init)).status).to.equal(status);
    });
  }

  it("answers absent blocks with 404, nonsense with 400, known tags with 304", async () => {
    const absent = cidOf(await contentIdOf(testBlob(10, 2)), 10);
    expect((await ask(`/ipfs/${absent}?format=raw`)).status).to.equal(404);
    expect((await ask("/ipfs/nonsense?format=raw")).status).to.equal(400);
    expect((await ask("/?format=raw")).status).to.equal(404);
    const headers = { "if-none-match": `"${cidOf(contentId, lengthBytes)}.raw"` };
    expect((await ask(`${path()}?format=raw`, { headers })).status).to.equal(304);
  });

  it("says where it is, in the registry's words too", () => {
    expect(gatewayUrls([gateway.multiaddr(), "/ip4/127.0.0.1/tcp/4001"])).to.deep.equal([gateway.url()]);
    expect(
      gatewayUrls([
        "/ip6/::1/tcp/80/http",
        "/dns4/a.example/tcp/443/tls/http",
        "/dns/b.example/tcp/8443/https",
        "nonsense",
      ]),
    ).to.deep.equal(["http://[::1]:80", "https://a.example:443", "https://b.example:8443"]);
    expect(gatewayMultiaddr("::1", 80)).to.equal("/ip6/::1/tcp/80/http");
    expect(gatewayMultiaddr("a.example", 80)).to.equal("/dns/a.example/tcp/80/http");
  });

  it("cannot take a port twice", async () => {
    const port = Number(new URL(gateway.url()).port);
    await expectCode("ADDRESS_IN_USE", () => createGateway({ blocks: behind.blocks, port, log }).start());
  });

  /** A server that answers everything with these bytes. */
  async function liar(answer: Uint8Array) {
    const server = createServer((_request, response) => response.end(answer));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { url, stop: () => new Promise((resolve) => server.close(resolve)) };
  }

  it("passes over a gateway that lies or is away, and says BLOB_CORRUPT when no other has it", async () => {
    for (const answer of [testBlob(100, 3), testBlob(2_000_000, 4)]) {
      const lying = await liar(answer);
      const both = createGatewayStore([lying.url, "http://127.0.0.1:1", gateway.url()]);
      expect(Buffer.compare(await both.get(contentId, { lengthBytes }), bytes)).to.equal(0);
      await expectCode("BLOB_CORRUPT", () => createGatewayStore([lying.url]).get(contentId, { lengthBytes }));
      const layered = createLayeredStore([createGatewayStore([lying.url]), createGatewayStore(["http://127.0.0.1:1"])]);
      await expectCode("BLOB_CORRUPT", () => layered.get(contentId, { lengthBytes }));
      const saved = createLayeredStore([createGatewayStore([lying.url]), behind]);
      expect(Buffer.compare(await saved.get(contentId, { lengthBytes }), bytes)).to.equal(0);
      await lying.stop();
    }
  });

  it("names sources by text", async () => {
    const directory = await temporaryDirectory();
    const onDisk = await createHeliaStore({ directory: directory.path, log });
    await onDisk.start();
    await onDisk.put(bytes);
    const shim = await startKuboShim();
    await createKuboStore({ url: shim.url }).put(bytes);
    for (const text of [
      gateway.url(),
      `${gateway.url()}/`,
      `kubo:${shim.url}`,
      `dir:${directory.path}`,
      `http://127.0.0.1:1, ${gateway.url()}`,
    ]) {
      const store = await createContentSource(text);
      expect(Buffer.compare(await store.get(contentId, { lengthBytes }), bytes), text).to.equal(0);
    }
    await onDisk.stop();
    await shim.stop();
    await directory.remove();
    for (const text of ["", "dir:", "ftp://a.example", "kubo:127.0.0.1"]) {
      await expectCode("INVALID_CONFIG", () => createContentSource(text));
    }
    await expectCode("FILE_NOT_FOUND", () => createContentSource(`dir:${directory.path}`));
  });
});

describe("Kubo store", () => {
  it("asks for more links a node only above Kubo's own default, and gets the profile's CID", async function () {
    this.timeout(60_000);
    const shim = await startKuboShim();
    const bytes = testBlob(175 * (1 << 20), 5);
    expect(await createKuboStore({ url: shim.url }).put(bytes)).to.equal(await contentIdOf(bytes));
    await shim.stop();
  });

  it("refuses a daemon that makes other CIDs", async () => {
    const shim = await startKuboShim();
    shim.stubbornChunkBytes = 256 * 1024;
    await expectCode("STORAGE_FAILED", () => createKuboStore({ url: shim.url }).put(testBlob(1_000_000, 6)));
    await shim.stop();
  });

  it("refuses false bytes", async () => {
    const shim = await startKuboShim();
    const store = createKuboStore({ url: shim.url });
    const bytes = testBlob(100, 7);
    const contentId = await store.put(bytes);
    shim.lies.set(cidOf(contentId, 100).toString(), testBlob(100, 8));
    await expectCode("BLOB_CORRUPT", () => store.get(contentId, { lengthBytes: 100 }));
    await shim.stop();
  });

  it("sends its authorization, and says when it is refused or nobody answers", async () => {
    const shim = await startKuboShim({ authorization: "Bearer secret" });
    await createKuboStore({ url: shim.url, authorization: "Bearer secret" }).put(testBlob(10, 9));
    await expectCode("STORAGE_FAILED", () => createKuboStore({ url: shim.url }).put(testBlob(10, 9)));
    await shim.stop();
    await expectCode("STORE_UNREACHABLE", () => createKuboStore({ url: shim.url }).put(testBlob(10, 9)));
    await expectCode("INVALID_CONFIG", () => createKuboStore({ url: "127.0.0.1:5001" }));
  });
});

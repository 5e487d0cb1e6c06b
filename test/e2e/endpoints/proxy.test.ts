import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { testAccount } from "../../../node/chain/index.ts";
import { createGateway, createHeliaStore, type HeliaStore } from "../../../node/storage/index.ts";
import { startTellingEndpoint, type TellingEndpoint } from "../../support/endpoint/telling-endpoint.ts";
import { type PlayedTask, startPlayedTask } from "../../support/played/played-task.ts";
import { runFedledger, startFedledger } from "../../support/processes/fedledger-process.ts";
import { canIsolate, isolated, startProxy, type TestProxy, wayOutPort } from "../../support/processes/proxy.ts";
import { silentLog } from "../../support/silent-log.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const hasNamespaces = canIsolate();

describe(`behind a proxy, in a network without another way out${hasNamespaces ? "" : " (skipped: no unshare -n here)"}`, function () {
  this.timeout(180_000);
  let task: PlayedTask;
  let proxy: TestProxy;
  let telling: TellingEndpoint;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let gateway: ReturnType<typeof createGateway>;
  let blobs: HeliaStore;
  const env = { HTTP_PROXY: `http://127.0.0.1:${wayOutPort}`, HTTPS_PROXY: "", NO_PROXY: "" };
  const command = (args: readonly string[]) => isolated(proxy.path, args);

  before(async function () {
    if (!hasNamespaces) this.skip();
    folder = await temporaryDirectory();
    task = await startPlayedTask();
    const committed = await task.commitAll();
    await task.close();
    const { proposal } = await task.propose(committed);
    await task.attest(proposal);
    blobs = await createHeliaStore({ log: silentLog });
    await blobs.start();
    for (const bytes of task.store.blobs.values()) await blobs.put(bytes);
    gateway = createGateway({ blocks: blobs.blocks, names: ["blobs.test"], log: silentLog });
    await gateway.start();
    telling = await startTellingEndpoint(task.fixture.url);
    proxy = await startProxy(join(folder.path, "proxy"), {
      "chain.test:8545": Number(new URL(task.fixture.url).port),
      "told.test:8546": Number(new URL(telling.url).port),
      "blobs.test:80": Number(new URL(gateway.url()).port),
    });
  });
  after(async () => {
    proxy?.close();
    await telling?.cut(true);
    await gateway?.stop();
    await blobs?.stop();
    await task?.fixture.close();
    await folder?.remove();
  });

  const record = () => ["--rpc", "http://chain.test:8545", "--federation", task.fixture.federation, "--json"];
  const audit = () => ["audit", ...record(), "--content", "http://blobs.test"];

  it("audits the record by the endpoint, and the blobs by the gateway", async () => {
    const { code, events, stderr } = await runFedledger(audit(), { env, command });
    const verdict = events.find(({ event }) => event === "verdict");
    expect(verdict, stderr).to.include({ exitCode: code });
    expect(code, stderr).to.equal(0);
    expect(new Set(proxy.asked)).to.deep.equal(new Set(["chain.test:8545", "blobs.test:80"]));
  });

  it("audits over a WebSocket, too", async () => {
    const args = audit().map((arg) => (arg.startsWith("http://chain") ? "ws://told.test:8546" : arg));
    proxy.asked.length = 0;
    const { code, stderr } = await runFedledger(args, { env, command });
    expect(code, stderr).to.equal(0);
    expect(new Set(proxy.asked)).to.deep.equal(new Set(["told.test:8546", "blobs.test:80"]));
  });

  it("reaches nothing without its proxy, nor with one that the environment excepts", async () => {
    for (const other of [
      { ...env, HTTP_PROXY: "" },
      { ...env, NO_PROXY: ".test" },
    ]) {
      const { code, stderr } = await runFedledger(audit(), { env: other, command });
      expect(stderr).to.contain("RPC_UNREACHABLE");
      expect(code).to.equal(5);
    }
  });

  it("says which variable is no proxy's URL", async () => {
    const { code, stderr } = await runFedledger(audit(), { env: { ...env, HTTP_PROXY: "proxy:3128" }, command });
    expect(stderr).to.contain("INVALID_CONFIG").and.contain("HTTP_PROXY");
    expect(code).to.equal(2);
  });

  it("takes part: a participant's transactions go by the proxy", async () => {
    const inputs = Array.from({ length: 99 }, (_, i) => `x${i}`);
    const rows = Array.from({ length: 12 }, (_, row) => [...inputs.map((_, i) => (i + row) % 7), row].join(","));
    const data = join(folder.path, "data.csv");
    await writeFile(data, [[...inputs, "y"].join(","), ...rows].join("\n"));
    const { participants, url } = task.fixture;
    const at = participants.length - 1;
    const key = participants[at]!.privateKey;
    const dev = Array.from({ length: 20 }, (_, i) => i).find((i) => testAccount(i).privateKey === key);
    const args = ["participant", ...record(), "--dev-account", String(dev), "--data", data];
    const node = startFedledger([...args, "--dir", join(folder.path, "node"), "--gateway", "off"], { env, command });
    const registered = async () =>
      (await task.reader.members()).find(({ account }) => account === participants[at]!.account)?.contact;
    const ended = node.finished.then(({ stderr }) => expect.fail(stderr));
    await Promise.race([ended, waitFor(async () => (await registered()) !== undefined)]);
    expect(url).to.not.contain("chain.test");
    node.child.kill("SIGTERM");
    await ended.catch(() => {});
  });
});

/** Resolves once it is so. */
async function waitFor(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 100));
}

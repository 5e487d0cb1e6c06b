import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync, renameSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { projectFolder, startFedledger } from "../support/processes/fedledger-process.ts";
import { until } from "../support/processes/until.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const federation = "0x00000000000000000000000000000000000000aa";
const main = join(projectFolder, "node", "cli", "main.ts");

/** An endpoint that takes a question and never answers. */
async function silentEndpoint() {
  const asked = Promise.withResolvers<void>();
  const server: Server = createServer(() => asked.resolve()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: asked.promise, close };
}

/** Its exit code, or the signal that ended it. */
async function endOf(child: ChildProcess): Promise<number | string> {
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  return signal ?? code ?? "neither";
}

describe("a command that is stopped", function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let endpoint: Awaited<ReturnType<typeof silentEndpoint>>;
  beforeEach(async () => {
    folder = await temporaryDirectory();
    endpoint = await silentEndpoint();
  });
  afterEach(async () => {
    endpoint.close();
    await folder.remove();
  });

  const asking = {
    "a command": () => ["audit", "--rpc", endpoint.url, "--federation", federation],
    "a node": () => [
      ...["participant", "--rpc", endpoint.url, "--federation", federation, "--task", "1", "--data", "digits"],
      ...["--dev-account", "1", "--dir", folder.path],
    ],
  };
  for (const [what, args] of Object.entries(asking)) {
    it(`ends at the first SIGTERM while an endpoint does not answer: ${what}`, async () => {
      const command = startFedledger(args());
      await endpoint.asked;
      command.child.kill("SIGTERM");
      const ended = await command.finished;
      expect(ended.stderr).to.contain("INTERRUPTED: Stopped on request.");
      expect(ended.code).to.equal(143);
    });
  }

  for (const [signal, code] of [
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const) {
    it(`says so, with a code and a remedy, at ${signal}`, async () => {
      const demo = startFedledger(["demo", "--rounds", "1", "--json", "--participants", "2", "--out", folder.path]);
      await demo.until(({ event }) => event !== undefined);
      demo.child.kill(signal);
      const ended = await demo.finished;
      expect(ended.stderr).to.contain("INTERRUPTED: Stopped on request.");
      expect(ended.stderr, "a stack trace").not.to.match(/^ {4}at /m);
      expect(ended.code).to.equal(code);
    });
  }

  it("takes a signal said twice for one, as a terminal and npm say it, and a later one for the second", async () => {
    // its blocks stop a while after the first signal: until then it is asked again and again
    const program = join(projectFolder, "node", "cli", "options", "stop-signal.ts");
    const script = `
      import { stopSignal } from ${JSON.stringify(program)};
      stopSignal().addEventListener("abort", () => console.log("stopping"));
      setInterval(() => {}, 1_000);
      console.log("ready");`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (data: Buffer) => {
      said += data.toString();
    });
    const ended = endOf(child);
    while (!said.includes("ready")) await once(child.stdout, "data");
    const began = performance.now();
    for (const signal of ["SIGINT", "SIGINT", "SIGTERM"] as const) child.kill(signal);
    while (!said.includes("stopping")) await once(child.stdout, "data");
    const again = setInterval(() => child.kill("SIGTERM"), 100);
    expect(await ended).to.equal(143);
    clearInterval(again);
    expect(performance.now() - began).to.be.greaterThan(900);
  });

  it("without a terminal, opens its log anew at SIGHUP and goes on", async () => {
    const log = join(folder.path, "node.log");
    const args = ["chain", "--port", "0", "--json", "--log-file", log];
    const chain = startFedledger(args);
    await chain.until(({ event }) => event === "chain");
    renameSync(log, `${log}.1`);
    chain.child.kill("SIGHUP");
    await until(() => existsSync(log) || chain.child.exitCode !== null);
    expect(chain.child.exitCode).to.equal(null);
    chain.child.kill("SIGTERM");
    expect((await chain.finished).code).to.equal(0);
  });

  it("ends where the process is gone that passes signals on to it, killed", async () => {
    const wrapper = `
      import { runNode } from ${JSON.stringify(join(projectFolder, "scripts", "run-node.mjs"))};
      await runNode(process.execPath, process.argv.slice(1), { isProgram: true });`;
    const args = ["--input-type=module", "--eval", wrapper, main, "chain", "--port", "0", "--json"];
    const outer = spawn(process.execPath, args, {
      cwd: projectFolder,
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    let said = "";
    outer.stdout.on("data", (data: Buffer) => {
      said += data.toString();
    });
    while (!said.includes("\n")) await once(outer.stdout, "data");
    const closed = once(outer.stdout, "close");
    outer.kill("SIGKILL");
    // the chain holds the other end of its standard output until it has ended
    const timer = setTimeout(() => process.kill(-(outer.pid ?? 0), "SIGKILL"), 30_000);
    const began = performance.now();
    await closed;
    clearTimeout(timer);
    expect(performance.now() - began).to.be.lessThan(30_000);
    const { url } = JSON.parse(said) as { url: string };
    await fetch(url).then(
      () => expect.fail("the chain goes on"),
      () => {},
    );
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`hears ${signal} through the process that passes signals on, once, and ends with its own code`, async () => {
      const wrapper = `
        import { runNode } from ${JSON.stringify(join(projectFolder, "scripts", "run-node.mjs"))};
        await runNode(process.execPath, process.argv.slice(1), { isProgram: true });`;
      const args = ["--input-type=module", "--eval", wrapper, main, "chain", "--port", "0", "--json"];
      const outer = spawn(process.execPath, args, { cwd: projectFolder, stdio: ["ignore", "pipe", "inherit"] });
      await once(outer.stdout, "data");
      const ended = endOf(outer);
      outer.kill(signal);
      expect(await ended).to.equal(0);
    });
  }
});

describe("output that cannot be written", function () {
  this.timeout(60_000);
  before(function () {
    if (!existsSync("/dev/full")) this.skip();
  });

  /** A command whose standard output is a full disk; `said()`: its standard error. */
  function startFull(args: readonly string[]) {
    const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", openSync("/dev/full", "w"), "pipe"] });
    let said = "";
    child.stderr?.on("data", (data: Buffer) => {
      said += data.toString();
    });
    return { child, said: () => said };
  }

  it("does not end what runs until it is stopped, and is told then", async () => {
    const port = await freePort();
    const { child, said } = startFull(["chain", "--port", String(port)]);
    const ask = { method: "POST", body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}' };
    const answers = () =>
      fetch(`http://127.0.0.1:${port}`, ask).then(
        ({ ok }) => ok,
        () => false,
      );
    await until(answers);
    await answers();
    child.kill("SIGTERM");
    expect(await endOf(child)).to.equal(1);
    expect(said()).to.match(/OUTPUT_LOST: .*ENOSPC/);
  });

  it("is a failure where a result was asked for", async () => {
    const { child, said } = startFull(["--help"]);
    expect(await endOf(child)).to.equal(1);
    expect(said()).to.match(/OUTPUT_LOST: .*ENOSPC/);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

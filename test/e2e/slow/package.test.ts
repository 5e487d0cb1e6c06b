import { execFile, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { expect } from "chai";
import {
  type Chain,
  chooseTask,
  createAggregator,
  createKeystore,
  createParticipant,
  createReceipt,
  createTask,
  createTrainer,
  type EmbeddedChain,
  type FederationNode,
  foundFederation,
  openFederationAs,
  startEmbeddedChain,
} from "../../../node/api/index.ts";
import { projectFolder } from "../../support/processes/fedledger-process.ts";
import { copyExamples, installPacked, type PackedPackage } from "../../support/processes/packed-package.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const run = promisify(execFile);
const password = "of the example";

describe("the package as it is packed", function () {
  this.timeout(600_000);
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let packed: PackedPackage;
  before(async () => {
    directory = await temporaryDirectory();
    packed = await installPacked(directory.path);
  });
  after(() => directory.remove());

  /** Runs a program of the application; its output and exit code. */
  const node = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const options = { cwd: packed.app, env: { ...process.env, ...env }, maxBuffer: 1 << 26 };
    return await run(process.execPath, [...args], options).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
  };

  it("has the built code with types, the contracts, the data and the examples, and no source or test", () => {
    for (const path of ["dist/node/api/index.js", "dist/node/api/index.d.ts", "dist/data/digits.csv.gz", "README.md"])
      expect(packed.files).to.include(path);
    expect(packed.files.filter((path) => /^(node|test|contracts)\//.test(path))).to.deep.equal([]);
  });

  it("is typed: the examples, and a wrong option, are told by the compiler", async () => {
    await copyExamples(packed);
    await writeFile(
      join(packed.app, "wrong.ts"),
      'import { openRecord } from "fedledger";\n' +
        "// @ts-expect-error there is no such option\n" +
        'await openRecord({ endpoint: "http://127.0.0.1", federation: "0x12", taskID: 1 });\n',
    );
    const compilerOptions = { module: "nodenext", target: "es2024", strict: true, noEmit: true, types: ["node"] };
    const typeRoots = [join(projectFolder, "node_modules", "@types")];
    await writeFile(join(packed.app, "package.json"), '{ "type": "module", "private": true }');
    await writeFile(
      join(packed.app, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { ...compilerOptions, typeRoots }, include: ["*.ts"] }),
    );
    const { code, stdout } = await node([join(projectFolder, "node_modules", "typescript", "bin", "tsc"), "-p", "."]);
    expect(stdout).to.equal("");
    expect(code).to.equal(0);
  });

  it("loads behind each door what its work needs, and no node for an audit", async () => {
    await writeFile(
      join(packed.app, "loads.mjs"),
      `import { registerHooks } from "node:module";
       const names = new Set();
       registerHooks({
         resolve(name, context, next) {
           if (/^(@[a-z]|[a-z])/.test(name) && !name.startsWith("node:")) names.add(name.split("/")[0]);
           return next(name, context);
         },
       });
       await import(process.argv[2]);
       console.log(JSON.stringify([...names]));`,
    );
    const loadedBy = async (door: string) => JSON.parse((await node(["loads.mjs", door])).stdout) as string[];
    const without = (names: readonly string[], ...others: string[]) =>
      expect(names.filter((name) => others.includes(name))).to.deep.equal([]);
    without(await loadedBy("fedledger/receipt"), "ethers", "pino", "kubo-rpc-client");
    without(await loadedBy("fedledger/audit"), "helia", "libp2p", "hardhat", "@tensorflow");
    // Helia comes with the first store that is opened
    expect(await loadedBy("fedledger")).to.include.members(["ethers", "libp2p"]);
  });

  it("runs the demo to a verified audit, in a folder with nothing else", async () => {
    const command = join(packed.folder, "bin", "fedledger.mjs");
    const { code, stdout } = await node([command, "demo", "--rounds", "2", "--participants", "3"]);
    expect(stdout).to.contain("VERIFIED");
    expect(code).to.equal(0);
  });

  describe("the examples", () => {
    let local: EmbeddedChain;
    let admin: Chain;
    const nodes: FederationNode[] = [];
    before(async () => {
      await copyExamples(packed);
      local = await startEmbeddedChain({ port: 0, accounts: 5, blockIntervalMs: 250 });
      admin = await playUntilComplete(local, nodes, packed.app);
    });
    after(async () => {
      for (const each of nodes) await each.close();
      await local.close();
    });
    const record = () => [local.url, admin.federation];

    it("audit.ts finds the task verified", async () => {
      const { code, stdout, stderr } = await node(["audit.ts", ...record()]);
      expect(stderr).to.equal("");
      expect(stdout).to.match(/^round 1: verified\nround 2: verified\nverified: 2 rounds, model 0x[0-9a-f]{64}\n$/);
      expect(code).to.equal(0);
    });

    it("receipt.ts proves the participant's update, and nothing of a changed receipt", async () => {
      const participant = local.accounts[2]!.address;
      const receipt = await createReceipt({ chain: admin, taskId: 1 }, { participant });
      await writeFile(join(packed.app, "receipt.json"), JSON.stringify(receipt));
      const proven = await node(["receipt.ts", ...record(), "receipt.json"]);
      expect(proven.stdout).to.contain(`proven: round 2 has the update of ${participant}; in its model`);
      expect(proven.code).to.equal(0);
      await writeFile(join(packed.app, "receipt.json"), JSON.stringify({ ...receipt, round: 1 }));
      const changed = await node(["receipt.ts", ...record(), "receipt.json"]);
      expect(changed.stdout).to.contain("it proves nothing");
      expect(changed.code).to.equal(3);
    });

    it("predict.mjs predicts with the model of the last round", async () => {
      const { stdout } = await node(["predict.mjs", ...record(), "900,75,4.5"]);
      const [, round, chance] = /^model of round (\d): (0\.\d{3}|1\.000)\n$/.exec(stdout) ?? [];
      expect(round).to.equal("2");
      expect(Number(chance)).to.be.greaterThan(0.5);
    });
  });
});

/**
 * A federation with an aggregator and two participants in this process, and examples/participant.ts as the third, until
 * the task is complete. The nodes stay: they serve its blobs.
 */
async function playUntilComplete(local: EmbeddedChain, nodes: FederationNode[], app: string): Promise<Chain> {
  const endpoint = local.url;
  const [owner, aggregator, ...members] = local.accounts;
  const { address: federation } = await foundFederation({ endpoint, account: owner! });
  const admin = await openFederationAs({ endpoint, federation, account: owner! });
  await admin.send({ kind: "grantRole", role: "aggregator", account: aggregator!.address });
  for (const { address } of members) await admin.send({ kind: "grantRole", role: "participant", account: address });
  const choice = await chooseTask({
    ...{ spec: join(app, "task.json"), participants: 3, rounds: 2, minUpdates: 3, maxUpdates: 3 },
    ...{ commitWindow: 60, aggregateWindow: 30, attestWindow: 30 },
  });
  await createTask(admin, { ...choice, startWithinS: 120 });
  const common = { endpoint, federation, linger: true };
  nodes.push(
    await createAggregator({ ...common, account: aggregator!, directory: join(app, "aggregator") }),
    ...(await Promise.all(
      members.slice(1).map((account, index) =>
        createParticipant({
          ...{ ...common, account, directory: join(app, `member-${index}`) },
          trainer: ({ spec }) => createTrainer({ spec, examples: someExamples(index) }),
        }),
      ),
    )),
  );
  for (const node of nodes) node.start();
  const stop = await startExample(app, [endpoint, federation], members[0]!);
  try {
    const signal = AbortSignal.timeout(180_000);
    let accepted = 0;
    for await (const { events } of admin.follow(1, { signal })) {
      accepted += events.filter(({ name }) => name === "RoundAccepted").length;
      if (accepted === 2) return admin;
    }
    throw signal.reason;
  } finally {
    await stop();
  }
}

/** examples/participant.ts with its own keystore; resolves once it has started, with how to stop it. */
async function startExample(
  app: string,
  record: readonly string[],
  { privateKey }: { readonly privateKey: string },
): Promise<() => Promise<void>> {
  const path = join(app, "participant.json");
  await createKeystore({ path, password, privateKey, scryptN: 1 << 12 });
  const child = spawn(process.execPath, ["participant.ts", ...record, "participant.json"], {
    cwd: app,
    env: { ...process.env, FEDLEDGER_PASSWORD: password },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const lines = createInterface({ input: child.stdout });
  const started = new Promise<void>((resolve) => {
    lines.on("line", (line) => {
      if (line.endsWith("has started")) resolve();
    });
  });
  await Promise.race([
    started,
    ended.then(() => {
      throw new Error("examples/participant.ts has ended before it started");
    }),
  ]);
  return async () => {
    child.kill("SIGINT");
    await ended;
  };
}

/** Records like those of the example, from a seed. */
function someExamples(seed: number) {
  const inputs = Array.from({ length: 200 }, (_, i) => [
    (i * 37 + seed * 11) % 1000,
    20 + ((i * 13 + seed * 7) % 60),
    ((i * 29 + seed * 3) % 50) / 10,
  ]);
  const fails = ([hours = 0, celsius = 0, vibration = 0]: readonly number[]) =>
    hours / 500 + celsius / 40 + vibration / 2 > 3.5;
  return { inputs, labels: inputs.map((row) => Number(fails(row))) };
}

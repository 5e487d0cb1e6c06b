import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { projectFolder } from "../support/processes/fedledger-process.ts";
import { type ReadmeBlock, readmeBlocks } from "../support/processes/readme-commands.ts";

// Every command of the README and of the guide is run as it stands there: `npx fedledger` by the clone's own link,
// `npm start` and `npm test` by the CI itself (they are what runs this test).
const runByCi = ["npm start", "npm test"];

describe("the README and the guide", function () {
  this.timeout(240_000);
  const blocks = ["README.md", join("docs", "guide.md")].flatMap((path) => readmeBlocks(join(projectFolder, path)));
  const folder = mkdtempSync(join(tmpdir(), "fedledger-readme-"));
  const running: ChildProcess[] = [];
  const environment: Record<string, string> = {};
  /** What the commands that stay have said so far. */
  const told = new Map<string, string>();

  before(() => {
    for (const name of [
      "node_modules",
      "package.json",
      "hardhat.config.ts",
      "contracts",
      "artifacts",
      "cache",
      "docs",
    ]) {
      symlinkSync(join(projectFolder, name), join(folder, name));
    }
  });
  after(async () => {
    await Promise.all(running.toReversed().map(stop));
    rmSync(folder, { recursive: true, force: true });
  });

  it("have all their commands in blocks that say how they run", () => {
    expect(blocks.filter(({ stays }) => stays)).to.have.length(5);
    expect(blocks.flatMap(({ commands }) => commands).length).to.be.greaterThan(20);
  });

  for (const block of blocks) {
    for (const command of block.commands) {
      if (runByCi.includes(command)) continue;
      it(command, () => (block.stays ? stay(command, block) : run(command)));
    }
  }

  it("have all three hospitals train in every round, and told each that it waited for the others", () => {
    const hospitals = [...told].filter(([command]) => command.includes("participant"));
    expect(hospitals).to.have.length(3);
    for (const [command, said] of hospitals) {
      for (let round = 1; round <= 5; round++) expect(said, command).to.contain(`round ${round}: trained on`);
    }
    expect(hospitals.some(([, said]) => /waiting: [12] of 3 enrolled/.test(said))).to.equal(true);
  });

  it("have left an audit report and a model", () => {
    expect(readFileSync(join(folder, "audit.html"), "utf8")).to.contain("<!doctype html>");
    expect(readFileSync(join(folder, "model.safetensors")).length).to.be.greaterThan(100);
  });

  it("deploy by Hardhat Ignition as its users expect", async () => {
    // in the project's own folder: in another one the compiled contracts are not found, and compiled once more
    const journal = `readme-${process.pid}`;
    const deploy = "npx hardhat ignition deploy ignition/modules/Federation.ts --network localhost";
    try {
      await run(`${deploy} --deployment-id ${journal}`, projectFolder);
    } finally {
      rmSync(join(projectFolder, "ignition", "deployments", journal), { recursive: true, force: true });
    }
  });

  async function run(command: string, cwd = folder): Promise<void> {
    const assigned = /^export (\w+)=(\S+)$/.exec(command);
    if (assigned) {
      environment[assigned[1] as string] = assigned[2] as string;
      return;
    }
    const child = launch(command, cwd);
    let said = "";
    child.stdout?.on("data", (data: Buffer) => (said += data.toString()));
    child.stderr?.on("data", (data: Buffer) => (said += data.toString()));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(code, said).to.equal(0);
  }

  async function stay(command: string, { ready }: ReadmeBlock): Promise<void> {
    const child = launch(command);
    running.push(child);
    let said = "";
    await new Promise<void>((resolve, reject) => {
      const hear = (data: Buffer) => {
        said += data.toString();
        told.set(command, said);
        if (said.includes(ready ?? "")) resolve();
      };
      child.stdout?.on("data", hear);
      child.stderr?.on("data", hear);
      child.once("close", (code) => reject(new Error(`${command} ended with ${code}: ${said}`)));
    });
  }

  function launch(command: string, cwd = folder): ChildProcess {
    const PATH = [join(projectFolder, "node_modules", ".bin"), process.env.PATH ?? ""].join(delimiter);
    return spawn(command.replace(/^npx (fedledger|hardhat)/, "$1"), {
      shell: true,
      cwd,
      env: { ...process.env, ...environment, PATH },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
  }
});

/** Ends a command and whatever its shell started. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const closed = new Promise((resolve) => child.once("close", resolve));
  process.kill(-child.pid, "SIGINT");
  await closed;
}

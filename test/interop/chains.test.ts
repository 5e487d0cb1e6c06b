import { join } from "node:path";
import { expect } from "chai";
import { type Running, runFedledger, startFedledger } from "../support/processes/fedledger-process.ts";
import { commandOf, type ForeignChain, startAnvil, startGeth } from "../support/processes/foreign-chains.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// The guide's federation on chains that others wrote: contracts, three hospitals and an aggregator, each a process, by
// the commands alone. geth: `go install github.com/ethereum/go-ethereum/cmd/geth@latest`; anvil:
// `npm install @foundry-rs/anvil`, or Foundry's own installer. GETH and ANVIL name commands that are not on the path.
const password = { FEDLEDGER_PASSWORD: "of the test" };
const rounds = 4;

/** What a test does to the chain while its federation trains. */
type Trouble = (chain: ForeignChain, aggregator: Running) => Promise<void>;

async function until(aggregator: Running, kind: string, round: number): Promise<void> {
  await aggregator.until((event) => event.kind === kind && event.round === round);
}

/** Founds a federation, has it train to its last round, and audits it; `more` goes to every command that reads. */
async function federate(chain: ForeignChain, folder: string, more: readonly string[], trouble: Trouble) {
  const at = (name: string) => join(folder, name);
  const done = async (line: string, ...args: readonly string[]) => {
    const ran = await runFedledger([...line.split(" "), ...args, "--json"], { env: password, cwd: folder });
    expect(ran.code, `${line}: ${ran.stdout}${ran.stderr}`).to.equal(0);
    return ran.events.at(-1) as Record<string, unknown>;
  };
  const hospitals = [1, 2, 3].map((number) => at(`hospital-${number}.json`));
  for (const keystore of [at("admin.json"), at("aggregator.json"), ...hospitals]) {
    const { account } = await done("keys create", "--keystore", keystore);
    if (keystore === at("admin.json")) await chain.fund(account as string, 100);
  }
  const admin = ["--rpc", chain.url, "--keystore", at("admin.json")];
  const { federation } = await done("deploy", ...admin);
  const record = [...admin, "--federation", federation as string, ...more];
  const task = ["--data", "breast-cancer", "--participants", "3", "--rounds", `${rounds}`];
  await done("task create", ...task, ...record);
  await done("member add --role aggregator --fund 1", at("aggregator.json"), ...record);
  await done("member add --role participant --fund 1", ...hospitals, ...record);
  await done("invite", "--task", "1", "--out", at("invitation.json"), ...record);
  const start = (role: string, keystore: string, ...args: readonly string[]) =>
    startFedledger([role, "--invitation", at("invitation.json"), "--keystore", keystore, ...more, ...args, "--json"], {
      env: password,
      cwd: folder,
    });
  const aggregator = start("aggregator", at("aggregator.json"));
  const data = (part: number) => ["--data", "breast-cancer", "--part", `${part}/3`];
  const nodes = [aggregator, ...hospitals.map((keystore, i) => start("participant", keystore, ...data(i)))];
  try {
    await Promise.all([trouble(chain, aggregator), ...nodes.map((node) => node.until((e) => e.kind === "complete"))]);
    const audited = ["--federation", federation as string, "--rpc", chain.url, ...more];
    return await done("audit", ...audited);
  } finally {
    for (const { child } of nodes) child.kill("SIGINT");
    await Promise.all(nodes.map(({ finished }) => finished));
  }
}

describe("a federation on the chains of others", function () {
  this.timeout(600_000);
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let chain: ForeignChain | undefined;
  beforeEach(async () => {
    folder = await temporaryDirectory();
  });
  afterEach(async () => {
    await chain?.stop();
    chain = undefined;
    await folder.remove();
  });

  it("trains on go-ethereum, at its safe blocks, and audits clean", async function () {
    const command = commandOf("geth", "version");
    if (command === undefined) {
      process.stdout.write("      no geth: go install github.com/ethereum/go-ethereum/cmd/geth@latest, or GETH=path\n");
      return this.skip();
    }
    chain = await startGeth(command, folder.path);
    const verdict = await federate(chain, folder.path, [], async () => {});
    expect(verdict).to.deep.include({ verdict: "verified", complete: true, findings: [] });
  });

  it("trains on anvil through reorganisations and a restart, and audits clean", async function () {
    const command = commandOf("anvil", "--version");
    if (command === undefined) {
      process.stdout.write("      no anvil: npm install @foundry-rs/anvil, or ANVIL=path\n");
      return this.skip();
    }
    chain = await startAnvil(command, folder.path, 4_242);
    const verdict = await federate(chain, folder.path, ["--confirmations", "1"], async (anvil, aggregator) => {
      // its last three blocks, with the opening of a round, and then with updates, become others without them
      await until(aggregator, "round-opened", 2);
      await anvil.request("anvil_reorg", [3, []]);
      await until(aggregator, "update-recorded", 3);
      await anvil.request("anvil_reorg", [3, []]);
      await until(aggregator, "round-opened", 4);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await anvil.stop();
      await anvil.restart();
    });
    expect(verdict).to.deep.include({ verdict: "verified", complete: true, findings: [] });
  });
});

import { join } from "node:path";
import { expect } from "chai";
import { testAccount } from "../../node/chain/index.ts";
import { runFedledger, startFedledger } from "../support/processes/fedledger-process.ts";
import { ipfsCommand, type KuboDaemon, startKubo } from "../support/processes/kubo-daemon.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const rounds = 3;

// The guide's federation by its commands: three hospitals and an aggregator, each a process, with what keeps their
// blobs a Kubo daemon for one of them, or for all.
describe("a federation of members whose blobs a Kubo daemon keeps", function () {
  this.timeout(600_000);
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let daemons: KuboDaemon[] = [];
  before(function () {
    if (ipfsCommand !== undefined) return;
    process.stdout.write("      no ipfs: test/support/processes/kubo-daemon.ts says how to build it, or IPFS=path\n");
    this.skip();
  });
  beforeEach(async () => {
    folder = await temporaryDirectory();
  });
  afterEach(async () => {
    for (const daemon of daemons) await daemon.stop();
    daemons = [];
    await folder.remove();
  });

  /**
   * Trains to the last round, and gives two audits' verdicts: one from the members' gateways, one from the first
   * daemon.
   *
   * @param kept whose blobs a daemon keeps: the aggregator is 0, then the hospitals
   */
  async function federate(kept: readonly number[], trouble: (daemon: KuboDaemon) => Promise<void> = async () => {}) {
    const chain = startFedledger(["chain", "--port", "0", "--json"], { cwd: folder.path });
    const { url } = (await chain.until(({ url: at }) => typeof at === "string")) as { url: string };
    const done = async (line: string, ...args: readonly string[]) => {
      const all = [...line.split(" "), "--rpc", url, ...args, "--json"];
      const ran = await runFedledger(all, { cwd: folder.path });
      expect(ran.code, `${line}: ${ran.stdout}${ran.stderr}`).to.equal(0);
      return ran.events.at(-1) as Record<string, unknown>;
    };
    const { federation } = await done("deploy --dev-account 0");
    const record = ["--federation", federation as string];
    const admin = ["--dev-account", "0", ...record];
    await done(`task create --data breast-cancer --participants 3 --rounds ${rounds}`, ...admin);
    const accounts = [1, 2, 3, 4].map((index) => testAccount(index).address);
    await done("member add --role aggregator", accounts[0] as string, ...admin);
    await done("member add --role participant", ...accounts.slice(1), ...admin);
    daemons = await Promise.all(kept.map(startKubo));
    const nodes = accounts.map((_, index) => {
      const role =
        index === 0 ? ["aggregator"] : ["participant", "--data", "breast-cancer", "--part", `${index - 1}/3`];
      const daemon = daemons[kept.indexOf(index)];
      const ipfs = daemon === undefined ? [] : ["--ipfs", daemon.rpc];
      const own = ["--dev-account", `${index + 1}`, "--dir", join(folder.path, `node-${index}`)];
      const args = [...role, "--rpc", url, ...record, "--task", "1", ...own, ...ipfs, "--json"];
      return startFedledger(args, { cwd: folder.path });
    });
    try {
      const [aggregator] = nodes as [(typeof nodes)[number]];
      const troubled = aggregator
        .until(({ kind, round }) => kind === "round-opened" && round === 2)
        .then(() => trouble(daemons[0] as KuboDaemon));
      await Promise.all([troubled, ...nodes.map((node) => node.until(({ kind }) => kind === "complete"))]);
      return [
        await done("audit --task 1", ...record),
        await done("audit --task 1", ...record, "--content", `kubo:${(daemons[0] as KuboDaemon).rpc}`),
      ];
    } finally {
      for (const { child } of [...nodes, chain]) child.kill("SIGINT");
      await Promise.all([...nodes, chain].map(({ finished }) => finished));
    }
  }

  const verified = { verdict: "verified", complete: true, findings: [] };

  it("trains where one member has one, which dies in the middle of a round", async () => {
    const verdicts = await federate([1], async (daemon) => {
      await daemon.kill();
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      await daemon.restart();
    });
    for (const verdict of verdicts) expect(verdict).to.deep.include(verified);
  });

  it("trains where all have one", async () => {
    for (const verdict of await federate([0, 1, 2, 3])) expect(verdict).to.deep.include(verified);
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { requireTestChain } from "../../../../node/api/index.ts";
import { type EmbeddedChain, startEmbeddedChain } from "../../../../node/chain/index.ts";
import { commands } from "../../../../node/cli/commands/index.ts";
import { type HostileEndpoint, startHostileEndpoint } from "../../../support/endpoint/hostile-endpoint.ts";
import { runInProcess } from "../../../support/processes/run-command.ts";
import { rejection } from "../../../support/rejection.ts";

const nowhere = "0x00000000000000000000000000000000000000aa";
const record = `--federation ${nowhere} --rpc RPC --dev-account 0`;

/** A line of each command that signs with an account of the settings. */
const lines: Readonly<Record<string, string>> = {
  deploy: "deploy --rpc RPC --dev-account 0",
  "member add": `member add ${nowhere} --role participant ${record}`,
  "member remove": `member remove ${nowhere} --role participant ${record}`,
  "member set": `member set ${nowhere} --clearance 1 ${record}`,
  invite: `invite --out invitation.json ${record}`,
  "bond release": `bond release ${record}`,
  "bond withdraw": `bond withdraw ${record}`,
  "task create": `task create --data breast-cancer ${record}`,
  "task record": `task record approval 0x${"11".repeat(32)} ${record}`,
  participant: `participant --data breast-cancer --dir node ${record}`,
  aggregator: `aggregator --dir node ${record}`,
  watch: `watch --dir node ${record}`,
  "grant create": `grant create --auditor 0x${"22".repeat(32)} --out grant.json ${record}`,
};
/** Those that only read with it, or name it. */
const readers = [
  "audit",
  "bond show",
  "keys create",
  "keys show",
  "model export",
  "model evaluate",
  "model predict",
  "task show",
];

describe("a test account, whose key everybody has", () => {
  const folder = mkdtempSync(join(tmpdir(), "fedledger-test-account-"));
  const cwd = process.cwd();
  let other: EmbeddedChain;
  let endpoint: HostileEndpoint;

  before(async () => {
    other = await startEmbeddedChain({ port: 0, accounts: 2, chainId: 4_242, blockIntervalMs: 0 });
    endpoint = await startHostileEndpoint(other.url);
    process.chdir(folder);
  });
  after(async () => {
    process.chdir(cwd);
    await endpoint.cut();
    await other.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [name, line] of Object.entries(lines)) {
    it(`is refused by ${name} on another chain, before anything is asked of it but its number`, async () => {
      endpoint.asked.length = 0;
      const { events, exit } = await runInProcess([...line.replaceAll("RPC", endpoint.url).split(" "), "--json"]);
      const error = events.find(({ event }) => event === "error");
      expect(error).to.include({ code: "TEST_ACCOUNT_REFUSED" });
      expect(String(error?.message)).to.include("4242");
      expect(exit).to.equal(2);
      expect(endpoint.asked.filter((method) => !/^eth_(?:chainId|getBlockByNumber)$/.test(method))).to.deep.equal([]);
    });
  }

  it("is a setting of no other command", () => {
    const all = commands().flatMap((command) =>
      command.commands.length === 0
        ? [{ name: command.name(), command }]
        : command.commands.map((sub) => ({ name: `${command.name()} ${sub.name()}`, command: sub })),
    );
    const taking = all.filter(({ command }) => command.options.some(({ long }) => long === "--dev-account"));
    const known = [...Object.keys(lines), ...readers];
    expect(taking.map(({ name }) => name).filter((name) => !known.includes(name))).to.deep.equal([]);
  });

  it("is taken on this machine, and of a test client elsewhere, but not of another one's chain of that number", async () => {
    const test = await startEmbeddedChain({ port: 0, accounts: 1, blockIntervalMs: 0 });
    const remote = await startHostileEndpoint(test.url);
    // any name of this machine that is not one of the loopback's usual ones
    const url = remote.url.replace("127.0.0.1", "0.0.0.0");
    await requireTestChain({ endpoint: remote.url });
    await requireTestChain({ endpoint: url });
    remote.bend((method) => (method === "web3_clientVersion" ? "Geth/v1.17" : undefined));
    const error = await rejection(requireTestChain({ endpoint: [remote.url, url] }), "TEST_ACCOUNT_REFUSED");
    expect(error.data.url).to.equal(url);
    await remote.cut();
    await test.close();
  });
});

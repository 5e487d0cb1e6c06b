import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createKeystore, type EmbeddedChain, startEmbeddedChain } from "../../node/chain/index.ts";
import { type ErrorCode, errorCatalogue } from "../../node/core/errors/error-catalogue.ts";
import { canonicalTaskSpec } from "../../node/core/task/task-spec.ts";
import { taskPreset } from "../../node/training/index.ts";
import { startFedledger } from "../support/processes/fedledger-process.ts";
import { runInProcess } from "../support/processes/run-command.ts";

// What a clumsy user types: each line must end with its code of the catalogue, a remedy, that code's exit code, one
// JSON line for programs, no stack trace, and no file left behind. `FEDERATION`, `RPC` and `BUSY` stand for what the
// test has made.
type Case = readonly [code: ErrorCode, line: string, env?: Readonly<Record<string, string>>];

const nowhere = "0x00000000000000000000000000000000000000aa";
const record = "--federation FEDERATION --rpc RPC";
const node = `${record} --dev-account 0 --task 1 --dir node`;

const withoutChain: readonly Case[] = [
  ["WRONG_USE", "nonsense"],
  ["WRONG_USE", "audit --nonsense 3"],
  ["WRONG_USE", "audit --json --task"],
  ["WRONG_USE", "member add"],
  ["WRONG_USE", "data split digits breast-cancer --out new"],
  ["INVALID_CONFIG", "audit"],
  ["INVALID_CONFIG", "audit --federation 0x12"],
  ["INVALID_CONFIG", `audit --federation ${nowhere} --task -1`],
  ["INVALID_CONFIG", `audit --federation ${nowhere} --task 99999999999`],
  ["INVALID_CONFIG", `audit --federation ${nowhere} --rpc nonsense`],
  ["INVALID_CONFIG", `audit --federation ${nowhere}`, { FEDLEDGER_TASK: "first" }],
  ["INVALID_CONFIG", `participant --federation ${nowhere} --data x.csv`, { FEDLEDGER_MDNS: "perhaps" }],
  ["RPC_UNREACHABLE", `audit --federation ${nowhere} --rpc http://127.0.0.1:9`],
  ["FILE_NOT_FOUND", "doctor --config none.json"],
  ["FILE_UNREADABLE", "doctor --config ."],
  ["UNKNOWN_OPTION", "doctor --config unknown-key.json"],
  ["INVALID_CONFIG", "doctor --config wrong-type.json"],
  ["INVALID_CONFIG", "doctor --config garbage.txt"],
  ["FILE_UNWRITABLE", "doctor --log-file garbage.txt/log"],
  ["INVALID_CONFIG", "chain --port 99999"],
  ["ADDRESS_IN_USE", "chain --port BUSY"],
  ["INVALID_CONFIG", "keys create --keystore new.json --password-file empty.csv"],
  ["INVALID_CONFIG", "keys create --keystore new.json", { FEDLEDGER_PASSWORD: "" }],
  ["FILE_EXISTS", "keys create --keystore key.json", { FEDLEDGER_PASSWORD: "x" }],
  ["FILE_UNWRITABLE", "keys create --keystore garbage.txt/new.json", { FEDLEDGER_PASSWORD: "x" }],
  ["WRONG_PASSWORD", "keys show --keystore key.json", { FEDLEDGER_PASSWORD: "wrong" }],
  ["FILE_NOT_FOUND", "keys show --keystore key.json --password-file none"],
  ["FILE_NOT_FOUND", "keys show --keystore none.json", { FEDLEDGER_PASSWORD: "x" }],
  ["FILE_UNREADABLE", "keys show --keystore garbage.txt", { FEDLEDGER_PASSWORD: "x" }],
  ["INVALID_CONFIG", "data split nothing --out new"],
  ["INVALID_CONFIG", "data split digits --out new --partition nonsense"],
  ["FILE_UNWRITABLE", "data split digits --out garbage.txt"],
  ["INVALID_CONFIG", "demo --participants 65"],
  ["INVALID_CONFIG", "demo --learning-rate NaN"],
  ["INVALID_CONFIG", "demo --partition nonsense --out new"],
  ["INVALID_CONFIG", "demo --data diabetes --model cnn --out new"],
  ["FILE_NOT_FOUND", "demo --data mnist:none --out new"],
  ["FILE_UNWRITABLE", "demo --out garbage.txt"],
  ["FILE_EXISTS", "demo --out full"],
];

const withChain: readonly Case[] = [
  ["NO_CODE", `audit --federation ${nowhere} --rpc RPC`],
  ["UNKNOWN_TASK", `audit ${record} --task 9`],
  ["UNKNOWN_TASK", `model export ${record} --task 9 --out new`],
  ["INVALID_CONFIG", `model export ${record} --round 7 --out new`],
  ["FILE_EXISTS", `audit ${record} --report garbage.txt`],
  ["FILE_UNWRITABLE", `audit ${record} --report garbage.txt/report.html`],
  ["FILE_UNWRITABLE", `audit ${record} --report full`],
  ["UNKNOWN_TASK", `watch ${record} --dev-account 0 --task 9 --dir node`],
  ["UNKNOWN_TASK", `aggregator ${record} --dev-account 0 --task 9 --dir node`],
  ["UNKNOWN_TASK", `participant --data digits ${record} --dev-account 0 --task 9 --dir node`],
  ["INVALID_CONFIG", `task create --data digits --model linear ${record} --dev-account 0`],
  ["INVALID_TEST_SET", `task create --spec other-test-set.json ${record} --dev-account 0`],
  ["INVALID_CONFIG", `receipt create ${record} --participant 0x12`],
  ["NO_RECEIPT", `receipt create ${record} --participant ${nowhere} --round 1`],
  ["FILE_UNREADABLE", `receipt verify garbage.txt ${record}`],
  ["NO_ACCOUNT", `member add ${nowhere} --role participant ${record}`],
  ["INVALID_CONFIG", `member add ${nowhere} --role king ${record} --dev-account 0`],
  ["INVALID_CONFIG", `member add ${nowhere} --role participant --fund -1 ${record} --dev-account 0`],
  ["TRANSACTION_REVERTED", `member add ${nowhere} --role participant ${record} --dev-account 3`],
  ["INSUFFICIENT_FUNDS", `member add ${nowhere} --role participant --fund 20000 ${record} --dev-account 0`],
  ["WRONG_USE", `bond add 1 ${record} --dev-account 0`],
  ["NO_ACCOUNT", `bond withdraw ${record}`],
  ["INVALID_CONFIG", `bond show ${record}`],
  ["INVALID_CONFIG", `bond show 0x12 ${record}`],
  ["NOTHING_TO_TAKE", `bond withdraw ${record} --dev-account 0`],
  ["NOTHING_TO_TAKE", `bond release ${record} --dev-account 0`],
  ["INVALID_CONFIG", `task create --data digits --bond 1,5 ${record} --dev-account 0`],
  ["FILE_NOT_FOUND", `task create --data digits --test-set none.csv ${record} --dev-account 0`],
  ["INVALID_DATA", `task create --data breast-cancer --test-set missing-column.csv ${record} --dev-account 0`],
  ["WRONG_USE", `task record approval ${record} --dev-account 0`],
  ["INVALID_CONFIG", `task record 256 0x${"11".repeat(32)} ${record} --dev-account 0`],
  ["FILE_NOT_FOUND", `task record approval none.pdf ${record} --dev-account 0`],
  ["TRANSACTION_REVERTED", `task record approval 0x${"11".repeat(32)} ${record} --dev-account 3`],
  ["FILE_NOT_FOUND", `participant --data breast-cancer --invitation none.json`],
  ["INVALID_INVITATION", `participant --data breast-cancer --invitation garbage.txt`],
  ["FILE_NOT_FOUND", `participant --data breast-cancer --statement none.txt ${node}`],
  ["TRANSACTION_REVERTED", `task create --data digits --bond 0.000001 ${record} --dev-account 0`],
  ["INVALID_CONFIG", `task create --data digits --min-updates 60 --max-updates 3 ${record} --dev-account 0`],
  ["INVALID_TASK_SPEC", `task create --spec garbage.txt ${record} --dev-account 0`],
  ["FILE_NOT_FOUND", `participant --data none.csv ${node}`],
  ["INVALID_DATA", `participant --data digits ${node}`],
  ["INVALID_DATA", `participant --data missing-column.csv ${node}`],
  ["INVALID_DATA", `participant --data not-a-number.csv ${node}`],
  ["INVALID_DATA", `participant --data wrong-label.csv ${node}`],
  ["INVALID_DATA", `participant --data open-quote.csv ${node}`],
  ["TOO_LITTLE_DATA", `participant --data header-only.csv ${node}`],
  ["TOO_LITTLE_DATA", `participant --data empty.csv ${node}`],
  ["INVALID_DATA", `participant --data garbage.txt ${node}`],
  ["INVALID_CONFIG", `participant --data breast-cancer --part 5/5 ${node}`],
  ["TOO_LITTLE_DATA", `participant --data breast-cancer --part 0/600 ${node}`],
  ["INVALID_CONFIG", `participant --data breast-cancer --gateway 127.0.0.1:99999 ${node}`],
  ["ADDRESS_IN_USE", `participant --data breast-cancer --gateway 127.0.0.1:BUSY ${node}`],
  ["INVALID_CONFIG", `participant --data breast-cancer --listen nonsense ${node}`],
  ["FOLDER_UNUSABLE", `participant --data breast-cancer ${node} --dir garbage.txt`],
];

const columns = Array.from({ length: 30 }, (_, i) => `c${i}`);
const header = [...columns, "diagnosis"].join(",");
const row = (label: string, first = "1") => [first, ...columns.slice(1).map(() => "2"), label].join(",");
const files: Readonly<Record<string, string>> = {
  "garbage.txt": "this is nothing that anybody would take for a table, a key or JSON\nneither\n",
  "unknown-key.json": JSON.stringify({ rcp: "http://127.0.0.1:8545" }),
  "wrong-type.json": JSON.stringify({ rpc: ["http://127.0.0.1:8545"] }),
  "missing-column.csv": `${columns.join(",")}\n${columns.map(() => "1").join(",")}\n`,
  "not-a-number.csv": `${header}\n${row("benign", "NaN")}\n`,
  "wrong-label.csv": `${header}\n${row("perhaps")}\n`,
  "open-quote.csv": `${header}\n"${row("benign")}\n`,
  "header-only.csv": `${header}\n`,
  "empty.csv": "",
  "other-test-set.json": canonicalTaskSpec({
    ...taskPreset("breast-cancer").spec,
    testSet: { contentId: `0x${"44".repeat(32)}` as const, examples: 114 },
  }),
};

describe("bad input", function () {
  this.timeout(240_000);
  const folder = mkdtempSync(join(tmpdir(), "fedledger-bad-"));
  const cwd = process.cwd();
  let chain: EmbeddedChain;
  let federation = "";
  let made: string[];

  before(async () => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    mkdirSync(join(folder, "full", "something"), { recursive: true });
    await createKeystore({ path: join(folder, "key.json"), password: "x", scryptN: 2 });
    chain = await startEmbeddedChain({ port: 0, accounts: 4 });
    made = readdirSync(folder).toSorted();
    process.chdir(folder);
    const deployed = await run("deploy --dev-account 0 --rpc RPC");
    federation = String(deployed.events.find(({ event }) => event === "deployed")?.federation);
    const created = await run(`task create --data breast-cancer ${record} --dev-account 0`);
    expect(created.exit, created.stderr).to.equal(0);
  });
  after(async () => {
    process.chdir(cwd);
    await chain.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a command in this process: loading it seventy times would take a minute. */
  function run(line: string, env: Readonly<Record<string, string>> = {}) {
    const filled = line
      .replaceAll("FEDERATION", federation)
      .replaceAll("RPC", chain.url)
      .replaceAll("BUSY", new URL(chain.url).port);
    const args = line.includes("--json") ? filled.split(" ") : [...filled.split(" "), "--json"];
    return runInProcess(args, { FEDLEDGER_PASSWORD: "x", ...env });
  }

  for (const each of [...withoutChain, ...withChain]) {
    const [code, line, env] = each;
    it(`${code}: fedledger ${line}`, async () => {
      const { exit, events, stderr, stdout } = await run(line, env);
      const error = events.find(({ event }) => event === "error");
      expect(error?.code, stdout + stderr).to.equal(code);
      expect(error?.remedy).to.be.a("string").that.is.not.empty;
      expect(exit).to.equal(errorCatalogue[code].exitCode);
      expect(stderr).to.match(new RegExp(`^${code}: `, "m"));
      expect(stderr, "a stack trace").not.to.match(/^ {4}at /m);
    });
  }

  it("leaves nothing behind", () => {
    expect(readdirSync(folder).filter((name) => name !== "node" && !made.includes(name))).to.deep.equal([]);
    expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith(".part"))).to.deep.equal([]);
  });

  it("a reader that has gone away is no error", async () => {
    const { child, finished } = startFedledger(["participant", "--help"]);
    child.stdout!.destroy();
    const { code, stderr } = await finished;
    expect(stderr).to.equal("");
    expect(code).to.equal(0);
  });
});

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type EmbeddedChain, startEmbeddedChain } from "../../node/chain/index.ts";
import type { DataSpec } from "../../node/core/task/data-spec.ts";
import { taskPreset } from "../../node/training/index.ts";
import { projectFolder } from "../support/processes/fedledger-process.ts";
import { runInProcess } from "../support/processes/run-command.ts";

// A ward's table with names and birthdays, a task that masks them, and what becomes of it on the way to a participant.
const table = [
  "name,born,zip,sex,glucose,ill",
  "Ada Lovelace,1950-12-10,10115,f,101,yes",
  "Alan Turing,1952-06-23,10115,m,93,no",
  "Grace Hopper,1956-12-09,10117,f,88,no",
  "Emmy Noether,1931-03-23,10115,f,140,yes",
].join("\n");
const data: DataSpec = {
  columns: ["born", "zip", "sex", "glucose"],
  label: "ill",
  classes: ["no", "yes"],
  transforms: [
    { kind: "erase", columns: ["name"] },
    { kind: "year", columns: ["born"] },
    { kind: "bottom-code", columns: ["born"], least: 1940 },
    { kind: "ranges", columns: ["born"], edges: [1940, 1950, 1960], to: "middle" },
    { kind: "hash", columns: ["zip"], salt: "task", buckets: 16 },
    {
      kind: "replace",
      columns: ["sex"],
      table: [
        ["f", 1],
        ["m", 0],
      ],
    },
    { kind: "top-code", columns: ["glucose"], most: 120 },
  ],
  anonymity: { k: 2, quasiIdentifiers: ["born", "sex"] },
};
const spec = (changes: Partial<DataSpec> = {}) =>
  JSON.stringify({
    ...taskPreset("breast-cancer").spec,
    model: { kind: "logistic-regression", inputs: 4, output: { kind: "binary" } },
    data: { ...data, ...changes },
  });
const raw = /Ada|Lovelace|1950-12|10115|\b140\b/;

describe("data masking, from the command line", function () {
  this.timeout(240_000);
  const folder = mkdtempSync(join(tmpdir(), "fedledger-masking-"));
  const path = (name: string) => join(folder, name);
  const run = (line: string, env: Record<string, string> = {}) => runInProcess(line.split(" "), env);
  let chain: EmbeddedChain;
  let record: string;
  let check = "";

  before(async () => {
    writeFileSync(path("four.csv"), table);
    writeFileSync(path("two.csv"), table.split("\n").toSpliced(2, 1).toSpliced(3, 1).join("\n"));
    const made = await run(`data salt --out ${path("salt")} --json`);
    check = String(made.events[0]?.check);
    writeFileSync(path("task.json"), spec({ saltCheck: check }));
    chain = await startEmbeddedChain({ port: 0, accounts: 2 });
    const deployed = await run(`deploy --dev-account 0 --rpc ${chain.url} --json`);
    record = `--federation ${deployed.events.find(({ event }) => event === "deployed")?.federation} --rpc ${chain.url}`;
    const created = await run(`task create --spec ${path("task.json")} ${record} --dev-account 0`);
    expect(created.exit, created.stderr).to.equal(0);
  });
  after(async () => {
    await chain.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("makes a salt that only its owner can read, another each time, and never over an old one", async () => {
    expect(readFileSync(path("salt"), "utf8")).to.match(/^[0-9a-f]{64}\n$/);
    if (process.platform !== "win32") expect(statSync(path("salt")).mode & 0o777).to.equal(0o600);
    const { events } = await run(`data salt --out ${path("another")} --json`);
    expect(events[0]?.check)
      .to.match(/^[0-9a-f]{16}$/)
      .and.not.equal(check);
    expect((await run(`data salt --out ${path("salt")}`)).exit).to.equal(2);
  });

  it("shows what leaves and what stays, and ends well where the rows are alike enough", async () => {
    const { exit, stdout, stderr } = await run(
      `data check --data ${path("two.csv")} --spec ${path("task.json")} --task-salt-file ${path("salt")}`,
    );
    expect(exit, stderr).to.equal(0);
    expect(stdout).to.match(/^name +erased +erased +2 +Ada Lovelace → +Grace Hopper →$/m);
    expect(stdout).to.match(/^born +input 1, quasi-identifier +year, then at least 1940, then 2 ranges \(middle\)/m);
    expect(stdout).to.contain("1950-12-10 → 1955");
    expect(stdout).to.contain("Not trained on: name");
    expect(stdout).to.contain("2 rows in 1 groups, the smallest has 2; the task asks for 2");
  });

  it("keeps raw values from programs, and refuses below k with a code of its own, by a salt of the environment too", async () => {
    const { exit, stdout, stderr, events } = await run(
      `data check --data ${path("four.csv")} --task 1 ${record} --json`,
      { FEDLEDGER_TASK_SALT: readFileSync(path("salt"), "utf8") },
    );
    expect(exit).to.equal(1);
    expect(stdout + stderr).not.to.match(raw);
    const [report, error] = events;
    expect(report?.columns).to.satisfy((columns: readonly object[]) => columns.every((each) => !("examples" in each)));
    expect(report?.anonymity).to.deep.include({ rows: 4, groups: 3, smallest: 1, linesBelow: [3, 5] });
    expect(error).to.deep.include({ event: "error", code: "ANONYMITY_TOO_LOW" });
  });

  const participant = (file: string, salt: string) =>
    `participant --data ${path(file)} --task-salt-file ${path(salt)} --task 1 ${record} --dev-account 0 --dir ${path("node")} --json`;

  const refused: readonly (readonly [code: string, exit: number, line: () => string, env?: Record<string, string>])[] =
    [
      ["ANONYMITY_TOO_LOW", 1, () => participant("four.csv", "salt")],
      ["DATA_SALT_WRONG", 2, () => participant("two.csv", "another")],
      ["INVALID_CONFIG", 2, () => participant("two.csv", "four.csv")],
      ["FILE_NOT_FOUND", 2, () => participant("two.csv", "nowhere")],
      ["DATA_SALT_MISSING", 2, () => `data check --data ${path("two.csv")} --task 1 ${record} --json`],
      [
        "INVALID_CONFIG",
        2,
        () => `data check --data ${path("two.csv")} --task 1 ${record} --json`,
        { FEDLEDGER_TASK_SALT: "x" },
      ],
      ["INVALID_CONFIG", 2, () => `data check --spec ${path("task.json")} --json`],
      ["INVALID_CONFIG", 2, () => `data check --data ${path("two.csv")} --task 1 --json`],
      ["INVALID_DATA", 2, () => `data check --data synthetic-ten --spec ${path("task.json")} --json`],
      ["INVALID_TASK_SPEC", 2, () => `data check --data ${path("two.csv")} --spec ${path("two.csv")} --json`],
      ["UNKNOWN_TASK", 2, () => `data check --data ${path("two.csv")} --task 9 ${record} --json`],
    ];
  for (const [code, expected, line, env] of refused) {
    it(`${code}, from ${line().split(" ", 2).join(" ")}`, async () => {
      const { exit, events, stdout, stderr } = await run(line(), env);
      expect(events.at(-1)?.code, stdout + stderr).to.equal(code);
      expect(exit).to.equal(expected);
      expect(stdout + stderr).not.to.match(raw);
    });
  }

  it("the example of docs/data.md passes for each of five hospitals", async () => {
    const example = join(projectFolder, "docs", "examples", "masked-diabetes.json");
    for (let part = 0; part < 5; part++) {
      const { exit, stderr } = await run(`data check --data diabetes --spec ${example} --part ${part}/5 --json`);
      expect(exit, stderr).to.equal(0);
    }
  });
});

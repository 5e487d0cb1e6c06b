import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";

const project = join(import.meta.dirname, "../..");
/** The command; SLITHER names one that is not on the path. */
const slither = process.env.SLITHER ?? "slither";

interface Finding {
  readonly check: string;
  readonly impact: "High" | "Medium" | "Low" | "Informational" | "Optimization";
  readonly description: string;
}

/** The build of the contracts as they are on disk: its file name in artifacts/build-info, without the ending. */
function currentBuild(): string {
  const folder = join(project, "artifacts/build-info");
  for (const name of readdirSync(folder)) {
    if (name.endsWith(".output.json")) continue;
    const { input } = JSON.parse(readFileSync(join(folder, name), "utf8")) as {
      input: { sources: Record<string, { content: string }> };
    };
    const own = Object.entries(input.sources).filter(([path]) => path.startsWith("project/"));
    const paths = own.map(([path]) => path.slice("project/".length));
    if (!paths.includes("contracts/Federation.sol") || paths.some((path) => path.startsWith("test/"))) continue;
    try {
      if (own.every(([path, { content }]) => readFileSync(join(project, path.slice(8)), "utf8") === content)) {
        return name.slice(0, -".json".length);
      }
    } catch {
      // a build of files that are no more
    }
  }
  throw new Error("the contracts are not built");
}

describe("Slither (static analysis of the contracts)", function () {
  this.timeout(300_000);
  let folder: string;

  before(function () {
    if (spawnSync(slither, ["--version"]).status !== 0) {
      process.stdout.write(`      no ${slither}: pip install slither-analyzer, or name it by SLITHER=path\n`);
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "fedledger-slither-"));
  });

  after(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  it("finds nothing of medium impact or above that is not explained in place", () => {
    const hardhat = join(project, "node_modules/hardhat/dist/src/cli.js");
    const built = spawnSync(process.execPath, [hardhat, "build", "--no-tests", "--quiet"], { cwd: project });
    expect(built.status, String(built.stderr)).equals(0);

    // a project of the contracts alone, compiled already: slither neither knows our tests nor needs a solc of its own
    const name = currentBuild();
    mkdirSync(join(folder, "artifacts/build-info"), { recursive: true });
    for (const file of [`${name}.json`, `${name}.output.json`]) {
      cpSync(join(project, "artifacts/build-info", file), join(folder, "artifacts/build-info", file));
    }
    for (const part of ["contracts", "node_modules"]) symlinkSync(join(project, part), join(folder, part));
    writeFileSync(join(folder, "hardhat.config.ts"), "export default {};\n");
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
    const report = join(folder, "report.json");
    const options = ["--compile-force-framework", "hardhat", "--hardhat-ignore-compile"];
    const ran = spawnSync(
      slither,
      [
        ".",
        ...options,
        "--hardhat-artifacts-directory",
        "artifacts",
        "--filter-paths",
        "node_modules",
        "--json",
        report,
      ],
      { cwd: folder, encoding: "utf8" },
    );
    const { success, error, results } = JSON.parse(readFileSync(report, "utf8")) as {
      success: boolean;
      error: string | null;
      results: { detectors?: readonly Finding[] };
    };
    expect(success, error ?? ran.stderr).equals(true);
    const found = (results.detectors ?? []).filter(({ impact }) => impact === "High" || impact === "Medium");
    expect(found.map(({ check, description }) => `${check}: ${description}`)).deep.equals([]);
    // it has looked at the contracts: notes of lesser weight there always are
    expect(results.detectors?.length).greaterThan(0);
  });
});

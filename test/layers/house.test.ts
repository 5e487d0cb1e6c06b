import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { expect } from "chai";
import { house } from "./house.ts";
import { crowdedFolders, impureFiles, isSource, longFiles, longLines, modeComparisons } from "./house-rules.ts";

const root = join(import.meta.dirname, "..", "..");
const folders = ["node", "scripts", "test", "contracts", "ignition", "bin"];
const planted = (path: string, text: string) => [{ path, text }];

describe("the house", () => {
  const paths = filesOfProject();
  const files = paths.filter(isSource).map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
  const own = files.filter(({ path }) => path.startsWith("node/"));

  it("keeps lines within its columns, those of comments, too", () => {
    expect(files.length).to.be.greaterThan(500);
    expect(longLines(files, house)).to.deep.equal([]);
  });

  it("finds a long comment, and code that could be broken; one text is left whole", () => {
    const long = "long ".repeat(30);
    for (const text of [`// ${long}`, ` * ${long}`, `/// ${long}`, `const a = f(${"long, ".repeat(30)}"text", b);`]) {
      expect(longLines(planted("node/core/planted.ts", text), house), text).to.deep.equal(["node/core/planted.ts:1"]);
    }
    expect(longLines(planted("node/core/planted.ts", `  message: "${long}",`), house)).to.deep.equal([]);
  });

  it("keeps files short", () => {
    expect(longFiles(own, house)).to.deep.equal([]);
    expect(longFiles(planted("node/core/planted.ts", "line\n".repeat(301)), house)).to.have.length(1);
  });

  it("keeps folders small, but those of one kind", () => {
    expect(crowdedFolders(paths, house)).to.deep.equal([]);
    const many = Array.from({ length: 17 }, (_, i) => `node/core/planted/file${i}.ts`);
    expect(crowdedFolders(many, house)).to.deep.equal(["node/core/planted: 17 files"]);
  });

  it("asks no clock and no randomness where values go in and values come out", () => {
    expect(own.some(({ path }) => path.endsWith("-machine.ts"))).to.equal(true);
    expect(impureFiles(own, house)).to.deep.equal([]);
    for (const path of [
      "core/planted",
      "rounds/steps/planted",
      "participant/masked/due-planted",
      "watcher/a-machine",
    ]) {
      expect(impureFiles(planted(`node/${path}.ts`, "const now = Date.now();"), house), path).to.have.length(1);
    }
  });

  it("asks for a mode by its name where the list says, and not oftener", () => {
    expect(modeComparisons(own, house)).to.deep.equal([]);
    const total = Object.values(house.modeComparisons).reduce((sum, count) => sum + count, 0);
    expect(total).to.be.at.most(12);
    for (const text of ['if (mode === "masked")', 'rules.mode !== "transparent"', 'case "encrypted":']) {
      expect(modeComparisons(planted("node/rounds/planted.ts", text), house), text).to.have.length(1);
    }
  });
});

/** Every file that is not a cache of Python's, by its path with forward slashes. */
function filesOfProject(): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.endsWith("__pycache__"))
      .map(({ parentPath, name }) => relative(root, join(parentPath, name)).split(sep).join("/")),
  );
}

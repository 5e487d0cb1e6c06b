import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { API, type Project, SymbolFlags } from "typescript/unstable/sync";

const root = join(import.meta.dirname, "..", "..", "..");
const frozen = join(import.meta.dirname, "exports.txt");
const doors = { fedledger: "index.ts", "fedledger/audit": "audit.ts", "fedledger/receipt": "receipt.ts" } as const;

/** What a door gives. */
interface Exported {
  readonly name: string;
  readonly isValue: boolean;
  readonly isDocumented: boolean;
}

describe("the package's door", function () {
  this.timeout(60_000);
  let given: Readonly<Record<string, readonly Exported[]>>;
  before(() => {
    const api = new API({ cwd: root });
    try {
      const config = join(root, "tsconfig.build.json");
      const project = api.updateSnapshot({ openProjects: [config] }).getProject(config)!;
      given = Object.fromEntries(
        Object.entries(doors).map(([name, file]) => [name, exportsOf(project, join(root, "node", "api", file))]),
      );
    } finally {
      api.close();
    }
  });

  it("gives what its list says, and nothing else (WRITE_EXPORTS=1 renews the list)", () => {
    const text = Object.entries(given)
      .map(([door, list]) => [`# ${door}`, ...list.map(lineOf), ""].join("\n"))
      .join("\n");
    if (process.env.WRITE_EXPORTS === "1") writeFileSync(frozen, text);
    expect(text).to.equal(readFileSync(frozen, "utf8"));
  });

  it("says of each what it is", () => {
    const silent = Object.values(given).flatMap((list) => list.filter(({ isDocumented }) => !isDocumented));
    expect(silent.map(({ name }) => name)).to.deep.equal([]);
  });

  it("misses no docstring: a planted export without one is found", () => {
    const api = new API({ cwd: root });
    try {
      const config = join(root, "test", "unit", "api", "planted", "tsconfig.json");
      const project = api.updateSnapshot({ openProjects: [config] }).getProject(config)!;
      const planted = exportsOf(project, join(root, "test", "unit", "api", "planted", "planted.ts"));
      expect(planted).to.deep.equal([
        { name: "silent", isValue: true, isDocumented: false },
        { name: "Told", isValue: false, isDocumented: true },
      ]);
    } finally {
      api.close();
    }
  });

  it("is what package.json names, with its types", () => {
    const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { exports: object };
    const built = Object.entries(doors).map(([name, file]) => {
      const path = `./dist/node/api/${file.replace(/\.ts$/, "")}`;
      return [name.replace("fedledger", "."), { types: `${path}.d.ts`, default: `${path}.js` }];
    });
    expect(exports).to.deep.equal({ ...Object.fromEntries(built), "./package.json": "./package.json" });
  });
});

function lineOf({ name, isValue }: Exported): string {
  return isValue ? name : `type ${name}`;
}

/** What a module exports, values first, by name. */
function exportsOf({ checker, program }: Project, file: string): readonly Exported[] {
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
  const each = checker.getExportsOfModule(module).map((symbol): Exported => {
    const meant = symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    return {
      name: symbol.name,
      isValue: (meant.flags & SymbolFlags.Value) !== 0,
      isDocumented: checker.getDocumentationCommentOfSymbol(meant).trim() !== "",
    };
  });
  return each.sort((a, b) => Number(b.isValue) - Number(a.isValue) || (a.name < b.name ? -1 : 1));
}

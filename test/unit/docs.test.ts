import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect } from "chai";

const root = join(import.meta.dirname, "..", "..");
const reference = join("docs", "cli.md");
/** Every page for people, by its path from the project's folder. */
const pages = [...globSync("*.md", { cwd: root }), ...globSync("docs/**/*.md", { cwd: root })].toSorted();

describe("The documentation", () => {
  it("links to files and headings that are there", () => {
    expect(pages.flatMap(deadLinks)).to.deep.equal([]);
  });

  it("names commands and settings that are there", () => {
    const known = commands();
    expect(known.size).to.be.greaterThan(20);
    expect(pages.filter((page) => page !== reference).flatMap((page) => unknownIn(page, known))).to.deep.equal([]);
  });

  it("says on each page in its first sentence for whom it is", () => {
    const own = pages.filter((page) => page.startsWith("docs"));
    const silent = own.filter((page) => !/^# .*\n\nFor whoever /.test(textOf(page)));
    expect(silent).to.deep.equal([]);
  });

  it("lists each page that is not under another one in docs/README.md", () => {
    const listed = linksOf(join("docs", "README.md"));
    const missing = globSync("*.md", { cwd: join(root, "docs") }).filter((name) => !listed.includes(name));
    expect(missing).to.deep.equal(["README.md"]);
  });

  it("has no line beyond 120 columns but rows of tables", () => {
    const long = pages.flatMap((page) =>
      textOf(page)
        .split("\n")
        .flatMap((line, at) => (line.length > 120 && !line.startsWith("|") ? [`${page}:${at + 1}`] : [])),
    );
    expect(long).to.deep.equal([]);
  });
});

function textOf(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

/** The targets of a page's links to its own or other pages. */
function linksOf(page: string): readonly string[] {
  return [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to]) => to!).filter((to) => !/^\w+:/.test(to));
}

function deadLinks(page: string): readonly string[] {
  return linksOf(page)
    .filter((link) => {
      const [path = "", heading] = link.split("#");
      const target = path === "" ? page : relative(root, join(root, dirname(page), path));
      if (!existsSync(join(root, target))) return true;
      return heading !== undefined && target.endsWith(".md") && !headingsOf(target).has(heading);
    })
    .map((link) => `${page}: ${link}`);
}

/** The names that a page's headings have in links. */
function headingsOf(page: string): ReadonlySet<string> {
  const headings = [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return new Set(
    headings.map((each) =>
      each
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** The settings of each command, by its name behind `fedledger`, as docs/cli.md has them. */
function commands(): ReadonlyMap<string, ReadonlySet<string>> {
  const sections = textOf(reference)
    .split(/^## fedledger /m)
    .slice(1);
  return new Map(
    sections.map((section) => {
      const [name = ""] = /^[a-z]+( [a-z]+)?/.exec(section) ?? [];
      return [name, new Set(section.match(/--[a-z][a-z-]*/g))];
    }),
  );
}

/** What a page calls `fedledger …` by, in code, that is no command, or has no such setting. */
function unknownIn(page: string, known: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const lines = textOf(page)
    .replaceAll("\\\n", "")
    .match(/^npx fedledger .*$|(?<=`(?:npx )?)fedledger [a-z][^`\n]*/gm);
  return (lines ?? []).flatMap((line) => {
    const [, first = "", second] = /fedledger ([a-z]+)(?: ([a-z]+))?/.exec(line) ?? [];
    const settings = known.get(`${first} ${second}`) ?? known.get(first);
    const isGroup = second === undefined && [...known.keys()].some((name) => name.startsWith(`${first} `));
    if (settings === undefined) return isGroup ? [] : [`${page}: ${line}`];
    const flags = line.match(/--[a-z][a-z-]*/g) ?? [];
    return flags.filter((flag) => !settings.has(flag)).map((flag) => `${page}: fedledger ${first} has no ${flag}`);
  });
}

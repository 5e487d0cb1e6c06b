import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { layerRules } from "./layer-rules.ts";

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "architecture.md"), "utf8");

/** Which module may import which by a drawing: `a --> b` gives what b may import, too; `a ==> b` gives b alone. */
function mayImportOf(drawing: string): Readonly<Record<string, readonly string[]>> {
  const arrows = [...drawing.matchAll(/^\s*(\w+) (-->|==>) (\w+)$/gm)].map(([, from = "", kind, to = ""]) => ({
    ...{ from, to },
    isDoor: kind === "==>",
  }));
  const reach = (module: string): readonly string[] => {
    const found = arrows.flatMap(({ from, to, isDoor }) => (from !== module ? [] : isDoor ? [to] : [to, ...reach(to)]));
    return [...new Set(found)].toSorted();
  };
  const modules = new Set(arrows.flatMap(({ from, to }) => [from, to]));
  return Object.fromEntries([...modules].toSorted().map((module) => [module, reach(module)]));
}

/** The rooms of a table of modules and rooms. */
function roomsOf(text: string): Readonly<Record<string, readonly string[]>> {
  const rows = text.split("| module | rooms, in their order |")[1]?.split("\n\n")[0] ?? "";
  return Object.fromEntries(
    [...rows.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, name, list]) => [name, list!.split(", ")]),
  );
}

describe("docs/architecture.md", () => {
  const sorted = (lists: Readonly<Record<string, readonly string[]>>) =>
    Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, [...list].toSorted()]));
  const drawing = page.split("```mermaid")[1]?.split("```")[0] ?? "";

  it("draws exactly what the layer test lets modules import", () => {
    const doors = Object.entries(layerRules.doors).flatMap(([from, to]) => (to.api ? [`${from} ==> api`] : []));
    expect([...drawing.matchAll(/\w+ ==> \w+/g)].map(([arrow]) => arrow)).to.deep.equal(doors);
    expect(mayImportOf(drawing)).to.deep.equal(sorted(layerRules.mayImport));
  });

  it("is wrong by one arrow more or less", () => {
    const rules = sorted(layerRules.mayImport);
    expect(mayImportOf(`${drawing}\n  chain --> p2p`)).not.to.deep.equal(rules);
    expect(mayImportOf(drawing.replace("api --> chain", ""))).not.to.deep.equal(rules);
    expect(mayImportOf(drawing.replace("cli ==> api", "cli --> api"))).not.to.deep.equal(rules);
  });

  it("names the rooms of each module, in the order in which they may import each other", () => {
    const rooms = Object.entries(layerRules.rooms).map(([module, list]) => [
      module,
      list.filter((name) => name !== module),
    ]);
    expect(roomsOf(page)).to.deep.equal(Object.fromEntries(rooms));
  });
});

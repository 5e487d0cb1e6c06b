import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";

/** One import statement of a source file. */
export interface ImportEdge {
  /** Importing file, relative to the scanned folder, with forward slashes. */
  readonly from: string;
  /** Imported file in the same form, or the package's name. */
  readonly to: string;
  readonly isPackage: boolean;
  /** Whether it is erased (`import type`, `export type`). */
  readonly typeOnly: boolean;
}

/** Who may import whom: module → modules, and module → packages of which it is an owner. */
export interface LayerRules {
  readonly mayImport: Readonly<Record<string, readonly string[]>>;
  /**
   * Module → its rooms (folders), lowest first: a file may import its own room and those before it. The name of the
   * module itself stands for the files outside every room. A module that is not listed has no order inside.
   */
  readonly rooms: Readonly<Record<string, readonly string[]>>;
  /** Module → another module → the only files by which it may be entered from there. Not listed: by any file. */
  readonly doors: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** Package name prefix → modules that may import it. Packages not listed are free. */
  readonly owners: Readonly<Record<string, readonly string[]>>;
  /** Packages and node: modules a module must not import, by prefix. */
  readonly forbidden: Readonly<Record<string, readonly string[]>>;
}

const statement =
  /(?:^|\n)\s*(import|export)\s+(type\s+)?(?:[\w*\s{},$]+?\s+from\s+)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/g;

/** All imports of the .ts files below `folder`. */
export function readImports(folder: string): ImportEdge[] {
  return listSources(folder).flatMap((from) => {
    const text = readFileSync(join(folder, from), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
    return [...text.matchAll(statement)].map((match): ImportEdge => {
      const target = (match[3] ?? match[4]) as string;
      const isPackage = !target.startsWith(".");
      return {
        from,
        to: isPackage
          ? target
          : normalize(join(dirname(from), target))
              .split(sep)
              .join("/"),
        isPackage,
        typeOnly: match[2] !== undefined,
      };
    });
  });
}

/** Every breach of the rules, and every import cycle, one line of text each. */
export function findViolations(edges: readonly ImportEdge[], rules: LayerRules): string[] {
  return [...edges.flatMap((edge) => checkEdge(edge, rules)), ...findCycles(edges)];
}

function checkEdge(edge: ImportEdge, rules: LayerRules): string[] {
  const module = moduleOf(edge.from);
  const allowed = rules.mayImport[module];
  if (allowed === undefined) return [`${edge.from}: module ${module} is not in the table`];
  if (!edge.isPackage) {
    const target = moduleOf(edge.to);
    if (target === module) return checkRooms(edge, module, rules);
    if (!allowed.includes(target)) return [`${edge.from} imports ${edge.to}: ${module} may not import ${target}`];
    const doors = rules.doors[module]?.[target];
    return doors === undefined || doors.includes(edge.to)
      ? []
      : [`${edge.from} imports ${edge.to}: ${module} enters ${target} by ${doors.join(", ")} only`];
  }
  const owner = Object.entries(rules.owners).find(([prefix]) => matches(edge.to, prefix));
  if (owner && !owner[1].includes(module) && !edge.typeOnly)
    return [`${edge.from} imports ${edge.to}: it belongs to ${owner[1].join(", ")}`];
  const banned = (rules.forbidden[module] ?? []).find((prefix) => matches(edge.to, prefix));
  return banned ? [`${edge.from} imports ${edge.to}: not allowed in ${module}`] : [];
}

function checkRooms({ from, to }: ImportEdge, module: string, rules: LayerRules): string[] {
  const rooms = rules.rooms[module];
  if (rooms === undefined) return [];
  const [own, other] = [rooms.indexOf(roomOf(from)), rooms.indexOf(roomOf(to))];
  if (own < 0) return [`${from}: room ${roomOf(from)} is not in the table`];
  return other >= 0 && other <= own ? [] : [`${from} imports ${to}: ${roomOf(to)} is not below ${roomOf(from)}`];
}

function matches(name: string, prefix: string): boolean {
  return name === prefix || name.startsWith(prefix.endsWith("/") || prefix.endsWith(":") ? prefix : `${prefix}/`);
}

function moduleOf(file: string): string {
  return file.split("/")[0] as string;
}

/** The folder in a module, or the module's own name for a file outside of every folder. */
function roomOf(file: string): string {
  const [module, room] = file.split("/");
  return (file.split("/").length > 2 ? room : module) as string;
}

function findCycles(edges: readonly ImportEdge[]): string[] {
  const next = new Map<string, string[]>();
  for (const edge of edges) if (!edge.isPackage) next.set(edge.from, [...(next.get(edge.from) ?? []), edge.to]);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      cycles.push(`cycle: ${[...path.slice(path.indexOf(file)), file].join(" → ")}`);
      return;
    }
    if (done.has(file)) return;
    for (const target of next.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return cycles;
}

/** The .ts files below a folder, relative to it, sorted. */
export function listSources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => name.split(sep).join("/"))
    .filter((name) => name.endsWith(".ts"))
    .sort();
}

import { basename, dirname } from "node:path";

/** A file of the project: its path from the project's folder, with forward slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** What the house allows beyond its rules, each with its reason. */
export interface HouseRules {
  /** Most columns of a line; comments are lines. */
  readonly columns: number;
  /** Files and folders whose long lines are texts for people in template literals: pages, help. */
  readonly pages: readonly string[];
  /** Most lines of a file. */
  readonly lines: number;
  /** Most files of a folder. */
  readonly files: number;
  /** Folders of any number of files, as all are of one kind. */
  readonly oneKind: readonly string[];
  /** Files below `node` that must be a function of what they are given, by their paths. */
  readonly pure: readonly RegExp[];
  /** File → how often it asks for a mode by its name. */
  readonly modeComparisons: Readonly<Record<string, number>>;
}

const isComment = /^\s*(?:\/\/|\/?\*)/;
/** One text or expression that no formatter breaks: it begins in the line's first half, and little follows it. */
const isOneText = /^.{0,60}?(["'`/]).*\1.{0,30}$/;

/** Lines beyond the columns: none of a comment may be, of code only those that are one text. */
export function longLines(files: readonly SourceFile[], { columns, pages }: HouseRules): string[] {
  return files
    .filter(({ path }) => !pages.some((page) => path.startsWith(page)))
    .flatMap(({ path, text }) =>
      text
        .split("\n")
        .flatMap((line, at) =>
          line.length > columns && (isComment.test(line) || !isOneText.test(line)) ? [`${path}:${at + 1}`] : [],
        ),
    );
}

/** Files of more lines than are allowed. */
export function longFiles(files: readonly SourceFile[], { lines }: HouseRules): string[] {
  return files.filter(({ text }) => text.trimEnd().split("\n").length > lines).map(({ path }) => path);
}

/** Folders of more files than are allowed. */
export function crowdedFolders(paths: readonly string[], { files, oneKind }: HouseRules): string[] {
  const counts = Map.groupBy(paths, dirname);
  return [...counts].flatMap(([folder, inside]) =>
    inside.length > files && !oneKind.includes(folder) ? [`${folder}: ${inside.length} files`] : [],
  );
}

/** Files that must be pure, and ask a clock, a source of randomness or the network. */
export function impureFiles(files: readonly SourceFile[], { pure }: HouseRules): string[] {
  return files
    .filter(({ path }) => pure.some((each) => each.test(path)))
    .filter(({ text }) =>
      /\b(?:Date\.now|new Date\(\)|performance\.now|Math\.random|getRandomValues|setTimeout|setInterval|fetch)\b/.test(
        text,
      ),
    )
    .map(({ path }) => path);
}

const comparison = /[!=]== ?"(?:transparent|masked|encrypted)"|case "(?:transparent|masked|encrypted)"/g;

/** Files that ask for a mode by its name oftener, or seldomer, than the rules say; `core/modes` alone may. */
export function modeComparisons(files: readonly SourceFile[], { modeComparisons: known }: HouseRules): string[] {
  return files
    .filter(({ path }) => !path.startsWith("node/core/modes/"))
    .flatMap(({ path, text }) => {
      const count = text.match(comparison)?.length ?? 0;
      return count === (known[path] ?? 0) ? [] : [`${path}: ${count}`];
    });
}

/** Whether a path is one of a script, a test or a source that people write. */
export function isSource(path: string): boolean {
  return /\.(?:ts|mjs|sol)$/.test(path) && !basename(path).startsWith(".");
}

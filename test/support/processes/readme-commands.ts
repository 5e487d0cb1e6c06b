import { readFileSync } from "node:fs";

/**
 * A block of commands in a page: ```sh run (each ends by itself) or ```sh stay ready=WORD (stays until stopped). A
 * command goes on in the next line behind a backslash.
 */
export interface ReadmeBlock {
  readonly line: number;
  readonly stays: boolean;
  /** A staying command is ready when it says this. */
  readonly ready: string | undefined;
  readonly commands: readonly string[];
}

/** All shell blocks of a Markdown file, in order. Throws on a shell block that does not say how it runs. */
export function readmeBlocks(path: string): ReadmeBlock[] {
  const lines = readFileSync(path, "utf8").split("\n");
  const blocks: ReadmeBlock[] = [];
  for (let index = 0; index < lines.length; index++) {
    const opening = /^```(sh|bash|shell|console)\b(.*)$/.exec(lines[index] ?? "");
    if (opening === null) continue;
    const info = (opening[2] ?? "").trim().split(/\s+/);
    if (!["run", "stay"].includes(info[0] ?? ""))
      throw new Error(`${path}, line ${index + 1}: a shell block must say run or stay`);
    const commands: string[] = [];
    const line = index + 1;
    while (lines[++index] !== "```") {
      const before = commands.at(-1);
      const text = lines[index] ?? "";
      if (before?.endsWith("\\")) commands[commands.length - 1] = `${before.slice(0, -1).trim()} ${text.trim()}`;
      else commands.push(text);
    }
    blocks.push({
      line,
      stays: info[0] === "stay",
      ready: info.find((word) => word.startsWith("ready="))?.slice(6),
      commands: commands.filter((each) => each.trim() !== ""),
    });
  }
  return blocks;
}

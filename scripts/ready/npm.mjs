import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathWith } from "./environment.mjs";
import { read, windows } from "./places.mjs";
import { runChild } from "./run-child.mjs";

/** Settings of npm in a folder of ours. */
export const quietSettings = "fund=false\naudit=false\nupdate-notifier=false\nloglevel=error\n";

/**
 * What an installation needs, whatever the user's settings, NODE_ENV or the environment say: npm gives a command line
 * the last word.
 */
const needed = [
  ...["--include=dev", "--include=optional", "--include=peer", "--package-lock", "--no-package-lock-only"],
  ...["--no-dry-run", "--no-global", "--install-strategy=hoisted", "--no-engine-strict", "--no-offline"],
  ...[`--os=${process.platform}`],
];

/** Settings that no command line undoes, or that are somebody's to decide: told where an installation fails. */
const suspects = ["before", "min-release-age", "registry", "proxy", "https-proxy", "cafile", "ca", "strict-ssl"].concat(
  ...["prefer-offline", "script-shell", "node-options", "libc", "allow-git", "allow-remote"],
);

/**
 * Runs npm on `node` until it has done what `args` ask for; `cli` names npm's own entry file where we brought one.
 * Rejects with npm's words, and with the settings that may be in its way.
 */
export async function runNpm({ node, cli, args, cwd, cpu = process.arch }, work) {
  const entry = cli ?? npmEntry();
  const started = Date.now();
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  const ticker = setInterval(() => work.say(`  ... ${seconds()}`), 10_000);
  const all = [...args, ...needed, `--cpu=${cpu}`];
  const options = { label: `npm ${args[0]}`, cwd, env: pathWith(node) };
  try {
    if (entry === undefined) await runChild(windows ? "npm.cmd" : "npm", all, { ...options, shell: windows }, work);
    else await runChild(node, [entry, ...all], options, work);
    work.say(`  done in ${seconds()}`);
  } catch (error) {
    if (error.code === "ENOENT" && existsSync(cwd))
      throw new Error(
        "There is no npm here, which brings what Fedledger needs. Install it beside Node, and try again.",
      );
    if (error.exitCode === undefined) error.message += suspectText();
    throw error;
  } finally {
    clearInterval(ticker);
  }
}

/** npm's entry file: that of the npm that started us, if any. */
function npmEntry() {
  const entry = process.env.npm_execpath;
  return entry?.endsWith("npm-cli.js") && existsSync(entry) ? entry : undefined;
}

/** Names, never values: some hold a password. */
function suspectText() {
  const set = new Map();
  const file = process.env.npm_config_userconfig ?? join(safeHome(), ".npmrc");
  for (const [, name] of (read(file) ?? "").matchAll(/^\s*([\w-]+)\s*=/gm)) set.set(name, file);
  for (const name of Object.keys(process.env))
    if (/^npm_config_./i.test(name)) set.set(name.slice(11).toLowerCase().replaceAll("_", "-"), "the environment");
  const found = suspects.filter((name) => set.has(name));
  if (found.length === 0) return "";
  return `\nSettings of npm that may be in its way: ${found.map((name) => `${name} (${set.get(name)})`).join(", ")}`;
}

function safeHome() {
  try {
    return homedir();
  } catch {
    return "/";
  }
}

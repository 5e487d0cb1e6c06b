import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { useNativeParts } from "./environment.mjs";
import { quietSettings, runNpm } from "./npm.mjs";
import { cacheFolder, read, root } from "./places.mjs";
import { npmOf } from "./private-node.mjs";

/**
 * Whether the test chain has its native part. npm skips an optional package that asks for a newer Node than the one npm
 * runs on, and says nothing.
 */
export function hasNativeParts() {
  const engine = chainEngine();
  if (engine === undefined || engine.parts.some((name) => resolves(engine.require, name))) return true;
  const home = homeOf(engine);
  if (read(join(home, "stamp")) !== engine.version) return false;
  useNativeParts(join(home, "node_modules"));
  return true;
}

/** Fetches the native part into the cache. Where this fails, what needs the part says so. */
export async function fetchNativeParts(node, work) {
  const engine = chainEngine();
  if (engine === undefined) return;
  const home = homeOf(engine);
  work.say("The native part of the test chain is missing, for npm ran on an old Node: fetching it (once) ...");
  try {
    mkdirSync(home, { recursive: true });
    writeFileSync(
      join(home, "package.json"),
      JSON.stringify({ private: true, optionalDependencies: engine.optionalDependencies }),
    );
    writeFileSync(join(home, ".npmrc"), quietSettings);
    await runNpm({ node, cli: npmOf(node), args: ["install"], cwd: home }, work);
    writeFileSync(join(home, "stamp"), engine.version);
  } catch (error) {
    if (error.exitCode !== undefined) throw error;
    work.say(`  it cannot be had: ${error.message}`);
    return;
  }
  useNativeParts(join(home, "node_modules"));
}

function homeOf(engine) {
  return join(cacheFolder(), "native", `edr-${engine.version}`);
}

/** The package of the test chain, its native parts by platform; undefined where it is not to be found. */
function chainEngine() {
  try {
    const hardhat = createRequire(join(root, "package.json")).resolve("hardhat/hre");
    const entry = createRequire(hardhat).resolve("@nomicfoundation/edr");
    const { version, optionalDependencies } = JSON.parse(readFileSync(join(dirname(entry), "package.json"), "utf8"));
    return { version, optionalDependencies, parts: Object.keys(optionalDependencies), require: createRequire(entry) };
  } catch {
    return undefined;
  }
}

function resolves(require, name) {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

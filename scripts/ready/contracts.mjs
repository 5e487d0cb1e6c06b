import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathWith } from "./environment.mjs";
import { read, root } from "./places.mjs";
import { runChild } from "./run-child.mjs";

const stamp = join(root, "artifacts", ".fedledger-compiled");
/** Lies there while the compiler writes: what it left half-written when it was killed is not built upon. */
const unfinished = join(root, "artifacts", ".fedledger-compiling");

/** Whether the contracts are compiled as they stand. */
export function hasContracts() {
  return read(stamp) === mark() && !existsSync(unfinished);
}

/** Compiles the contracts. */
export async function compileContracts(node, work) {
  work.say("Compiling the contracts ...");
  if (existsSync(unfinished))
    for (const name of ["artifacts", "cache"]) rmSync(join(root, name), { recursive: true, force: true });
  mkdirSync(join(root, "artifacts"), { recursive: true });
  writeFileSync(unfinished, "");
  const hardhat = join(root, "node_modules", "hardhat", "dist", "src", "cli.js");
  const options = { label: "the compiler", cwd: root, env: pathWith(node) };
  await runChild(node, [hardhat, "build", "--no-tests", "--quiet"], options, work);
  writeFileSync(stamp, mark());
  rmSync(unfinished);
}

function mark() {
  const hash = createHash("sha256");
  for (const file of ["hardhat.config.ts", "package-lock.json", ...walk("contracts")])
    hash.update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

function walk(folder) {
  return readdirSync(join(root, folder))
    .sort()
    .flatMap((name) => {
      const path = `${folder}/${name}`;
      return statSync(join(root, path)).isDirectory() ? walk(path) : [path];
    });
}

// Builds the published package: JavaScript and types in dist/. The repository itself runs without it.
import { spawnSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
rmSync(join(root, "dist"), { recursive: true, force: true });
const tsc = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: ["ignore", 2, 2],
});
// the bundled data sets stand where the code expects them: two folders above node/training
cpSync(join(root, "data"), join(root, "dist", "data"), { recursive: true });
// on standard error: standard output is npm's, which tells there what it has packed
process.stderr.write(tsc.status === 0 ? "dist/ is built; npm pack makes the package\n" : "");
process.exitCode = tsc.status ?? 1;

#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { quietWarnings } from "./quiet-warnings.ts";

quietWarnings();
enableCompileCache();
try {
  const { runMain } = await import("./run-main.ts");
  await runMain(process.argv.slice(2));
} catch (error) {
  // without its packages not even the command line can be read
  const { reportError } = await import("./text/output.ts");
  process.exit(reportError(error, process.argv.includes("--json")));
}

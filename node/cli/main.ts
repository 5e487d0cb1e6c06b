#!/usr/bin/env node
import { enableCompileCache } from "node:module";

enableCompileCache();
const { runMain } = await import("./run-main.ts");
await runMain(process.argv.slice(2));

import type { HouseRules } from "./house-rules.ts";

/** The rules of CONTRIBUTING.md that a program can check. */
export const house: HouseRules = {
  columns: 120,
  pages: [
    // HTML, and its script, as one text
    "node/audit/report/",
    // a page of the documentation
    "scripts/docs-cli.ts",
    // help
    "node/cli/program.ts",
  ],
  lines: 300,
  files: 16,
  oneKind: [
    "contracts/libraries",
    "node/cli/commands",
    "test/contracts",
    "test/interop/second-implementation",
    "test/support/malicious",
    "test/vectors",
  ],
  pure: [
    /^node\/(?:core|aggregation|audit)\//,
    /^node\/rounds\/(?:steps|court|state|hearing)\//,
    /^node\/rounds\/machine\/(?:due-.*|machine)\.ts$/,
    /^node\/(?:participant|aggregator|watcher)\/(?:.*\/)?(?:due-.*|.*-machine|.*-state)\.ts$/,
  ],
  // at most 12 in all; whoever needs to know asks modeOf(rules)
  modeComparisons: {
    // kinds of progress, which are words of their own
    "node/cli/text/progress-text.ts": 3,
  },
};

import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Ended, Machine, Start } from "./machine.ts";

/** One thing that is otherwise than usual, and what it does to the first command. */
export interface Variation {
  /** As the table names it: kind and value. */
  readonly kind: string;
  readonly value: string;
  /** Resolves with what came out, in words: "ok" first where the command did what it is for. */
  run(machine: Machine): Promise<string>;
}

const project = join(import.meta.dirname, "..", "..");
const nobody = 65_534;
const { version } = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as { version: string };

/** "ok" and its seconds, or what was said instead. */
export function verdict({ code, said, seconds }: Ended, wanted: string = version): string {
  if (code === 0 && said.includes(wanted)) return `ok, ${seconds} s`;
  return `${typeof code === "number" ? `exit ${code}` : code}: ${said.trim().split("\n").slice(-3).join(" ")}`;
}

/** A variation that is a new clone, started once. */
function start(kind: string, value: string, options: Start | ((machine: Machine) => Start), name?: string): Variation {
  return {
    kind,
    value,
    run: async (machine) => {
      const clone = machine.compiledClone(name ?? `${kind}-${value}`.replaceAll(/\W+/g, "-"));
      const begun = machine.begin(clone, typeof options === "function" ? options(machine) : options);
      return verdict(await begun.ended);
    },
  };
}

/** A variation that cannot work, and has to say why. */
function refusal(kind: string, value: string, reason: string, options: Start): Variation {
  return {
    kind,
    value,
    run: async (machine) => {
      const ended = await machine.begin(machine.compiledClone(value.replaceAll(/\W+/g, "-")), options).ended;
      const isSaid = ended.code === 1 && ended.said.includes(reason);
      return isSaid ? `refused after ${ended.seconds} s: names ${reason}` : verdict(ended);
    },
  };
}

const demo = ["start", "--", "--rounds", "1", "--participants", "3"];
const nodes = [
  ...[
    ["18.20.8", "10.8.2"],
    ["20.0.0", "9.6.4"],
    ["22.0.0", "10.5.1"],
  ],
  ...[
    ["22.18.0", "10.9.3"],
    ["24.9.0", "11.6.0"],
  ],
] as const;

const nodeVersions = nodes.map(
  ([node = "", npm = ""]): Variation => ({
    kind: "Node and npm",
    value: `${node} and ${npm}: \`npm start\`, one round`,
    run: async (machine) => {
      // the compiler is the same whatever Node started it: once is enough
      const clone = node === nodes[0]?.[0] ? machine.clone(`node-${node}`) : machine.compiledClone(`node-${node}`);
      const { ended } = machine.begin(clone, { tools: machine.tools(node, npm), args: demo });
      const { said, ...end } = await ended;
      const warned = /Warning: .*/.exec(said)?.[0];
      return verdict({ said, ...end }, "Report:") + (warned ? `, but ${warned}` : "");
    },
  }),
);

const folderNames = [
  start("folder", "`a b`", {}, "a b"),
  start("folder", "`ünï-模型 (1) 'q' & $x`", {}, "ünï-模型 (1) 'q' & $x"),
  start("folder", "150 characters deep", {}, Array.from({ length: 15 }, () => "deep-deep").join("/")),
  start("folder", "`#%3f`", {}, "#%3f"),
];

const settings = [
  start("HOME", "does not exist", (machine) => ({ env: { HOME: join(machine.folder, "nowhere") } })),
  start("HOME", "not set", { env: { HOME: undefined } }),
  start("TMPDIR", "does not exist", (machine) => ({ env: { TMPDIR: join(machine.folder, "nowhere") } })),
  start("TMPDIR", "with a space", (machine) => {
    const TMPDIR = join(machine.folder, "a tmp");
    mkdirSync(TMPDIR, { recursive: true });
    return { env: { TMPDIR } };
  }),
  start("umask", "077", { umask: "077" }),
  start("NODE_ENV", "production", { env: { NODE_ENV: "production" } }),
  start("npm's omit", "dev, optional, peer, by the environment", { env: { npm_config_omit: "dev optional peer" } }),
  start("npm's omit", "`npm start --omit=dev`", { args: ["start", "--omit=dev", "--", "--version"] }),
  start("npm's settings", "engine-strict, ignore-scripts, install-strategy=nested, package-lock=false", {
    env: {
      ...{ npm_config_engine_strict: "true", npm_config_ignore_scripts: "true" },
      ...{ npm_config_install_strategy: "nested", npm_config_package_lock: "false" },
    },
  }),
  refusal("npm's settings", "before=2020-01-01", "before (the environment)", {
    env: { npm_config_before: "2020-01-01" },
  }),
  refusal("npm's settings", "a registry that is not there", "registry (the environment)", {
    env: { npm_config_registry: "http://127.0.0.1:9/" },
  }),
  start("another program", "`pnpm start`", (machine) => pnpm(machine, ["start", "--version"])),
  start("another program", "`yarn start`, Yarn 1", (machine) => {
    const tools = machine.tools("24.9.0", "11.6.0");
    return { command: join(machine.commands("yarn@1.22.22"), "yarn"), tools, args: ["start", "--version"] };
  }),
];

function pnpm(machine: Machine, args: readonly string[]): Start {
  return { command: join(machine.commands("pnpm@10.20.0"), "pnpm"), args };
}

const pnpmInstalled: Variation = {
  kind: "another program",
  value: "`pnpm install`, then `npm start`",
  run: async (machine) => {
    const clone = machine.compiledClone("pnpm-installed");
    await machine.begin(clone, pnpm(machine, ["install", "--silent"])).ended;
    return verdict(await machine.begin(clone).ended);
  },
};

const lineEnds: Variation = {
  kind: "checkout",
  value: "`core.autocrlf=true`, as Git for Windows has it: the contracts' code, and tests of bytes",
  run: async (machine) => {
    const clone = machine.clone("crlf", ["-c", "core.autocrlf=true"]);
    const args = ["run", "setup"];
    const ended = await machine.begin(clone, { args }).ended;
    if (ended.code !== 0) return verdict(ended);
    const code = (folder: string) => {
      const file = join(folder, "artifacts", "contracts", "Federation.sol", "Federation.json");
      return (JSON.parse(readFileSync(file, "utf8")) as { bytecode: string }).bytecode;
    };
    if (code(clone) !== code(project)) return "the contract has another code";
    const tests = ["test/unit/vectors.test.ts", "test/unit/docs.test.ts"];
    return verdict(
      await machine.begin(clone, { command: "node", args: ["scripts/run.mjs", "exec", "mocha", ...tests] }).ended,
      "passing",
    );
  },
};

const users: readonly Variation[] = [
  {
    kind: "another user",
    value: "in a clone of its own, with an empty home",
    run: async (machine) => {
      const clone = machine.compiledClone("nobody");
      const home = join(machine.folder, "home of nobody");
      mkdirSync(home, { recursive: true });
      execFileSync("chown", ["-R", String(nobody), clone, home]);
      machine.tools("24.9.0", "11.6.0");
      const env = { HOME: home, npm_config_cache: undefined };
      return verdict(await machine.begin(clone, { uid: nobody, env }).ended);
    },
  },
  {
    kind: "another user",
    value: "in a clone that somebody else installed, with a home that does not exist: a demo in its own folder",
    run: async (machine) => {
      const clone = machine.clone("installed");
      const first = await machine.begin(clone).ended;
      if (first.code !== 0) return verdict(first);
      const out = join(machine.folder, "out of nobody");
      mkdirSync(out);
      execFileSync("chown", [String(nobody), out]);
      const args = [join(clone, "bin", "fedledger.mjs"), "demo", "--rounds", "1", "--participants", "3", "--out", out];
      const options = { command: "node", args, uid: nobody, env: { HOME: "/nowhere" } };
      return verdict(await machine.begin(clone, options).ended, "Report:");
    },
  },
  {
    kind: "another user",
    value: "in a clone that nobody installed, and that it may not write",
    run: async (machine) => {
      const clone = machine.clone("not-installed");
      const options = { command: "node", args: ["bin/fedledger.mjs", "demo"], uid: nobody, env: { HOME: "/nowhere" } };
      const { code, said } = await machine.begin(clone, options).ended;
      const isSaid = code === 1 && said.includes("npm run setup");
      return isSaid ? "refused: says that its owner runs `npm run setup`" : `exit ${code}: ${said}`;
    },
  },
];

const twoAtOnce: Variation = {
  kind: "two starts",
  value: "at once, in one clone",
  run: async (machine) => {
    const clone = machine.compiledClone("two");
    const both = await Promise.all([machine.begin(clone).ended, machine.begin(clone).ended]);
    const verdicts = both.map((each) => verdict(each));
    return (
      verdicts.find((each) => !each.startsWith("ok")) ?? `both ok, ${both[0]?.seconds} s and ${both[1]?.seconds} s`
    );
  },
};

const moved: Variation = {
  kind: "folder",
  value: "moved after the installation",
  run: async (machine) => {
    const clone = machine.compiledClone("before-move");
    await machine.begin(clone).ended;
    const at = join(machine.folder, "clones", "after-move");
    cpSync(clone, at, { recursive: true, verbatimSymlinks: true });
    chmodSync(at, 0o755);
    return verdict(await machine.begin(at).ended);
  },
};

/** All that is started once and not interrupted. */
export const variations: readonly Variation[] = [
  ...[...nodeVersions, ...folderNames, moved, ...settings, pnpmInstalled],
  ...[lineEnds, ...users, twoAtOnce],
];

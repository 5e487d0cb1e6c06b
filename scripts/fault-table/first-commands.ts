import type { FaultTheme } from "./fault.ts";

const start = "`npm start`";

/** The first start, signals, logs, outputs and clocks. */
export const firstCommandFaults: FaultTheme = {
  name: "First commands, signals and outputs",
  tests: {
    "test/unit/scripts/first-command.test.ts": {
      'stopped by SIGINT ends when npm has, and leaves nothing that says "installed"': [
        [
          "Ctrl-C in the middle of the first installation",
          start,
          "exit 130 once npm has ended; the next start is good",
        ],
      ],
      'stopped by SIGTERM ends when npm has, and leaves nothing that says "installed"': [
        [
          "SIGTERM in the middle of the first installation",
          start,
          "exit 143 once npm has ended; the next start is good",
        ],
      ],
      "begun while another one is being stopped waits for its npm, names it, and is good": [
        ["a second start while the first one's npm still ends", start, "waits, names processes and lock: exit 0"],
      ],
      "killed leaves npm, whom the next one waits for and then takes at its work": [
        ["kill -9 of a start whose npm lives on", "the next start", "waits for that npm, takes its work: exit 0"],
      ],
      "killed together with npm is taken over at once": [
        ["kill -9 of a start and its npm", "the next start", "takes over: exit 0"],
      ],
      "done twice at once installs once": [["two first starts at once", "both", "one installs, both exit 0"]],
      "asks npm for all that is needed, whatever its settings are": [
        ["NODE_ENV=production, or settings that omit packages", start, "npm is asked for all kinds of packages"],
      ],
      "believes npm nothing: what it left out is named, and installed by the next start": [
        ["npm ends well but leaves out a package", start, "exit 1, names it; the next start is good"],
      ],
      "installs anew where a package is gone": [["a package is removed", "the next start", "installs anew: exit 0"]],
      "compiles from nothing where the compiler was killed": [
        ["the compiler was killed in the middle", "the next start", "compiles from nothing: exit 0"],
      ],
      "names the settings of npm that may be in the way, and never their values": [
        ["a setting of npm in the way, which holds a password", start, "exit 1, names the setting, not its value"],
      ],
      "runs what is installed, and changes nothing": [
        ["another user, in an installed clone, without a home", "any command", "runs, writes nothing: exit 0"],
      ],
      "says of a clone that is not installed who has to do what; its version it tells": [
        ["another user, in a clone that is not installed", "any command", "exit 1, names `npm run setup`"],
      ],
      "runs a package without a home": [["a package whose user has no home", "any command", "runs: exit 0"]],
    },
    "test/unit/scripts/lock.test.ts": {
      "of a process that died is taken over at once, though its number lives again": [
        ["a lock whose process's number lives again", "the next start", "taken over at once"],
      ],
      "of process 1 of a container that is gone is taken over once nobody has touched it for long": [
        ["a lock of process 1 of a container that is gone", "the next start", "named, then taken over"],
      ],
      "of another container that lives, and touches it, is waited for": [
        ["a lock of another container that lives", "the next start", "waited for"],
      ],
      "that says nothing (its process was killed as it wrote) is taken over": [
        ["an empty lock", "the next start", "taken over"],
      ],
    },
    "test/unit/scripts/checkout.test.ts": {
      "holds the bytes of the repository, without carriage returns": [
        ["a checkout with core.autocrlf=true", "git", "the repository's bytes, with line feeds"],
      ],
    },
    "test/unit/cli/text/missing-dependency.test.ts": {
      "has a code, and takes away what says that all is installed": [
        ["a file is missing inside a package", "any command", "the next start installs", "DEPENDENCY_MISSING"],
      ],
    },
    "test/e2e/signals.test.ts": {
      "ends at the first SIGTERM while an endpoint does not answer: a command": [
        ["SIGTERM while an endpoint never answers", "`audit`", "INTERRUPTED, exit 143, at the first signal"],
      ],
      "ends at the first SIGTERM while an endpoint does not answer: a node": [
        ["SIGTERM while an endpoint never answers", "`participant`", "INTERRUPTED, exit 143, at the first signal"],
      ],
      "says so, with a code and a remedy, at SIGINT": [
        ["Ctrl-C in the middle", "`demo`", "INTERRUPTED, exit 130, no stack trace"],
      ],
      "says so, with a code and a remedy, at SIGTERM": [
        ["SIGTERM in the middle", "`demo`", "INTERRUPTED, exit 143, no stack trace"],
      ],
      "takes a signal said twice for one, as a terminal and npm say it, and a later one for the second": [
        ["one Ctrl-C that arrives twice, by terminal and npm", "a node", "taken for one; a later one ends it"],
      ],
      "without a terminal, opens its log anew at SIGHUP and goes on": [
        ["SIGHUP without a terminal, its log moved away", "`chain`", "a new log, and it goes on"],
      ],
      "ends where the process is gone that passes signals on to it, killed": [
        ["kill -9 of the process that passes signals on", "`chain`", "it ends"],
      ],
      "does not end what runs until it is stopped, and is told then": [
        ["standard output on a full disk", "`chain`", "goes on until it is stopped", "OUTPUT_LOST"],
      ],
      "is a failure where a result was asked for": [["standard output on a full disk", "`--help`", "", "OUTPUT_LOST"]],
    },
    "test/unit/telemetry/log.test.ts": {
      "on a full disk says so once, and ends nobody": [
        ["a log file on a full disk", "whoever logs", "says so once, and goes on"],
      ],
      "on a standard error that is full ends nobody (JSON)": [
        ["standard error on a full disk, as JSON", "whoever logs", "goes on"],
      ],
      "on a standard error that is full ends nobody (text)": [
        ["standard error on a full disk, as text", "whoever logs", "goes on"],
      ],
      "on a standard error that nobody reads ends nobody (JSON)": [
        ["standard error that nobody reads, as JSON", "whoever logs", "goes on"],
      ],
      "on a standard error that nobody reads ends nobody (text)": [
        ["standard error that nobody reads, as text", "whoever logs", "goes on"],
      ],
      "keeps its old file where a new one cannot be opened": [
        ["a log that cannot be opened anew", "whoever logs", "goes on in the old file"],
      ],
    },
    "test/e2e/slow/clock.test.ts": {
      "by two hours ahead finishes its rounds, and passes its audit": [
        ["all clocks are two hours ahead of the chain's", "`demo`", "finishes, and passes its audit: exit 0"],
      ],
      "by two hours behind finishes its rounds, and passes its audit": [
        ["all clocks are two hours behind the chain's", "`demo`", "finishes, and passes its audit: exit 0"],
      ],
    },
    "test/unit/training/models/native-backend.test.ts": {
      "loads without our options, which its loader would take for its own, and leaves them to us": [
        ["a native library that reads the command line as its own", "the native backend", "it loads"],
      ],
      "has a code where its library cannot be loaded, and leaves our options to us then, too": [
        ["a native library that cannot be loaded", "the native backend", "", "BACKEND_UNAVAILABLE"],
      ],
    },
    "test/unit/privacy/encrypted/wasm-exceptions.test.ts": {
      "makes a key pair and opens what it closes: --no-experimental-wasm-exnref": [
        ["a Node that keeps what SEAL needs behind a flag", "encryption", "a key pair is made, and opens"],
      ],
    },
  },
};

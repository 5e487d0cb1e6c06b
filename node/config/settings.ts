import { z } from "zod";
import { accessSettings } from "./access-settings.ts";
import { dataSettings } from "./data-settings.ts";
import { privacySettings } from "./privacy-settings.ts";
import { sealedSettings } from "./sealed-settings.ts";
import { defineSetting } from "./setting.ts";
import { address, choice, decimal, gwei, integer, list, sampleSize, text, yes } from "./value-schemas.ts";

/** Every local setting of every command, by its name in configuration files. What a task fixes has no setting: it comes from the chain. */
export const settings = {
  // the chain
  rpc: defineSetting({
    flag: "--rpc <urls>",
    env: "FEDLEDGER_RPC",
    default: "http://127.0.0.1:8545",
    help: "Ethereum JSON-RPC endpoint; several, separated by commas, take over from each other",
    schema: list,
  }),
  federation: defineSetting({
    flag: "--federation <address>",
    env: "FEDLEDGER_FEDERATION",
    help: "address of the federation's contract",
    schema: address,
  }),
  confirmations: defineSetting({
    flag: "--confirmations <n|safe|finalized>",
    env: "FEDLEDGER_CONFIRMATIONS",
    default: "0",
    help: "blocks on top of an event before it counts (0 suits a local chain), or the chain's own safe or finalized mark",
    schema: z.union([choice("safe", "finalized"), integer(0, 1000)]),
  }),
  keystore: defineSetting({
    flag: "--keystore <file>",
    env: "FEDLEDGER_KEYSTORE",
    help: "encrypted key file of the account (Web3 Secret Storage, version 3)",
    schema: text,
  }),
  passwordFile: defineSetting({
    flag: "--password-file <file>",
    env: "FEDLEDGER_PASSWORD_FILE",
    help: "file with the keystore's password; otherwise FEDLEDGER_PASSWORD, otherwise you are asked",
    schema: text,
  }),
  devAccount: defineSetting({
    flag: "--dev-account <n>",
    env: "FEDLEDGER_DEV_ACCOUNT",
    help: "use the n-th publicly known test account, from 0; only on the local test chain (id 31337)",
    schema: integer(0, 99),
  }),
  task: defineSetting({
    flag: "--task <n>",
    env: "FEDLEDGER_TASK",
    default: "1",
    help: "number of the task",
    schema: integer(1, 2 ** 32 - 1),
  }),
  host: defineSetting({
    flag: "--host <address>",
    default: "127.0.0.1",
    help: "address to listen on; whoever reaches it can spend the test accounts",
    schema: text,
  }),
  port: defineSetting({
    flag: "--port <n>",
    env: "FEDLEDGER_PORT",
    default: "8545",
    help: "port to listen on; 0 picks a free one",
    schema: integer(0, 65535),
  }),
  accounts: defineSetting({
    flag: "--accounts <n>",
    default: "10",
    help: "test accounts with 10,000 ether each, 1 to 100",
    schema: integer(1, 100),
  }),
  blockInterval: defineSetting({
    flag: "--block-interval <seconds>",
    default: "1",
    help: "time between blocks without transactions, seconds; a transaction makes its own block at once",
    schema: decimal(0, 3600),
  }),
  role: defineSetting({
    flag: "--role <role>",
    help: "participant, aggregator, task-creator or admin",
    schema: choice("participant", "aggregator", "task-creator", "admin"),
  }),
  ...accessSettings,
  fund: defineSetting({
    flag: "--fund <ether>",
    help: "also send each member so much ether, to pay for its transactions",
    schema: text.regex(/^(?=.*[1-9])\d{1,9}(\.\d{1,18})?$/, "expected an amount of ether above 0, such as 0.5"),
  }),
  bond: defineSetting({
    flag: "--bond <ether>",
    help: "what each assigned aggregator answers with, and loses when its proposal is proven wrong; none by default",
    schema: gwei,
  }),
  participantBond: defineSetting({
    flag: "--participant-bond <ether>",
    help: "what each participant answers with, and loses when it is proven to have broken the rules; none by default",
    schema: gwei,
  }),
  mode: defineSetting({
    flag: "--mode <mode>",
    help: "what others see of an update: all (transparent, the default), or only the sum of a round's (masked, or encrypted)",
    schema: choice("transparent", "masked", "encrypted"),
  }),
  threshold: defineSetting({
    flag: "--threshold <percent>",
    help: "masked: share of each participant's neighbours that can open its masks, and of those with keys that makes a round; 51 to 100, default 67",
    schema: integer(51, 100),
  }),
  neighbours: defineSetting({
    flag: "--neighbours <n>",
    help: "masked: with how many others each participant shares masks, an even number; default 0, all of the drawn",
    schema: integer(0, 62).refine((value) => value % 2 === 0, "expected an even number"),
  }),
  keyWindow: defineSetting({
    flag: "--key-window <seconds>",
    help: "masked and encrypted: time for keys before the first commitment, seconds (default 120; the demo has a shorter one)",
    schema: integer(1, 2 ** 24 - 1),
  }),
  rule: defineSetting({
    flag: "--rule <rule>",
    help: "how updates become one: weighted-mean (default), coordinate-median or trimmed-mean; the last two ignore weights",
    schema: choice("weighted-mean", "coordinate-median", "trimmed-mean"),
  }),
  trim: defineSetting({
    flag: "--trim <n>",
    help: "values that a trimmed mean drops at each end of every parameter; default 1, twice it must be below --min-updates",
    schema: integer(1, 31),
  }),
  holders: defineSetting({
    flag: "--holders <n>",
    help: "members that must have signed that they hold an update before it counts: one more than may lie; default 0, none",
    schema: integer(0, 22),
  }),
  pipelined: defineSetting({
    flag: "--pipelined",
    help: "open the next round on a proposed model, while its challenge window runs",
    schema: yes,
  }),
  round: defineSetting({
    flag: "--round <n>",
    help: "number of the round (default: the last final one)",
    schema: integer(1, 65535),
  }),
  participant: defineSetting({
    flag: "--participant <account|keystore>",
    help: "the participant: an account, or its keystore file",
    schema: text,
  }),
  parts: defineSetting({ flag: "--parts <n>", default: "3", help: "number of parts, 1 to 64", schema: integer(1, 64) }),
  // a node
  dir: defineSetting({
    flag: "--dir <folder>",
    env: "FEDLEDGER_DIR",
    help: "folder for this node's blobs and journal (default: .fedledger/ACCOUNT)",
    schema: text,
  }),
  listen: defineSetting({
    flag: "--listen <addresses>",
    env: "FEDLEDGER_LISTEN",
    default: "/ip4/127.0.0.1/tcp/0",
    help: "libp2p multiaddrs to listen on, separated by commas",
    schema: list,
  }),
  announce: defineSetting({
    flag: "--announce <addresses>",
    env: "FEDLEDGER_ANNOUNCE",
    help: "multiaddrs to register instead of those listened on, separated by commas (behind NAT or a proxy)",
    schema: list,
  }),
  gateway: defineSetting({
    flag: "--gateway <host:port|off>",
    env: "FEDLEDGER_GATEWAY",
    default: "127.0.0.1:0",
    help: "where to serve blobs over HTTP for auditors (IPFS trustless gateway); port 0 picks one",
    schema: text
      .regex(/^(off|.+:\d{1,5})$/, "expected HOST:PORT or off")
      .refine(
        (value) => value === "off" || Number(value.split(":").at(-1)) <= 65535,
        "expected a port from 0 to 65535",
      ),
  }),
  mdns: defineSetting({
    flag: "--mdns",
    env: "FEDLEDGER_MDNS",
    help: "find members on the local network, too",
    schema: yes,
  }),
  ipfs: defineSetting({
    flag: "--ipfs <url>",
    env: "FEDLEDGER_IPFS",
    help: "RPC address of a Kubo daemon to keep blobs in, instead of the embedded store",
    schema: text,
  }),
  commit: defineSetting({
    flag: "--commit <own|batched>",
    env: "FEDLEDGER_COMMIT",
    default: "own",
    help: "commit by this account's own transaction, or sign commitments that others bring to the chain together, and step in where nobody does",
    schema: choice("own", "batched"),
  }),
  openWhenEnrolled: defineSetting({
    flag: "--open-when-enrolled <n>",
    help: "wait for so many participants before the first round (default: the task's fewest updates)",
    schema: integer(1, 2 ** 18),
  }),
  exitWhenComplete: defineSetting({
    flag: "--exit-when-complete",
    env: "FEDLEDGER_EXIT_WHEN_COMPLETE",
    help: "end after the task's last round; otherwise stay to serve its blobs to auditors, until stopped",
    schema: yes,
  }),
  logLevel: defineSetting({
    flag: "--log-level <level>",
    env: "FEDLEDGER_LOG_LEVEL",
    default: "warn",
    help: "silent, error, warn, info or debug",
    schema: choice("silent", "error", "warn", "info", "debug"),
  }),
  logFile: defineSetting({
    flag: "--log-file <file>",
    env: "FEDLEDGER_LOG_FILE",
    help: "append the log to a file, as JSON lines",
    schema: text,
  }),
  ...dataSettings,
  ...privacySettings,
  // tasks and demos
  model: defineSetting({
    flag: "--model <kind>",
    help: "linear, logistic, mlp or cnn (default: the data set's own)",
    schema: text,
  }),
  participants: defineSetting({
    flag: "--participants <n>",
    help: "number of participants, 1 to 64 (default: the preset's, usually 5)",
    schema: integer(1, 64),
  }),
  aggregators: defineSetting({
    flag: "--aggregators <n>",
    default: "1",
    help: "number of aggregators, 1 to 16",
    schema: integer(1, 16),
  }),
  rounds: defineSetting({
    flag: "--rounds <n>",
    help: "number of rounds, 1 to 65535 (default: the preset's, usually 10)",
    schema: integer(1, 65535),
  }),
  participation: defineSetting({
    flag: "--participation <fraction>",
    help: "fraction of the participants drawn for each round, above 0 to 1 (default: the preset's, usually 1)",
    schema: decimal(0.0001, 1),
  }),
  epochs: defineSetting({
    flag: "--epochs <n>",
    help: "local epochs in each round (default: the preset's)",
    schema: integer(1, 1000),
  }),
  learningRate: defineSetting({
    flag: "--learning-rate <x>",
    help: "step of the local training (default: the preset's)",
    schema: decimal(1e-9, 1000),
  }),
  batchSize: defineSetting({
    flag: "--batch-size <n>",
    help: "examples a step (default: the preset's)",
    schema: integer(1, 65536),
  }),
  spec: defineSetting({
    flag: "--spec <file>",
    help: "task specification (JSON, docs/protocol.md section 8) instead of a preset",
    schema: text,
  }),
  fractionBits: defineSetting({
    flag: "--fraction-bits <n>",
    help: "fraction bits of a lane, 1 to 30 (default 20; in a masked or encrypted task as many as fit, up to 16)",
    schema: integer(1, 30),
  }),
  clip: defineSetting({
    flag: "--clip <x>",
    help: "greatest change of one parameter in one update (default: the preset's, usually 8)",
    schema: decimal(1e-9, 2 ** 30),
  }),
  maxWeight: defineSetting({
    flag: "--max-weight <n>",
    help: "greatest number of examples an update may count for (default 65536; in a masked or encrypted task as many as fit)",
    schema: integer(1, 2 ** 32 - 1),
  }),
  serverRate: defineSetting({
    flag: "--server-rate <x>",
    help: "factor on the mean update, 1/65536 to 16 (default 1)",
    schema: decimal(1 / 65536, 16),
  }),
  minUpdates: defineSetting({
    flag: "--min-updates <n>",
    help: "fewest updates that make a round (default: two thirds of those drawn)",
    schema: integer(1, 64),
  }),
  maxUpdates: defineSetting({
    flag: "--max-updates <n>",
    help: "most participants drawn for a round, 1 to 64 (default 64; in a masked or encrypted task those expected)",
    schema: integer(1, 64),
  }),
  quorum: defineSetting({
    flag: "--quorum <n>",
    help: "attestations that finalize a round at once (default: more than half of those drawn)",
    schema: integer(1, 65535),
  }),
  attempts: defineSetting({
    flag: "--attempts <n>",
    default: "3",
    help: "aggregators tried before a round is given up, 1 to 16",
    schema: integer(1, 16),
  }),
  roundsPerParticipant: defineSetting({
    flag: "--rounds-per-participant <n>",
    default: "0",
    help: "most rounds one participant may join; 0 is no limit",
    schema: integer(0, 65535),
  }),
  commitWindow: defineSetting({
    flag: "--commit-window <seconds>",
    help: "time to train and commit, seconds (default 600; the demo has shorter ones)",
    schema: integer(1, 2 ** 31),
  }),
  aggregateWindow: defineSetting({
    flag: "--aggregate-window <seconds>",
    help: "time each aggregator has to propose, seconds (default 300; the demo has shorter ones)",
    schema: integer(1, 2 ** 31),
  }),
  challengeWindow: defineSetting({
    flag: "--challenge-window <seconds>",
    help: "time until a proposal is final without a quorum, seconds (default 600; the demo has shorter ones)",
    schema: integer(1, 2 ** 31),
  }),
  // sealed blobs
  ...sealedSettings,
  // audit and files
  content: defineSetting({
    flag: "--content <sources>",
    env: "FEDLEDGER_CONTENT",
    help: "where to get blobs, separated by commas: http://GATEWAY, kubo:http://RPC, dir:FOLDER (default: the gateways in the registry)",
    schema: list,
  }),
  report: defineSetting({ flag: "--report <file>", help: "write a report for people (one HTML file)", schema: text }),
  sample: defineSetting({
    flag: "--sample <rounds>",
    help: "recompute only so many random rounds, and say what that may miss; the record is always checked whole",
    schema: integer(1, 65535),
  }),
  // watching
  watchSample: defineSetting({
    flag: "--sample <share|n>",
    help: "recompute only random chunks of each proposal, a share such as 0.1 or a number such as 200, and say what that may miss (transparent tasks; others are recomputed whole)",
    schema: sampleSize,
  }),
  reserve: defineSetting({
    flag: "--reserve <true|false>",
    env: "FEDLEDGER_RESERVE",
    default: "true",
    help: "reserve a challenge in an earlier block, so that a copy of it earns nothing",
    schema: yes,
  }),
  demandBudget: defineSetting({
    flag: "--demand-budget <ether>",
    env: "FEDLEDGER_DEMAND_BUDGET",
    default: "1",
    help: "most ether in demands for withheld data of the task that did not come back; 0 demands nothing",
    schema: gwei,
  }),
  out: defineSetting({ flag: "--out <path>", help: "file or folder to write", schema: text }),
  force: defineSetting({ flag: "--force", help: "replace what is there", schema: yes }),
} as const;

/** Name of a setting. */
export type SettingName = keyof typeof settings;

import { z } from "zod";
import { accessSettings } from "./access-settings.ts";
import { dataSettings } from "./data-settings.ts";
import { invitationSettings } from "./invitation-settings.ts";
import { privacySettings } from "./privacy-settings.ts";
import { sealedSettings } from "./sealed-settings.ts";
import { defineSetting } from "./setting.ts";
import { taskSettings } from "./task-settings.ts";
import { address, choice, decimal, gwei, integer, list, taskNumbers, text, yes } from "./value-schemas.ts";

/**
 * Every local setting of every command, by its name in configuration files. What a task fixes has no setting: it comes
 * from the chain.
 */
export const settings = {
  // the chain
  rpc: defineSetting({
    flag: "--rpc <urls>",
    env: "FEDLEDGER_RPC",
    default: "http://127.0.0.1:8545",
    help: "Ethereum JSON-RPC endpoint, http(s):// or ws(s)://; several, separated by commas, take over from each other",
    schema: list,
  }),
  rpcAgree: defineSetting({
    flag: "--rpc-agree <n>",
    env: "FEDLEDGER_RPC_AGREE",
    default: "1",
    help: "how many endpoints of --rpc must say the same of the record; 1: the one in use is believed",
    schema: integer(1, 16),
  }),
  pollInterval: defineSetting({
    flag: "--poll-interval <seconds>",
    env: "FEDLEDGER_POLL_INTERVAL",
    help: "how often to look for a new block, seconds (default: as often as the chain makes one)",
    schema: decimal(0.05, 3600),
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
    help: "blocks on top of an event before it counts, or the chain's own safe or finalized mark (default: 0 on the local test chain, else safe)",
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
  nodeTasks: defineSetting({
    flag: "--task <numbers>",
    env: "FEDLEDGER_TASK",
    key: "task",
    default: "1",
    help: "number of the task; several, separated by commas, are worked on by one node; all, also those to come, but for participants",
    schema: taskNumbers,
  }),
  maxBond: defineSetting({
    flag: "--max-bond <ether>",
    env: "FEDLEDGER_MAX_BOND",
    help: "most that this account locks in bonds of all tasks of the federation together (default: no limit; 0 with --task all)",
    schema: gwei,
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
  round: defineSetting({
    flag: "--round <n>",
    help: "number of the round (default: the last accepted one)",
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
    help: "folder of nodes: each account and federation has its own below it, for blobs and journals (default: .fedledger)",
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
  gatewayOrigin: defineSetting({
    flag: "--gateway-origin <urls>",
    env: "FEDLEDGER_GATEWAY_ORIGIN",
    help: "web pages that may read the gateway's blobs where they are for members only, separated by commas: http(s)://HOST",
    schema: list,
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
  statement: defineSetting({
    flag: "--statement <file>",
    env: "FEDLEDGER_STATEMENT",
    help: "statement of the data: its hash goes on the record with the enrolment; some tasks ask for one",
    schema: text,
  }),
  trainOnUnchecked: defineSetting({
    flag: "--train-on-unchecked",
    env: "FEDLEDGER_TRAIN_ON_UNCHECKED",
    help: "train on a model that this node could not recompute, once nobody can prove it wrong any more",
    schema: yes,
  }),
  journalLost: defineSetting({
    flag: "--journal-lost",
    env: "FEDLEDGER_JOURNAL_LOST",
    help: "go on though this account has signed before and its journal is lost: in masked, encrypted and private tasks others may then learn more",
    schema: yes,
  }),
  reenter: defineSetting({
    flag: "--reenter",
    env: "FEDLEDGER_REENTER",
    help: "take a place again in a task that this account has left",
    schema: yes,
  }),
  policy: defineSetting({
    flag: "--policy <file>",
    env: "FEDLEDGER_POLICY",
    help: "what this site asks of a task (JSON, docs/policy.md): one that is below it is refused before any data are read",
    schema: text,
  }),
  ledger: defineSetting({
    flag: "--ledger <file>",
    env: "FEDLEDGER_LEDGER",
    help: "file that counts the noise drawn for each data set, over tasks and federations (default: noise-ledger.sqlite in the folder of --dir); nodes on the same data share one (docs/privacy.md)",
    schema: text,
  }),
  exitWhenFinal: defineSetting({
    flag: "--exit-when-final",
    env: "FEDLEDGER_EXIT_WHEN_FINAL",
    help: "end when the task's last round can be proven wrong no more; otherwise stay to serve its blobs to auditors, until stopped",
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
  ...taskSettings,
  aggregators: defineSetting({
    flag: "--aggregators <n>",
    default: "1",
    help: "number of aggregators, 1 to 16",
    schema: integer(1, 16),
  }),
  ...invitationSettings,
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
  block: defineSetting({
    flag: "--block <hash>",
    help: "audit up to the block of this hash, and have what is stored proven by it: exit code 4 where it is not",
    schema: z.string().regex(/^0x[0-9a-fA-F]{64}$/, "expected the hash of a block: 0x and 64 digits"),
  }),
  final: defineSetting({
    flag: "--final",
    help: "ask for a task whose last round is final: until then exit code 4",
    schema: yes,
  }),
  out: defineSetting({ flag: "--out <path>", help: "file or folder to write", schema: text }),
  force: defineSetting({ flag: "--force", help: "replace what is there", schema: yes }),
} as const;

/** Name of a setting. */
export type SettingName = keyof typeof settings;

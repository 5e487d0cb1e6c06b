import { defineSetting } from "./setting.ts";
import { choice, decimal, integer, share, text } from "./value-schemas.ts";

/** Settings of data and training: where the data are, which share of them, how they are masked, what trains on them. */
export const dataSettings = {
  data: defineSetting({
    flag: "--data <source>",
    env: "FEDLEDGER_DATA",
    help: "digits, breast-cancer, diabetes, synthetic-ten, mnist:FOLDER, or a CSV file",
    schema: text,
  }),
  taskSaltFile: defineSetting({
    flag: "--task-salt-file <file>",
    env: "FEDLEDGER_TASK_SALT_FILE",
    help: "file with the secret salt that the task's participants share, where it hashes columns; otherwise FEDLEDGER_TASK_SALT",
    schema: text,
  }),
  saltFile: defineSetting({
    flag: "--salt-file <file>",
    env: "FEDLEDGER_SALT_FILE",
    help: "file with this participant's own secret salt, where the task hashes columns with it; otherwise FEDLEDGER_SALT",
    schema: text,
  }),
  partition: defineSetting({
    flag: "--partition <kind>",
    help: "share of the data this participant takes: iid, dirichlet:ALPHA, label:CLASSES, quantity:ALPHA",
    schema: text,
  }),
  part: defineSetting({
    flag: "--part <part/parts>",
    help: "which share, such as 0/5; without it, all of the data",
    schema: share,
  }),
  holdOut: defineSetting({
    flag: "--hold-out <fraction>",
    env: "FEDLEDGER_HOLD_OUT",
    default: "0.2",
    help: "fraction of the data kept for evaluation, 0 to 0.9",
    schema: decimal(0, 0.9),
  }),
  seed: defineSetting({
    flag: "--seed <n>",
    env: "FEDLEDGER_SEED",
    default: "1",
    help: "seed of partition, initial model and training; the same seed repeats a run",
    schema: integer(0, 2 ** 32 - 1),
  }),
  backend: defineSetting({
    flag: "--backend <name>",
    env: "FEDLEDGER_BACKEND",
    default: "auto",
    help: "auto, wasm, cpu or native (where @tensorflow/tfjs-node is installed)",
    schema: choice("auto", "wasm", "cpu", "native"),
  }),
} as const;

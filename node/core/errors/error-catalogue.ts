import { type ErrorKind, ours, peer, user } from "./error-kinds.ts";
import { networkErrors } from "./network-errors.ts";
import { privacyErrors } from "./privacy-errors.ts";
import { stateErrors } from "./state-errors.ts";

export type { ErrorKind, Fault } from "./error-kinds.ts";

/** Every error Fedledger raises, by code. Codes are stable; texts may change. */
export const errorCatalogue = {
  // core: encoding
  NON_FINITE_PARAMETER: user(
    "Parameter {index} is {value}: only finite numbers can be encoded.",
    "Training diverged: lower the learning rate or check the data for missing values.",
  ),
  PARAMETER_OUT_OF_RANGE: user(
    "Parameter {index} is {value}, beyond what {fractionBits} fraction bits can hold in 32 bits.",
    "Use fewer fraction bits in the task, or a smaller learning rate.",
  ),
  INVALID_ARGUMENT: ours("{name} is {value}: expected {expected}."),
  LENGTH_MISMATCH: user(
    "{name} has length {actual}, expected {expected}.",
    "Check that the data belongs to this task.",
  ),
  UNSUPPORTED_RULE: user(
    "The aggregation rule {name} is not in this version.",
    "Use a newer version, or create the task with weighted-mean.",
  ),
  INVALID_TEST_SET: user(
    "This is no public test set of the task: {reason}.",
    "Make it from a table with the task's columns (task create --test-set).",
  ),
  CONFIRMATIONS_NEEDED: user(
    "Chain {chainId} has no block that it calls safe.",
    "Say how many blocks on top of an event make it count: --confirmations N.",
  ),
  WINDOW_TOO_SHORT: user(
    "{name} is {actual} seconds: on this chain, whose events count after {lag}, it takes at least {least}.",
    "Give it more time, or leave it out.",
  ),
  INVALID_TASK_SPEC: user("The task specification is not valid: {reason}.", "See docs/protocol/specification.md."),
  INVALID_HISTORY: peer(
    "Event {name} of round {round} does not follow from the events before it: {reason}.",
    "The RPC endpoint gave an inconsistent history: try another one.",
  ),
  // configuration and command line
  INVALID_CONFIG: user("{name}: {reason}.", "See --help for the values it takes."),
  WRONG_USE: user("Wrong use: {reason}.", "See: {command} --help."),
  UNKNOWN_OPTION: user("Unknown setting {name}.", "See --help for the settings there are."),
  FILE_NOT_FOUND: user("There is no file {path}.", "Check the path."),
  FILE_UNREADABLE: user("{path} cannot be read: {reason}.", "Check the file and its permissions."),
  FILE_UNWRITABLE: user("{path} cannot be written: {reason}.", "Check the folder, its permissions and the disk space."),
  FILE_EXISTS: user("{path} exists already.", "Choose another name, or remove it first."),
  WRONG_PASSWORD: user(
    "The keystore {path} does not open with this password.",
    "Check FEDLEDGER_PASSWORD or the password file.",
  ),
  PASSWORD_MISSING: user("A password for {path} is needed.", "Set FEDLEDGER_PASSWORD, or give --password-file."),
  INTERRUPTED: {
    message: "Stopped on request.",
    remedy: "Run the command again to go on.",
    fault: "user",
    retryable: true,
    exitCode: 1,
  },
  // data
  INVALID_DATA: user("{source}: {reason}.", "See docs/data.md for the formats."),
  TOO_LITTLE_DATA: user(
    "{source} has {actual} rows; at least {required} are needed.",
    "Give more data, or another partition.",
  ),
  // data masking
  DATA_SALT_MISSING: user(
    "Column {column} is to be hashed under the {whose} secret salt, which is not given.",
    "Give its file with {flag}; fedledger data salt makes a new one.",
  ),
  DATA_SALT_WRONG: user(
    "The task's secret salt is another one: its check is {actual}, the task says {expected}.",
    "Ask whoever created the task for the salt, by a channel that is private.",
  ),
  ANONYMITY_TOO_LOW: {
    message:
      "{source}: {below} of {rows} rows share {columns} with fewer than {k} rows (the smallest group has {smallest}).",
    remedy:
      "See which with: fedledger data check. Leave those rows out, or join a task with coarser ranges or a smaller k.",
    fault: "user",
    retryable: false,
    exitCode: 1,
  },
  // training
  TRAINING_FAILED: {
    message: "Training failed: {reason}.",
    remedy: "Check the model, the data and the learning rate.",
    fault: "user",
    retryable: false,
    exitCode: 1,
  },
  BACKEND_UNAVAILABLE: {
    message: "The training backend {name} cannot run here: {reason}.",
    remedy: "Choose another backend: wasm or cpu.",
    fault: "user",
    retryable: false,
    exitCode: 2,
  },
  UNSUPPORTED_MODEL: user("The model is not supported: {reason}.", "See docs/protocol/specification.md."),
  ...stateErrors,
  ...networkErrors,
  ...privacyErrors,
  // audit
  NO_RECEIPT: user(
    "There is no receipt for {participant} in round {round}: {reason}.",
    "A receipt needs a committed update in a round that has ended.",
  ),
  // demo and processes
  PROCESS_DIED: {
    message: "The process {name} ended with {reason}.",
    remedy: "Its log is at {path}.",
    fault: "us",
    retryable: true,
    exitCode: 1,
  },
  STALLED: {
    message: "Nothing has moved for {seconds} s: {reason}.",
    remedy: "See the logs at {path}.",
    fault: "us",
    retryable: true,
    exitCode: 1,
  },
} as const satisfies Record<string, ErrorKind>;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof errorCatalogue;

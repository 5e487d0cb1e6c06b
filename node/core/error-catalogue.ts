/** Whose fault an error is: our own (a bug), a peer's, the infrastructure's, or the user's. */
export type Fault = "us" | "peer" | "infrastructure" | "user";

/** One kind of error. `{name}` in the texts is filled from the error's data. */
export interface ErrorKind {
  readonly message: string;
  readonly remedy: string;
  readonly fault: Fault;
  readonly retryable: boolean;
  /** Process exit code when a command ends with it: 1 failure, 2 usage, 3 violation, 4 unchecked, 5 infrastructure. */
  readonly exitCode: 1 | 2 | 3 | 4 | 5;
}

const user = (message: string, remedy: string): ErrorKind => ({
  message,
  remedy,
  fault: "user",
  retryable: false,
  exitCode: 2,
});
const infrastructure = (message: string, remedy: string): ErrorKind => ({
  message,
  remedy,
  fault: "infrastructure",
  retryable: true,
  exitCode: 5,
});
const peer = (message: string, remedy: string): ErrorKind => ({
  message,
  remedy,
  fault: "peer",
  retryable: true,
  exitCode: 1,
});
const ours = (message: string): ErrorKind => ({
  message,
  remedy: "This is a fault of Fedledger itself: please report it with the log.",
  fault: "us",
  retryable: false,
  exitCode: 1,
});

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
  INVALID_TASK_SPEC: user(
    "The task specification is not valid: {reason}.",
    "See docs/protocol.md, Task specification.",
  ),
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
  UNSUPPORTED_MODEL: user("The model is not supported: {reason}.", "See docs/protocol.md, Task specification."),
  // storage
  BLOB_NOT_FOUND: infrastructure(
    "The blob {contentId} could not be had from any of {providers} peers.",
    "Its holders may be offline: try again later.",
  ),
  BLOB_CORRUPT: peer(
    "The bytes received for {contentId} have another hash.",
    "The sender is wrong or lying: another holder may have it.",
  ),
  BLOB_TOO_LARGE: peer(
    "The blob {contentId} is larger than the {limitBytes} bytes it may have.",
    "The sender is wrong or lying.",
  ),
  STORAGE_FAILED: infrastructure(
    "The content store failed: {reason}.",
    "Check the disk space and the permissions of {path}.",
  ),
  STORE_READ_ONLY: ours("The content source {source} can only be read."),
  // peer to peer
  PEER_UNREACHABLE: infrastructure(
    "Peer {peerId} cannot be reached: {reason}.",
    "It may be offline, or its registered addresses are wrong.",
  ),
  PEER_REFUSED: peer("Peer {peerId} refused: {reason}.", "Ask its operator."),
  PEER_NOT_ADMITTED: peer("Peer {peerId} is not in the federation's registry.", "It must be a registered member."),
  PEER_PROTOCOL: peer(
    "Peer {peerId} broke the protocol {protocol}: {reason}.",
    "The peer runs another version or is faulty.",
  ),
  PEER_TIMEOUT: infrastructure("Peer {peerId} did not answer within {timeoutMs} ms.", "It may be busy or offline."),
  // chain
  RPC_UNREACHABLE: infrastructure(
    "The Ethereum endpoint {url} does not answer: {reason}.",
    "Check that the node runs and the URL is right.",
  ),
  NO_FEDERATION: user(
    "There is no Fedledger federation at {address} on chain {chainId}.",
    "Check the address and the RPC endpoint.",
  ),
  CODE_DIFFERS: user(
    "The code of {names} at {address} is not the one that this version of Fedledger has.",
    "Another version may have deployed it: use that version. Otherwise its rules may be others than documented: join it only if you trust its deployer.",
  ),
  ADDRESS_IN_USE: user("Cannot listen on {address}: {reason}.", "Choose another port, or stop what listens there."),
  NOT_BUILT: user("The compiled contracts are not at {path}.", "Build them once: npm start, or npx hardhat build."),
  DEPLOYMENT_FAILED: {
    message: "The deployment failed: {reason}.",
    remedy: "See the reason. {next}.",
    fault: "user",
    retryable: false,
    exitCode: 1,
  },
  NO_ACCOUNT: user("This needs an account to send transactions.", "Give a keystore with --keystore."),
  CHAIN_MISMATCH: user("The endpoint is on chain {actual}, expected {expected}.", "Check the RPC endpoint."),
  INSUFFICIENT_FUNDS: user("Account {account} cannot pay for {purpose}.", "Send it some ether."),
  TRANSACTION_REVERTED: {
    message: "The contract refused {call}: {reason}.",
    remedy: "{advice}.",
    fault: "user",
    retryable: false,
    exitCode: 1,
  },
  TRANSACTION_STUCK: infrastructure(
    "Transaction {hash} was not mined within {timeoutMs} ms.",
    "The chain may be congested: it is replaced at a higher price.",
  ),
  NOTHING_TO_TAKE: {
    message: "There is nothing to {action} for {account}: {reason}.",
    remedy: "See what there is with: fedledger bond show {account}.",
    fault: "user",
    retryable: false,
    exitCode: 1,
  },
  NOT_ELIGIBLE: user(
    "{account} may not {action} task {taskId}, which asks for {needed}; the account has {has}.",
    "An admin sets what an account has with: fedledger member set {account}.",
  ),
  UNKNOWN_TASK: user("The federation has no task {taskId}.", "List the tasks with: fedledger task list."),
  // privacy: sealed messages
  HPKE_KEY_INVALID: peer(
    "{publicKey} is not an encryption key that anything can be sealed to.",
    "The member must register a valid X25519 key.",
  ),
  HPKE_NOT_OPENED: peer(
    "A sealed message of {lengthBytes} bytes does not open: it was changed, or is for another key or purpose.",
    "Its sender is wrong or lying, or the account's encryption key has changed.",
  ),
  // privacy: sealed blobs
  BLOB_SEALED: {
    message: "The blob {contentId} is sealed to the members of its task: {reason}.",
    remedy:
      "Give the keystore of a member who may read it, or have one give you a grant: fedledger grant create --auditor KEY.",
    fault: "user",
    retryable: true,
    exitCode: 4,
  },
  SEAL_BROKEN: peer(
    "The sealed blob {contentId} of {sender} does not open: {reason}.",
    "Its sender is wrong or lying: nobody can read it.",
  ),
  TOO_MANY_READERS: user(
    "A blob cannot be sealed to {actual} readers: 1 to {limit}.",
    "Restrict who may read the task's blobs (access.read of its specification).",
  ),
  // privacy: encrypted updates
  ENCRYPTION_UNAVAILABLE: infrastructure(
    "The encryption library SEAL cannot be loaded: {reason}.",
    "Check that the package node-seal is installed whole, and that there is memory for it.",
  ),
  CIPHERTEXT_INVALID: peer(
    "An encrypted update or sum is not valid: {reason}.",
    "Its participant runs another version, or is wrong or lying: the round cannot use it.",
  ),
  GROUP_KEY_INVALID: peer(
    "The round's group key is not valid: {reason}.",
    "Who dealt it is wrong or lying: the round runs out, the next one has another key.",
  ),
  GROUP_KEY_CHANGED: peer(
    "Another group key was dealt in round {round} than the one that this participant's update is encrypted under.",
    "The chain was reorganised: this participant sits the round out.",
  ),
  SUM_NOT_OPENED: peer(
    "The sum of round {round} is not opened: {reason}.",
    "The round ends without a model, or others open it.",
  ),
  SUM_SET_CHANGED: peer(
    "The sum of round {round} was opened for other updates before: a second one would show their difference.",
    "The chain was reorganised, or somebody lies about it: this participant sits the round out.",
  ),
  // privacy: masks
  MASK_KEY_INVALID: peer(
    "{maskKey} is not a mask key, or the secret key for it is none.",
    "The chain accepts only points of the curve: try another RPC endpoint.",
  ),
  MASK_SHARE_REPLAYED: peer(
    "The share that {to} has of {from} is not one for it in this round: {reason}.",
    "Its sender is wrong or lying, or the account's encryption key has changed: the other neighbours' shares serve.",
  ),
  MASK_KEY_SWAPPED: peer(
    "The keys of round {round} are not those that were advertised: {reason}.",
    "The RPC endpoint gave a false history: try another one. Nothing is given for this round.",
  ),
  MASK_BASE_CHANGED: peer(
    "The masks of round {round} were made for another base model: {expected}, not {actual}.",
    "The RPC endpoint gave a false history, or the chain was reorganised: this participant waits for the next round.",
  ),
  MASK_ALREADY_USED: peer(
    "The masks of round {round} were laid on an update already: {reason}.",
    "Two updates under the same masks would show their difference: this participant waits for the next round.",
  ),
  MASK_NOT_MEMBER: peer(
    "This participant has no part in the opening of round {round}: {reason}.",
    "The RPC endpoint gave a false history: try another one. Nothing is given for this round.",
  ),
  MASK_SET_CHANGED: peer(
    "Round {round} was opened for the accumulator {expected}; it is not opened for {actual} as well.",
    "Two sums would show their difference. The RPC endpoint gave a false history, or the chain was reorganised.",
  ),
  MASK_BOTH_SHARES: peer(
    "Of slot {slot} in round {round} the share of its {given} was given; that of its {asked} is not given as well.",
    "With both, its update could be read. The RPC endpoint gave a false history, or the chain was reorganised.",
  ),
  MASK_BELOW_THRESHOLD: peer(
    "Round {round} is not opened: {actual} of {of} participants survive, {least} are needed.",
    "Too few updates would hide each other: wait for the next round, with more participants.",
  ),
  MASK_RECORD_BROKEN: {
    message: "What this node wrote down of the masks of round {round} cannot be read.",
    remedy: "Check the node's journal. This participant waits for the next round.",
    fault: "infrastructure",
    retryable: false,
    exitCode: 5,
  },
  GRANT_INVALID: user(
    "{path} is not a grant that can be used: {reason}.",
    "Have a member make it anew: fedledger grant create.",
  ),
  NOTHING_SEALED: user(
    "Task {taskId} needs no grant: {reason}.",
    "Its blobs can be audited without one: fedledger audit.",
  ),
  // audit
  NO_RECEIPT: user(
    "There is no receipt for {participant} in round {round}: {reason}.",
    "A receipt needs a committed update in a round that has ended.",
  ),
  // differential privacy
  PRIVACY_BUDGET_TOO_SMALL: user(
    "The privacy budget does not fit the task: {reason}.",
    "Ask for a greater --epsilon, more noise (--noise-multiplier), fewer rounds for each, or fewer local steps.",
  ),
  PRIVACY_RULES_BROKEN: user(
    "The rules of task {taskId} do not keep its promise of privacy: {field} {reason}.",
    "Do not take part; ask the task's creator for a task whose rules and specification agree.",
  ),
  PRIVACY_BUDGET_SPENT: user(
    "Task {taskId}, round {round}: this node has drawn {drawn} updates with noise, as many as epsilon {epsilon} allows.",
    "This participant is done with the task; others can go on.",
  ),
  PRIVACY_LEDGER_UNREADABLE: ours("The journal's list of updates with noise cannot be read."),
  PRIVACY_TARGET_UNREACHABLE: user(
    "No amount of noise gives epsilon {epsilon} at delta {delta} for so many rounds.",
    "Ask for a greater epsilon or delta, or for fewer rounds.",
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

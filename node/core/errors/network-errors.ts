import { type ErrorKind, infrastructure, ours, peer, user } from "./error-kinds.ts";

/** Errors of stores, peers and the chain. */
export const networkErrors = {
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
  DIRECTORY_IN_USE: user(
    "The content store in {path} does not open: another node runs on this folder, or its files are damaged.",
    "Stop the other node, or give this one a folder of its own with --dir.",
  ),
  STORAGE_FAILED: infrastructure(
    "The content store failed: {reason}.",
    "Check the disk space and the permissions of {path}.",
  ),
  STORE_UNREACHABLE: infrastructure(
    "The IPFS daemon at {url} does not answer: {reason}.",
    "Start it, or name another one with --ipfs; a node that runs goes on when it answers.",
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
  RPC_BUSY: infrastructure(
    "The Ethereum endpoint {url} takes no more requests now: {reason}.",
    "Its limit is reached. Wait, raise its plan, or give another endpoint, too: --rpc URL,URL.",
  ),
  RPC_KEY_REFUSED: user(
    "The Ethereum endpoint {url} refuses who asks: {reason}.",
    "Check the key, or user and password, in its URL, and that its provider allows this network and this machine.",
  ),
  RPC_WRONG_ANSWER: infrastructure(
    "What the Ethereum endpoint {url} answers cannot be right: {reason}.",
    "It is faulty, lies, or is no Ethereum endpoint. Ask another one with --rpc.",
  ),
  RPC_REFUSED: infrastructure(
    "The Ethereum endpoint {url} refuses a request that it must answer: {reason}.",
    "Ask another one with --rpc.",
  ),
  ENDPOINT_BEHIND: infrastructure(
    "The Ethereum endpoint {url} is behind: its logs of task {taskId} up to block {block} do not make what the contract stores there ({differing}).",
    "Nothing is decided on them. Try again, or ask another endpoint with --rpc.",
  ),
  CHAIN_RESET: {
    message: "The chain at {url} is not the one it was: {reason}.",
    remedy:
      "It was begun anew, or the endpoint is of another chain now. Give an endpoint of the former chain with --rpc; or begin on the new one, with its federation's address and a folder of its own (--dir).",
    fault: "infrastructure",
    retryable: false,
    exitCode: 5,
  },
  UNKNOWN_BLOCK: {
    message: "The endpoint knows no block {hash}.",
    remedy: "Check the hash, that the endpoint is of its chain, and that it has come so far.",
    fault: "user",
    retryable: false,
    exitCode: 4,
  },
  RPC_DISAGREE: infrastructure(
    "Ethereum endpoints contradict each other about {method}: {groups}. {needed} must agree.",
    "One of them lies or is behind. Give another endpoint with --rpc, or leave out the one that you do not trust.",
  ),
  NO_CODE: user(
    "There is no contract at {address} on chain {chainId}.",
    "Check the address, and that the endpoint is of its chain. A chain that was begun anew has lost it.",
  ),
  NO_FEDERATION: user(
    "The contract at {address} on chain {chainId} is no Fedledger federation of this version.",
    "Check the address. A federation of another version needs that version of Fedledger.",
  ),
  CODE_DIFFERS: user(
    "The code of {names} at {address} is not the one that this version of Fedledger has.",
    "Another version may have deployed it: use that version. Otherwise its rules may be others than documented: join it only if you trust its deployer.",
  ),
  ADDRESS_IN_USE: user("Cannot listen on {address}: {reason}.", "Choose another port, or stop what listens there."),
  OUTPUT_LOST: {
    message: "What the command had to say could not be written to standard output: {reason}.",
    remedy: "Make room, or send its output elsewhere; what it did is done.",
    fault: "user",
    retryable: true,
    exitCode: 1,
  },
  DEPENDENCY_MISSING: {
    message: "A file of the packages that Fedledger stands on is missing: {reason}.",
    remedy: "In a clone: start again, which installs them anew. In a package: install it again (npm ci).",
    fault: "user",
    retryable: true,
    exitCode: 1,
  },
  NODE_TOO_OLD: user(
    "A program that imports Fedledger needs Node 22.18 or later: this is {actual}.",
    "Run it on such a Node; the command fedledger brings its own.",
  ),
  NATIVE_PART_MISSING: user(
    "The local test chain cannot run: npm has not installed the native part of {name}.",
    "npm leaves it out when it runs on a Node before 22: install Fedledger again with the npm of Node 22.18 or later.",
  ),
  NOT_BUILT: user("The compiled contracts are not at {path}.", "Build them once: npm start, or npx hardhat build."),
  CHAIN_UNSUITABLE: user("A federation cannot run on chain {chainId}: {reason}. Nothing was sent.", "{next}."),
  DEPLOYMENT_FAILED: {
    message: "The deployment failed: {reason}.",
    remedy: "See the reason. {next}.",
    fault: "user",
    retryable: false,
    exitCode: 1,
  },
  NO_ACCOUNT: user("This needs an account to send transactions.", "Give a keystore with --keystore."),
  CHAIN_MISMATCH: user("The endpoint {url} is on chain {actual}, expected {expected}.", "Check the URLs of --rpc."),
  TEST_ACCOUNT_REFUSED: user(
    "A test account is refused at {url}: {reason}. Everybody has its key.",
    "Use an account of your own: fedledger keys create, then --keystore. --dev-account is for the local test chain.",
  ),
  INSUFFICIENT_FUNDS: user(
    "Account {account} cannot pay for {purpose}.",
    "Send it some ether from any wallet; on a test network, from that network's faucet. Members get theirs by " +
      "`fedledger member add ADDRESS --fund ETHER` from the admin.",
  ),
  UNKNOWN_HEADER: {
    message:
      "The header of block {number} is not of a shape that Fedledger knows: its hash is {actual}, not {expected}.",
    remedy: "This chain draws no part of a task's participants: create the task with --participation 100.",
    fault: "infrastructure",
    retryable: false,
    exitCode: 5,
  },
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
  BOND_LIMIT: user(
    "Task {taskId} asks for a bond of {bond} ether; with {locked} ether in bonds of other tasks that is more than {most}.",
    "Allow more in all with --max-bond, or take bonds out first: fedledger bond release.",
  ),
  UNKNOWN_TASK: user("The federation has no task {taskId}.", "List the tasks with: fedledger task list."),
} as const satisfies Record<string, ErrorKind>;

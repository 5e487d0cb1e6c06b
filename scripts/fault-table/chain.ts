import type { FaultRow, FaultTheme } from "./fault.ts";

const testAccount = (command: string): readonly FaultRow[] => [
  ["a test account on chain 4242", `\`${command}\``, "only the chain's number was asked for", "TEST_ACCOUNT_REFUSED"],
];
const refusedBy = (command: string) =>
  `is refused by ${command} on another chain, before anything is asked of it but its number`;
const unsuitable = (fault: string, reason: string): FaultRow => [
  fault,
  "`deploy`",
  `${reason}; nothing is sent`,
  "CHAIN_UNSUITABLE",
];

/** A chain that is another one, or cannot run a federation. */
export const chainFaults: FaultTheme = {
  name: "The chain",
  tests: {
    "test/unit/chain/reading/chain-reset.test.ts": {
      "is noticed by its first block, whether it is shorter or longer than the one before": [
        ["a chain begun anew below a node, shorter", "a node that follows", "by its first block", "CHAIN_RESET"],
        ["a chain begun anew below a node, longer", "a node that follows", "by its first block", "CHAIN_RESET"],
      ],
      "is noticed where a snapshot took the contract away, or the chain's number is another": [
        ["the contract is gone from its address", "a node that follows", "no contract there", "CHAIN_RESET"],
        ["the chain's number is another", "a node that follows", "names the number", "CHAIN_RESET"],
      ],
      "one endpoint of several that is on another chain gives way to the next": [
        ["one of two endpoints is on another chain", "a node that follows", "the other one is asked"],
      ],
      "nothing is paid for there: a call to an address without code is refused before it is sent": [
        ["a call to an address without code", "whoever sends a transaction", "nothing is sent", "NO_CODE"],
      ],
    },
    "test/unit/chain/reading/chain-reader.test.ts": {
      "finds no federation where there is none": [
        ["no code at the federation's address", "whoever reads", "names address and chain", "NO_CODE"],
      ],
    },
    "test/e2e/endpoints/endpoint.test.ts": {
      "end with CHAIN_RESET on a chain that was begun anew, and pay for nothing there": [
        [
          "a chain begun anew below two processes",
          "`watch`, `aggregator`",
          "no transaction on the new chain",
          "CHAIN_RESET",
        ],
      ],
    },
    "test/unit/chain/contracts/deploy.test.ts": {
      "refuses a chain that cannot run a federation before anything is sent, and says what is missing": [
        unsuitable("a chain with London's rules", "PUSH0 of Shanghai is missing"),
        unsuitable("a chain with Shanghai's rules", "MCOPY of Cancun is missing"),
        unsuitable("blocks of 10,000,000 gas", "16,777,216 are needed"),
        unsuitable("at most 8,000,000 gas a transaction", "16,777,216 are needed"),
      ],
      "says what only masked tasks miss, and deploys": [
        ["a chain without BLAKE2F", "`deploy`", "deploys, and says what masked tasks miss"],
      ],
      "refuses a folder of another chain, an empty account, and an admin that is none": [
        ["a deployment's folder of another chain", "`deploy`", "names the folder", "DEPLOYMENT_FAILED"],
        ["an account with no ether, or too little", "`deploy`", "", "INSUFFICIENT_FUNDS"],
        ["an admin that is no address", "`deploy`", "", "INVALID_CONFIG"],
      ],
      "says what is kept of a deployment that fails: nothing without a folder": [
        ["a key whose device is locked", "`deploy`", "says what is kept of it", "DEPLOYMENT_FAILED"],
      ],
    },
    "test/unit/cli/running/test-account.test.ts": {
      [refusedBy("deploy")]: testAccount("deploy"),
      [refusedBy("member add")]: testAccount("member add"),
      [refusedBy("member remove")]: testAccount("member remove"),
      [refusedBy("member set")]: testAccount("member set"),
      [refusedBy("invite")]: testAccount("invite"),
      [refusedBy("bond release")]: testAccount("bond release"),
      [refusedBy("bond withdraw")]: testAccount("bond withdraw"),
      [refusedBy("task create")]: testAccount("task create"),
      [refusedBy("task record")]: testAccount("task record"),
      [refusedBy("participant")]: testAccount("participant"),
      [refusedBy("aggregator")]: testAccount("aggregator"),
      [refusedBy("watch")]: testAccount("watch"),
      [refusedBy("grant create")]: testAccount("grant create"),
      "is taken on this machine, and of a test client elsewhere, but not of another one's chain of that number": [
        [
          "a test account at an endpoint elsewhere that says chain 31337 and is no test client",
          "whoever signs with it",
          "names the endpoint",
          "TEST_ACCOUNT_REFUSED",
        ],
      ],
    },
  },
};

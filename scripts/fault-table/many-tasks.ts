import type { FaultTheme } from "./fault.ts";

/** One node that works on several tasks. */
export const manyTaskFaults: FaultTheme = {
  name: "One node, many tasks",
  tests: {
    "test/e2e/nodes/many-tasks.test.ts": {
      "a task that cannot be worked on ends with its reason, and no other with it": [
        ["a task whose specification is none", "`participant`", "the other tasks go on", "INVALID_TASK_SPEC"],
        ["data of one task that are not there", "`participant`", "the other tasks go on", "FILE_NOT_FOUND"],
        ["a task that does not exist", "`participant`", "the other tasks go on", "UNKNOWN_TASK"],
      ],
      "each registers once, and gets the models of both; all tasks are taken, those to come, too": [
        ["two tasks of a node that each see it unregistered", "`participant`", "one registration on the chain"],
      ],
      "an aggregator of all tells once what its policy or its limit refuses, and takes the rest": [
        ["a task below the aggregator's policy", "`aggregator --task all`", "not taken, told once (POLICY_REFUSES)"],
        ["a task whose bond exceeds `--max-bond`", "`aggregator --task all`", "not taken, told once (BOND_LIMIT)"],
      ],
      "says how tasks and their data are named": [
        ["data for another number of tasks", "`participant`", "", "INVALID_CONFIG"],
        ["all tasks, and data for one", "`participant`", "exit 2, and says how to name tasks"],
        ["one task twice", "`participant`", "exit 2, and says so"],
      ],
    },
    "test/unit/rounds/machine/one-registration.test.ts": {
      "is sent again where the chain does not show it in the end, and where the contact is another": [
        ["a registration that the chain does not show in the end", "a node of several tasks", "sent again"],
      ],
      "is sent once, though each task asks for it": [
        ["three tasks ask for one registration", "a node of several tasks", "sent once"],
      ],
      "is tried by the next task where it failed for one": [
        ["a registration that failed", "a node of several tasks", "tried again by the next task"],
      ],
    },
    "test/unit/api/nodes/follow-tasks.test.ts": {
      "are those that there are and those to come; a refusal is told once, and asked again where it may change": [
        ["a task that the policy refuses", "an aggregator of all", "told once, and asked no more"],
        ["a task that the account may not enter yet", "an aggregator of all", "told once, and asked again each minute"],
      ],
      "ends by what no task is to blame for, before any was taken": [
        ["a store that does not open", "an aggregator of all", "the node ends", "STORAGE_FAILED"],
      ],
      "are at most so much together, of tasks of before, of those now, and of one that is not paid yet": [
        [
          "two bonds at once, of which one fits the limit",
          "an aggregator of all",
          "the second is refused",
          "BOND_LIMIT",
        ],
      ],
    },
  },
};

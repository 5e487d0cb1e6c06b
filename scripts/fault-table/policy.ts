import type { FaultRow, FaultTheme } from "./fault.ts";

const below = (fault: string): readonly FaultRow[] => [
  [`a task ${fault}`, "`participant --policy`", "neither data nor statement is opened", "POLICY_REFUSES"],
];
const refusedBy = (key: string) =>
  `refuses by ${key} before data and statement are opened, and before anything is kept`;
const wrongInvitation = (role: string): readonly FaultRow[] => [
  [
    "an invitation that names other rules, or another specification, of the task",
    role,
    "nothing is kept",
    "INVITATION_MISMATCH",
  ],
];
const notTheInvitations = (role: string) =>
  `refuses a task that is not there, or not the invitation's, to the role of ${role}`;

/** Tasks below a site's policy, and invitations that do not fit. */
export const policyFaults: FaultTheme = {
  name: "Policies and invitations",
  tests: {
    "test/unit/api/tasks/hold-policy.test.ts": {
      [refusedBy("modes")]: below("of another mode than the site's policy allows"),
      [refusedBy("rules")]: below("of another rule than it allows"),
      [refusedBy("blobs")]: below("whose blobs are public, where members' are asked for"),
      [refusedBy("maxEpsilon")]: below("without an epsilon, where one is asked for"),
      [refusedBy("maxDelta")]: below("without a delta, where one is asked for"),
      [refusedBy("privacyUnits")]: below("without a unit of privacy, where one is asked for"),
      [refusedBy("minK")]: below("without k-anonymity, where it is asked for"),
      [refusedBy("minUpdates")]: below("of fewer updates a round than it asks for"),
      [refusedBy("maxParameters")]: below("of more parameters than it allows"),
      [refusedBy("maxRounds")]: below("of more rounds than it allows"),
      [refusedBy("maxBondEther")]: below("with a higher bond than it allows"),
      [refusedBy("federations")]: below("of another federation than it allows"),
      [refusedBy("creators")]: below("of another creator than it allows"),
      [refusedBy("codeHashes")]: below("of contracts with another code than it names"),
      "holds for an aggregator, too, by its own bond": [
        ["a task with a higher bond than the site's policy allows", "`aggregator --policy`", "", "POLICY_REFUSES"],
      ],
      "is a file of the command line, which ends with exit code 2 and leaves the data closed": [
        ["a task below the policy, as a process", "`participant --policy`", "the data stay closed", "POLICY_REFUSES"],
      ],
    },
    "test/unit/config/site-policy.test.ts": {
      "a file is refused for what is misspelt, empty, out of range, or no JSON": [
        ["a policy's file with a misspelt key", "`--policy`", "", "INVALID_CONFIG"],
        ["a policy's file with an empty list, or a number out of range", "`--policy`", "", "INVALID_CONFIG"],
        ["a policy's file that is no JSON, or of another format", "`--policy`", "", "INVALID_CONFIG"],
      ],
      "a task that says nothing of noise, of k or of its blobs is below whatever asks for them": [
        ["a task that says nothing of noise, of k or of its blobs", "a site's policy", "below whatever asks for them"],
      ],
    },
    "test/unit/api/invitations/make-invitation.test.ts": {
      "is kept by a node, which takes no other one of another chain, code or line of grant keys": [
        ["an invitation before the one that is kept", "a node's start", "", "INVITATION_NOT_CONTINUED"],
        ["an invitation of another line of grant keys", "a node's start", "", "INVITATION_NOT_CONTINUED"],
        ["an invitation of another chain", "a node's start", "", "INVITATION_MISMATCH"],
        ["an invitation of contracts with another code", "a node's start", "", "INVITATION_MISMATCH"],
      ],
    },
    "test/unit/api/nodes/compose.test.ts": {
      [notTheInvitations("participant")]: wrongInvitation("a participant"),
      [notTheInvitations("aggregator")]: wrongInvitation("an aggregator"),
      [notTheInvitations("watcher")]: wrongInvitation("a watcher"),
      "keeps no invitation that gives its owner no grant, whatever its epoch": [
        ["an invitation without its reader's grant", "a participant", "nothing is kept", "GRANT_MISSING"],
      ],
      "holds what an endpoint shows against the invitation of the start before, where none is given": [
        [
          "an endpoint shows a masked task as a transparent one, at a later start",
          "a participant",
          "held against the invitation that it kept",
          "INVITATION_MISMATCH",
        ],
      ],
    },
  },
};

import type { Guard } from "./guard.ts";

/** guards of nodes and the command line. */
export const nodeGuards: readonly Guard[] = [
  // the public test set
  {
    name: "test-set-of-the-model",
    file: "node/core/task/test-set.ts",
    guard: "if (inputs !== size.inputs || labels !== size.labels) {",
    replacement: "if (false) {",
    test: "test/unit/training/models/public-metric.test.ts",
  },
  {
    name: "test-set-of-finite-numbers",
    file: "node/core/task/test-set.ts",
    guard: 'if (!set.inputs.every(Number.isFinite)) throw invalid("an input is not a finite number");',
    replacement: "",
    test: "test/unit/training/models/public-metric.test.ts",
  },
  // the network
  {
    name: "squatted-peer-id",
    file: "node/p2p/admission.ts",
    guard: "[...(listed.get(peer.peerId) ?? []), ...dialAddresses(peer)]",
    replacement: "[...dialAddresses(peer)]",
    test: "test/unit/p2p/admission.test.ts",
  },
  // the command line
  {
    name: "windows-outlast-the-lag",
    file: "node/api/tasks/task-rules.ts",
    guard: "if (said === undefined || said >= least) return said;",
    replacement: "if (said !== -1) return said;",
    test: "test/unit/api/tasks/task-rules.test.ts",
  },
  {
    name: "bonds-by-default",
    file: "node/api/tasks/task-rules.ts",
    guard: "(said ?? (isTest ? 0 : leastGwei))",
    replacement: "(said ?? 0)",
    test: "test/unit/api/tasks/task-rules.test.ts",
  },
  // node: what an endpoint may tell
  {
    name: "record-that-fits",
    file: "node/chain/reading/task-record.ts",
    guard: "if (differing !== undefined) return misfit(differing);",
    replacement: "",
    test: "test/unit/chain/reading/task-record.test.ts",
  },
  {
    name: "record-kept-when-it-fits",
    file: "node/chain/reading/task-record.ts",
    guard: "      step.keep();\n      known = next;",
    replacement: "      known = next;",
    test: "test/unit/chain/reading/task-record.test.ts",
  },
  {
    name: "stored-proposal",
    file: "node/core/record/bound-task.ts",
    guard: 'running?.phase !== "proposed" || isSame(running.proposal?.hash, stored.pending)',
    replacement: "true",
    test: "test/unit/chain/reading/task-record.test.ts",
  },
  {
    name: "stored-deadline",
    file: "node/core/record/bound-task.ts",
    guard: "!hasDraw || deadlineOf(running) === stored.deadlineS",
    replacement: "true",
    test: "test/unit/chain/reading/task-record.test.ts",
  },
  {
    name: "chain-reset",
    file: "node/chain/contracts/same-chain.ts",
    guard: "if (block && block.hash !== firstBlock)",
    replacement: "if (false)",
    test: "test/unit/chain/reading/chain-reset.test.ts",
  },
  {
    name: "no-code-no-pay",
    file: "node/chain/sending/transaction-sender.ts",
    guard: 'if (code === "0x") throw',
    replacement: "if (false) throw",
    test: "test/unit/chain/reading/chain-reset.test.ts",
  },
  {
    name: "fit-chain-before-paying",
    file: "node/chain/contracts/deploy.ts",
    guard:
      'for (const reason of await requireFitChain(rpc, signer.address as Address)) onProgress?.({ step: "lacks", reason });',
    replacement: "",
    test: "test/unit/chain/contracts/deploy.test.ts",
  },
  {
    name: "test-account-on-the-test-chain",
    file: "node/cli/running/session.ts",
    guard: "await requireTestChain({ endpoint: values.rpc ?? [], log });",
    replacement: "",
    test: "test/e2e/test-account.test.ts",
  },
  {
    name: "fold-heads",
    file: "node/core/record/fold-rounds.ts",
    guard: "if (named !== reckoned) throw impossible(event, `it names the history head",
    replacement: "if (false) throw impossible(event, `it names the history head",
    test: "test/unit/core/fold-refusals.test.ts",
  },
  {
    name: "fold-base",
    file: "node/core/record/fold-opening.ts",
    guard: 'expectSame(event, "base", baseModelRoot, draft.modelRoot);',
    replacement: "",
    test: "test/unit/core/fold-refusals.test.ts",
  },
  {
    name: "fold-accumulator-of-a-proposal",
    file: "node/core/record/fold-rounds.ts",
    guard: 'expectSame(event, "accumulator", accumulator, round.accumulator);',
    replacement: "",
    test: "test/unit/core/fold-refusals.test.ts",
  },
  {
    name: "fold-turn",
    file: "node/core/record/fold-rounds.ts",
    guard: 'expectSame(event, "aggregator", aggregator, turn.aggregator);',
    replacement: "",
    test: "test/unit/core/fold-refusals.test.ts",
  },
  {
    name: "fold-places",
    file: "node/core/record/fold-places.ts",
    guard: "if (next !== account) throw",
    replacement: "if (false) throw",
    test: "test/unit/core/fold-refusals.test.ts",
  },
  {
    name: "header-of-its-block",
    file: "node/chain/rpc/block-header.ts",
    guard: "if (actual === raw.hash.toLowerCase()) return header;",
    replacement: "return header;",
    test: "test/unit/chain/rpc/block-header.test.ts",
  },
  {
    name: "court-is-this-package's",
    file: "node/chain/contracts/deployed-codes.ts",
    guard: "Court: readCode(artifacts.Court, codes.Court)?.length === 0,",
    replacement: "Court: true,",
    test: "test/unit/chain/contracts/deployed-codes.test.ts",
  },
];

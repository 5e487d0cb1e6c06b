/** A check that an attack must run into: taken out, its test has to fail. */
export interface Guard {
  /** Short, for the command line. */
  readonly name: string;
  /** Where it stands, in the project's folder. */
  readonly file: string;
  /** Its text, exactly; it is there once. */
  readonly guard: string;
  /** What stands there instead. */
  readonly replacement: string;
  /** The test file that must fail then. */
  readonly test: string;
}

const proofs = "test/contracts/accepted-proofs.test.ts";
const refusals = "test/contracts/proof-refusals.test.ts";

/** All guards that `npm run guards` takes out, one at a time. */
export const guards: readonly Guard[] = [
  // contracts: who is struck, for what, and until when
  {
    name: "evidence-of-the-word",
    file: "contracts/libraries/Strikes.sol",
    guard: "if (!Ring.holds(word, Records.wordHash(evidence.inputs, hash, evidence.attesters))) {",
    replacement: "if (false) {",
    test: refusals,
  },
  {
    name: "evidence-of-the-proposal",
    file: "contracts/libraries/Strikes.sol",
    guard: "if (hash != task.pending || evidence.attesters.length != 0) revert IBonds.WrongEvidence();",
    replacement: "",
    test: refusals,
  },
  {
    name: "end-of-the-window",
    file: "contracts/libraries/Strikes.sol",
    guard: "if (block.timestamp > until) revert IBonds.NoLongerProvable(until);",
    replacement: "",
    test: proofs,
  },
  {
    name: "roll-back-ends-the-round-in-flight",
    file: "contracts/libraries/Strikes.sol",
    guard: "if (state.inFlight()) {",
    replacement: "if (false) {",
    test: proofs,
  },
  {
    name: "nothing-twice",
    file: "contracts/libraries/Strikes.sol",
    guard: "if (!any && !stands && first == 0) revert IBonds.NothingToTake();",
    replacement: "",
    test: proofs,
  },
  {
    name: "right-chunk-is-no-proof",
    file: "contracts/Proofs.sol",
    guard: "if (ChunkTree.leafOf(proof.chunkIndex, right, 0) == proof.leaf) revert ChunkIsRight();",
    replacement: "",
    test: "test/contracts/masked-proofs.test.ts",
  },
  {
    name: "right-opening-is-no-proof",
    file: "contracts/Proofs.sol",
    guard: "if (right) revert OpeningIsRight(slot);",
    replacement: "",
    test: "test/contracts/masked-proofs.test.ts",
  },
  {
    name: "right-weight-is-no-proof",
    file: "contracts/Proofs.sol",
    guard:
      "if (RoundProof.includedWeight(proposal.excluded, commitments) == proposal.totalWeight) revert WeightIsRight();",
    replacement: "",
    test: refusals,
  },
  {
    name: "equivocation-needs-two-words-of-one",
    file: "contracts/Proofs.sol",
    guard: "if (oneHash == otherHash || signer != _signerOf(federation, otherHash, other)) revert NoEquivocation();",
    replacement: "",
    test: "test/contracts/equivocation.test.ts",
  },
  {
    name: "header-of-the-draw-block",
    file: "contracts/libraries/DrawBlock.sol",
    guard: "if (hash != keccak256(header)) revert IRounds.WrongHeader();",
    replacement: "",
    test: "test/contracts/chain-probes.test.ts",
  },
  {
    name: "least-bond",
    file: "contracts/libraries/RulesValidation.sol",
    guard: ") revert ITasks.InvalidBond(least);",
    replacement: ") least = 0;",
    test: "test/contracts/rules.test.ts",
  },
  // the public test set
  {
    name: "test-set-of-the-model",
    file: "node/core/test-set.ts",
    guard: "if (inputs !== size.inputs || labels !== size.labels) {",
    replacement: "if (false) {",
    test: "test/unit/training/public-metric.test.ts",
  },
  {
    name: "test-set-of-finite-numbers",
    file: "node/core/test-set.ts",
    guard: 'if (!set.inputs.every(Number.isFinite)) throw invalid("an input is not a finite number");',
    replacement: "",
    test: "test/unit/training/public-metric.test.ts",
  },
  // the command line
  {
    name: "windows-outlast-the-lag",
    file: "node/cli/task-rules.ts",
    guard: "if (said !== undefined && said < least) {",
    replacement: "if (said === -1) {",
    test: "test/unit/cli/task-rules.test.ts",
  },
  {
    name: "bonds-by-default",
    file: "node/cli/task-rules.ts",
    guard: "(said ?? (isTest ? 0 : leastGwei))",
    replacement: "(said ?? 0)",
    test: "test/unit/cli/task-rules.test.ts",
  },
  // masks: what a member asks before it masks, signs or opens
  {
    name: "masks-start-value",
    file: "node/privacy/masking/check-keys.ts",
    guard:
      "if (!hexEquals(start, startValue({ chainId, federation, taskId, ...view, historyHead: view.headAtOpening }))) {",
    replacement: "if (false) {",
    test: "test/unit/privacy/masking/answer-unmasking.test.ts",
  },
  {
    name: "masks-signed-keys",
    file: "node/privacy/masking/check-keys.ts",
    guard: 'throw new FedledgerError("MASK_WORD_FALSE", { round, account });',
    replacement: "",
    test: "test/unit/privacy/masking/answer-unmasking.test.ts",
  },
  {
    name: "masks-grants",
    file: "node/privacy/masking/check-keys.ts",
    guard: 'if (!isGranted(account)) throw new FedledgerError("MASK_NO_GRANT", { round, account });',
    replacement: "",
    test: "test/unit/privacy/masking/answer-unmasking.test.ts",
  },
  {
    name: "masks-enough-keys",
    file: "node/privacy/masking/check-keys.ts",
    guard: "if (advertisements.length < least) {",
    replacement: "if (false) {",
    test: "test/unit/privacy/masking/answer-unmasking.test.ts",
  },
  {
    name: "masks-one-update",
    file: "node/privacy/masking/answer-unmasking.ts",
    guard: "if (masked === undefined || hexEquals(masked.anchor, anchor)) return anchor;",
    replacement: "return anchor;",
    test: "test/unit/privacy/masking/answer-unmasking.test.ts",
  },
  {
    name: "masks-enough-survivors",
    file: "node/privacy/masking/answer-unmasking.ts",
    guard: "if (surviving.size < least) {",
    replacement: "if (false) {",
    test: "test/unit/privacy/masking/answer-unmasking.test.ts",
  },
  {
    name: "masks-one-closing",
    file: "node/privacy/masking/answer-unmasking.ts",
    guard: "if (closing === undefined || hexEquals(closing.accumulator, accumulator)) return surviving;",
    replacement: "return surviving;",
    test: "test/unit/privacy/masking/answer-unmasking.test.ts",
  },
  {
    name: "masks-words-of-others",
    file: "node/privacy/masking/answer-unmasking.ts",
    guard: 'if (actual < least) throw new FedledgerError("MASK_WORDS_MISSING", { round, actual, least });',
    replacement: "",
    test: "test/unit/privacy/masking/answer-unmasking.test.ts",
  },
  // node: what an endpoint may tell
  {
    name: "fold-heads",
    file: "node/core/fold-rounds.ts",
    guard: "if (named !== reckoned) throw impossible(event, `it names the history head",
    replacement: "if (false) throw impossible(event, `it names the history head",
    test: "test/unit/core/fold-refusals.test.ts",
  },
  {
    name: "fold-base",
    file: "node/core/fold-opening.ts",
    guard: 'expectSame(event, "base", baseModelRoot, draft.modelRoot);',
    replacement: "",
    test: "test/unit/core/fold-refusals.test.ts",
  },
  {
    name: "fold-accumulator-of-a-proposal",
    file: "node/core/fold-rounds.ts",
    guard: 'expectSame(event, "accumulator", accumulator, round.accumulator);',
    replacement: "",
    test: "test/unit/core/fold-refusals.test.ts",
  },
  {
    name: "fold-turn",
    file: "node/core/fold-rounds.ts",
    guard: 'expectSame(event, "aggregator", aggregator, turn.aggregator);',
    replacement: "",
    test: "test/unit/core/fold-refusals.test.ts",
  },
  {
    name: "fold-places",
    file: "node/core/fold-places.ts",
    guard: "if (next !== account) throw",
    replacement: "if (false) throw",
    test: "test/unit/core/fold-refusals.test.ts",
  },
  {
    name: "header-of-its-block",
    file: "node/chain/block-header.ts",
    guard: "if (actual === raw.hash.toLowerCase()) return header;",
    replacement: "return header;",
    test: "test/unit/chain/block-header.test.ts",
  },
  {
    name: "court-is-this-package's",
    file: "node/chain/deployed-codes.ts",
    guard: "Court: readCode(artifacts.Court, codes.Court)?.length === 0,",
    replacement: "Court: true,",
    test: "test/unit/chain/deployed-codes.test.ts",
  },
  // audit: what an endpoint may not change unseen, and what a proof needs
  {
    name: "audit-head",
    file: "node/audit/audit-head.ts",
    guard: "if (walk.heads.some((head) => hexEquals(head, stated))) {",
    replacement: "if (stated) {",
    test: "test/unit/audit/record-cases.test.ts",
  },
  {
    name: "audit-stored-word",
    file: "node/audit/check-storage.ts",
    guard: "if (differing.length === 0) return;",
    replacement: "if (differing) return;",
    test: "test/unit/audit/tampered-record.test.ts",
  },
  {
    name: "audit-turn",
    file: "node/audit/check-assignment.ts",
    guard: "if (isDue && count === opened.aggregators) return;",
    replacement: "if (draft) return;",
    test: "test/unit/audit/record-cases.test.ts",
  },
  {
    name: "audit-quorum",
    file: "node/audit/check-ending.ts",
    guard: "if (seen.size >= quorum) return;",
    replacement: "if (seen) return;",
    test: "test/unit/audit/record-cases.test.ts",
  },
  {
    name: "audit-attesters",
    file: "node/audit/check-ending.ts",
    guard: "if (commitment === undefined || isExpelled || seen.has(key)) {",
    replacement: "if (false) {",
    test: "test/unit/audit/record-cases.test.ts",
  },
  {
    name: "audit-signed-keys",
    file: "node/audit/check-keys.ts",
    guard: "if (signer !== undefined && hexEquals(signer, participant)) return;",
    replacement: "if (draft) return;",
    test: "test/unit/audit/keyed-rounds.test.ts",
  },
  {
    name: "audit-struck-was-wrong",
    file: "node/audit/check-proven.ts",
    guard: '(event.kind === "wrong-chunk" && seen.right === true) ||',
    replacement: "",
    test: "test/unit/audit/strikes.test.ts",
  },
  {
    name: "audit-roll-back",
    file: "node/audit/check-strikes.ts",
    guard: 'if (!isDue || !isRight || !hexEquals(base ?? "", event.modelRoot)) {',
    replacement: "if (false) {",
    test: "test/unit/audit/strikes.test.ts",
  },
  {
    name: "audit-taken-bonds",
    file: "node/audit/check-expelled.ts",
    guard: "if (takenWei !== amountWei)",
    replacement: "if (false)",
    test: "test/unit/audit/strikes.test.ts",
  },
  {
    name: "audit-final",
    file: "node/audit/audit-report.ts",
    guard: "input.requireFinal && !finality.final",
    replacement: "false",
    test: "test/unit/audit/audit-task.test.ts",
  },
  {
    name: "proof-under-true-openings",
    file: "node/audit/check-proof.ts",
    guard: "checkOpenings(opened.closed, opened.openings) === undefined",
    replacement: "true",
    test: "test/unit/audit/masked-rounds.test.ts",
  },
  {
    name: "receipt-of-a-void-round",
    file: "node/audit/verify-receipt.ts",
    guard: "included: isCounted && !isVoid",
    replacement: "included: isCounted",
    test: "test/unit/audit/strikes.test.ts",
  },
];

import type { Guard } from "./guard.ts";

const driver = "test/unit/rounds/machine/driver.test.ts";
const court = "test/unit/rounds/court";

/** Guards of the nodes' machines: what they look at, decide, hear and prove. */
export const machineGuards: readonly Guard[] = [
  // what a look is held against
  {
    name: "views-are-bound",
    file: "node/rounds/machine/driver.ts",
    guard: "requireBound(view, { chainId, federation });",
    replacement: "",
    test: driver,
  },
  {
    name: "views-are-of-the-invitation",
    file: "node/rounds/machine/driver.ts",
    guard: "if (invitation !== undefined) checkInvitedTask(invitation, view);",
    replacement: "",
    test: driver,
  },
  {
    name: "views-are-of-one-task",
    file: "node/rounds/machine/driver.ts",
    guard: "if (hexEquals(firstHead, view.firstHead)) return view;",
    replacement: "if (firstHead) return view;",
    test: driver,
  },
  {
    name: "members-before-the-first-look",
    file: "node/rounds/machine/driver.ts",
    guard: "if (before === undefined) throw error;",
    replacement: "if (before === undefined) return [];",
    test: driver,
  },
  // what a message may cost
  {
    name: "authors-have-a-limit",
    file: "node/rounds/hearing/hearing-limit.ts",
    guard: "<= clock.nowMs() + (atOnce - 1) * everyMs",
    replacement: "<= Number.POSITIVE_INFINITY",
    test: "test/unit/rounds/hearing/hearing-limit.test.ts",
  },
  {
    name: "the-limit-is-asked",
    file: "node/rounds/machine/run.ts",
    guard: 'if (!limit.hears(topic, author)) return "ignore";',
    replacement: "",
    test: driver,
  },
  {
    name: "known-words-cost-no-decision",
    file: "node/rounds/state/round-state.ts",
    guard: "if (next === state) return state;",
    replacement: "",
    test: "test/unit/rounds/machine/work-per-message.test.ts",
  },
  {
    name: "over-rounds-are-left-alone",
    file: "node/rounds/court/due-proofs.ts",
    guard: "...seen.survey.live.filter(hasProposal)",
    replacement: "...seen.view.rounds.filter(hasProposal)",
    test: "test/unit/rounds/machine/work-per-message.test.ts",
  },
  {
    name: "surveys-begin-anew",
    file: "node/rounds/steps/survey.ts",
    guard: "&& rounds[before.over.count - 1] === before.over.last;",
    replacement: ";",
    test: "test/unit/rounds/steps/survey.test.ts",
  },
  {
    name: "questions-wait-for-news",
    file: "node/rounds/court/open-questions.ts",
    guard: "if (absent === undefined) return true;",
    replacement: "if (absent !== 0) return true;",
    test: `${court}/open-questions.test.ts`,
  },
  {
    name: "questions-rest-longer",
    file: "node/rounds/court/open-questions.ts",
    guard: "firstMs * 2 ** Math.min(looksInVain, 30)",
    replacement: "firstMs",
    test: `${court}/open-questions.test.ts`,
  },
  {
    name: "known-attestations-are-not-recovered",
    file: "node/rounds/hearing/hear-attestation.ts",
    guard: 'if (known?.round === round && hexEquals(known.signature, signature)) return { verdict: "accept" };',
    replacement: "",
    test: "test/unit/rounds/hearing/hear-attestation.test.ts",
  },
  // what is told to the court, and what it proves
  {
    name: "court-hears-of-faults",
    file: "node/rounds/machine/role-desk.ts",
    guard: 'for (const fault of faults) emit({ kind: "fault", fault });',
    replacement: "void faults;",
    test: "test/unit/rounds/machine/role-desk.test.ts",
  },
  {
    name: "aggregators-tell-faults",
    file: "node/aggregator/aggregate-round.ts",
    guard: '[unusable, { kind: "fault", fault }]',
    replacement: "[unusable]",
    test: "test/unit/aggregator/aggregate-round.test.ts",
  },
  {
    name: "nobody-accuses-itself",
    file: "node/rounds/court/due-proofs.ts",
    guard: '.filter(({ call }) => !hexEquals(accusedOf(call) ?? "0x", me));',
    replacement: ";",
    test: `${court}/due-proofs.test.ts`,
  },
  {
    name: "missing-is-not-wrong",
    file: "node/rounds/court/court-state.ts",
    guard: "!judgement.isRight && judgement.missing === undefined",
    replacement: "!judgement.isRight",
    test: "test/unit/participant/participant-machine.test.ts",
  },
  {
    name: "recomputed-model-of-its-root",
    file: "node/rounds/blobs/model-source.ts",
    guard: '|| !hexEquals(modelRoot ?? "", proposal.modelRoot)) return undefined;',
    replacement: ") return undefined;",
    test: "test/unit/rounds/blobs/model-source.test.ts",
  },
  // what is sent, and when nothing is
  {
    name: "no-acceptance-by-too-few",
    file: "node/rounds/steps/push.ts",
    guard: "proposal === undefined || hasTooFewLeft(round, rules)) return undefined;",
    replacement: "proposal === undefined) return undefined;",
    test: "test/unit/rounds/steps/push.test.ts",
  },
  {
    name: "aborted-actions-settle-nothing",
    file: "node/rounds/actions/action-runner.ts",
    guard: "(result) => controller.signal.aborted || settle(action, result),",
    replacement: "(result) => settle(action, result),",
    test: "test/unit/rounds/actions/action-runner.test.ts",
  },
  {
    name: "encrypted-and-wrong-holds-back",
    file: "node/participant/state/unchecked-rounds.ts",
    guard: "if (isFoundWrong(court.judgements.get(subjectOf(round)))) return true;",
    replacement: "",
    test: "test/unit/participant/state/unchecked-rounds.test.ts",
  },
  {
    name: "who-left-stays-out",
    file: "node/rounds/state/round-state.ts",
    guard: "hasRole({ me, role, members })),",
    replacement: "false),",
    test: "test/unit/participant/leaving.test.ts",
  },
  {
    name: "who-was-revoked-comes-back",
    file: "node/rounds/state/round-state.ts",
    guard: "!isGoing(state.view, me) && hasRole({ me, role, members })),",
    replacement: "!isGoing(state.view, me)),",
    test: "test/unit/participant/leaving.test.ts",
  },
  {
    name: "purse-after-a-reorganisation",
    file: "node/rounds/state/round-state.ts",
    guard: "court: reset === true ? withoutPurse(court) : court,",
    replacement: "court: reset === true ? { ...court } : withoutPurse === undefined ? court : court,",
    test: "test/unit/participant/leaving.test.ts",
  },
  {
    name: "unpayable-ends-the-work",
    file: "node/rounds/machine/due-in-common.ts",
    guard: "if (purse?.isUnpayable !== true || purse.of !== purseSubject(state)) return undefined;",
    replacement: "if (purse?.of !== 0) return undefined;",
    test: "test/unit/participant/leaving.test.ts",
  },
  {
    name: "an-earlier-run's-nonces",
    file: "node/chain/sending/transaction-sender.ts",
    guard: "await abandoned.adopt(signal);",
    replacement: "",
    test: "test/unit/chain/sending/abandoned-transactions.test.ts",
  },
  {
    name: "replacements-are-raised",
    file: "node/chain/sending/abandoned-transactions.ts",
    guard: 'if (refusal === "underpriced" && raises < mostRaises) {',
    replacement: "if (false) {",
    test: "test/unit/chain/sending/abandoned-transactions.test.ts",
  },
];

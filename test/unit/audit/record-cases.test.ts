import { expect } from "chai";
import type { FindingCode } from "../../../node/audit/index.ts";
import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import {
  accountOf,
  buildHistory,
  type History,
  type HistoryOptions,
  type RoundScript,
} from "../../support/history-builder.ts";
import { by, type Change, type EventName, foundIn, proposing, tampered, to } from "../../support/tamper.ts";

/** One field changed in round 2, and what must be found: its code, then `beside` it what follows from the same lie. */
interface Case {
  readonly event: EventName;
  readonly change: Change;
  readonly nth?: number;
  readonly options?: HistoryOptions;
  readonly party?: (history: History) => string;
  readonly beside?: readonly FindingCode[];
}

const other = `0x${"77".repeat(32)}` as Bytes32;
const stranger = accountOf("stranger");
const last = `0x${"ff".repeat(20)}` as Address;
const script = (second: RoundScript, more: HistoryOptions = {}): HistoryOptions => ({
  ...more,
  scripts: { 2: second },
});
const member = ({ members }: History) => members[0]!;
const aggregator = ({ aggregators }: History) => aggregators[0]!;
const isStranger = () => stranger;
const tooFew = script({ commits: 1 });
const giveUp = script({ end: "no-proposal", silentAggregators: 1 });
type Ending = { readonly attesters: readonly Address[]; readonly evaluations: readonly object[] };

const cases: readonly (readonly [FindingCode, string, Case])[] = [
  ["PHASE_ORDER", "another number of the round", { event: "RoundOpened", change: to({ round: 3 }) }],
  ["PHASE_ORDER", "a closing that is missing", { event: "RoundClosed", change: () => undefined }],
  ["PHASE_ORDER", "an event of another task", { event: "Proposed", change: to({ taskId: 2 }) }],
  [
    "BASE_MODEL_WRONG",
    "another base model",
    { event: "RoundOpened", change: to({ baseModelRoot: other }), beside: ["ACCUMULATOR_WRONG", "HISTORY_HEAD_WRONG"] },
  ],
  [
    "DRAW_WRONG",
    "another size of the draw",
    { event: "RoundOpened", change: to({ drawn: 3 }), beside: ["ACCUMULATOR_WRONG"] },
  ],
  ["DRAW_WRONG", "more places", { event: "RoundOpened", change: to({ enrolled: 5 }), beside: ["ACCUMULATOR_WRONG"] }],
  [
    "DRAW_WRONG",
    "another slot",
    {
      event: "Committed",
      change: to({ slot: 60 }),
      party: member,
      beside: ["COMMITTED_SET_WRONG", "ACCUMULATOR_WRONG"],
    },
  ],
  ["DEADLINE_WRONG", "another deadline for commitments", { event: "RoundOpened", change: by({ commitDeadlineS: 1 }) }],
  [
    "DEADLINE_WRONG",
    "another deadline of an aggregator",
    { event: "AggregatorAssigned", change: by({ deadlineS: 1 }) },
  ],
  ["DEADLINE_WRONG", "another end of the window", { event: "Proposed", change: by({ challengeDeadlineS: 1 }) }],
  ["COMMITMENT_LATE", "a late commitment", { event: "Committed", change: by({ timestampS: 100 }), party: member }],
  [
    "PROPOSAL_LATE",
    "a late proposal",
    { event: "Proposed", change: by({ timestampS: 100, challengeDeadlineS: 100 }), party: aggregator },
  ],
  [
    "STEP_TOO_EARLY",
    "closed",
    { event: "RoundClosed", change: by({ timestampS: -61 }), options: script({ commits: 3 }) },
  ],
  [
    "STEP_TOO_EARLY",
    "final",
    { event: "RoundFinalized", change: by({ timestampS: -1 }), options: script({ end: "unchallenged" }) },
  ],
  [
    "STEP_TOO_EARLY",
    "reassigned",
    {
      event: "AggregatorAssigned",
      change: by({ timestampS: -1, deadlineS: -1 }),
      nth: 1,
      options: script({ silentAggregators: 1 }),
    },
  ],
  ["STEP_TOO_EARLY", "given up", { event: "RoundInvalidated", change: by({ timestampS: -1 }), options: giveUp }],
  [
    "STEP_TOO_EARLY",
    "given up for too few",
    { event: "RoundInvalidated", change: by({ timestampS: -2 }), options: tooFew },
  ],
  [
    "ACCUMULATOR_WRONG",
    "another weight",
    { event: "Committed", change: to({ weight: 9 }), beside: ["TOTAL_WEIGHT_WRONG", "TOTAL_WEIGHT_WRONG"] },
  ],
  ["ACCUMULATOR_WRONG", "another update", { event: "Committed", change: to({ updateRoot: other }) }],
  ["ACCUMULATOR_WRONG", "another content id", { event: "Committed", change: to({ contentId: other }) }],
  [
    "ACCUMULATOR_WRONG",
    "another accumulator at the closing",
    { event: "RoundClosed", change: to({ accumulator: other }) },
  ],
  [
    "ACCUMULATOR_WRONG",
    "another accumulator at the opening",
    { event: "RoundOpened", change: to({ accumulator: other }) },
  ],
  ["ACCUMULATOR_WRONG", "another seed", { event: "RoundOpened", change: to({ seed: 5n }) }],
  ["COMMITTED_SET_WRONG", "another set at the closing", { event: "RoundClosed", change: to({ committed: 7n }) }],
  ["TOTAL_WEIGHT_WRONG", "another weight at the closing", { event: "RoundClosed", change: to({ totalWeight: 11n }) }],
  [
    "TOTAL_WEIGHT_WRONG",
    "another weight in the proposal",
    { event: "Proposed", change: proposing({ totalWeight: 11n }), party: aggregator, beside: ["HISTORY_HEAD_WRONG"] },
  ],
  [
    "EXCLUSION_INVALID",
    "an exclusion of what was never committed",
    {
      event: "Proposed",
      change: proposing({ excluded: 1n << 40n }),
      party: aggregator,
      beside: ["HISTORY_HEAD_WRONG"],
    },
  ],
  [
    "ASSIGNMENT_WRONG",
    "another attempt",
    { event: "AggregatorAssigned", change: to({ attempt: 1 }), beside: ["PROPOSER_NOT_ASSIGNED"] },
  ],
  [
    "PROPOSER_NOT_ASSIGNED",
    "another account assigned",
    { event: "AggregatorAssigned", change: to({ aggregator: stranger }), party: aggregator },
  ],
  [
    "PROPOSER_NOT_ASSIGNED",
    "another account proposing",
    {
      event: "Proposed",
      change: proposing({ aggregator: stranger }),
      party: isStranger,
      beside: ["HISTORY_HEAD_WRONG"],
    },
  ],
  [
    "RESULT_NOT_PROPOSED",
    "another model proposed",
    { event: "Proposed", change: proposing({ modelRoot: other }), beside: ["HISTORY_HEAD_WRONG"] },
  ],
  ["RESULT_NOT_PROPOSED", "another final model", { event: "RoundFinalized", change: to({ modelRoot: other }) }],
  [
    "QUORUM_NOT_REACHED",
    "too few attesters",
    {
      event: "RoundFinalized",
      change: ({ attesters, evaluations }: Ending) => ({
        attesters: attesters.slice(3),
        evaluations: evaluations.slice(3),
      }),
    },
  ],
  ["QUORUM_NOT_REACHED", "attesters without evaluations", { event: "RoundFinalized", change: to({ evaluations: [] }) }],
  [
    "QUORUM_NOT_REACHED",
    "one attester twice",
    { event: "RoundFinalized", change: ({ attesters: [a, , c, d] }: Ending) => ({ attesters: [a, a, c, d] }) },
  ],
  [
    "QUORUM_NOT_REACHED",
    "an exclusion that nobody attested to",
    {
      event: "RoundFinalized",
      change: to({ attesters: [], evaluations: [] }),
      options: script({ exclude: [0] }, { detail: false }),
    },
  ],
  [
    "ATTESTER_NOT_ENROLLED",
    "an attester from outside",
    {
      event: "RoundFinalized",
      change: ({ attesters: [a, b, c] }: Ending) => ({ attesters: [a, b, c, last] }),
      party: () => last,
    },
  ],
  [
    "INVALIDATION_WRONG",
    "another reason",
    {
      event: "RoundInvalidated",
      change: to({ reason: "no-proposal" }),
      options: tooFew,
      beside: ["HISTORY_HEAD_WRONG"],
    },
  ],
  ["HISTORY_HEAD_WRONG", "another head at the end", { event: "RoundFinalized", change: to({ historyHead: other }) }],
  [
    "HISTORY_HEAD_WRONG",
    "another head of an invalid round",
    { event: "RoundInvalidated", change: to({ historyHead: other }), options: tooFew },
  ],
  [
    "PARTICIPANT_NOT_ENROLLED",
    "a participant without a place",
    { event: "Committed", change: to({ participant: stranger }), party: isStranger, beside: ["ACCUMULATOR_WRONG"] },
  ],
];

describe("the audit of a record with one field of round 2 changed", () => {
  for (const [code, what, { event, change, nth, options = {}, party, beside = [] }] of cases) {
    it(`${code}: ${what}`, async () => {
      const history = await buildHistory(options);
      expect(foundIn(history)).to.deep.equal([]);
      const findings = foundIn(tampered(history, event, 2, change, nth));
      expect(findings.map((finding) => finding.code).sort()).to.deep.equal([...beside, code].sort());
      for (const finding of findings) expect(finding).to.include({ severity: "violation", round: 2, taskId: 1 });
      if (party) expect(findings.find((finding) => finding.code === code)!.party).to.equal(party(history));
    });
  }
});

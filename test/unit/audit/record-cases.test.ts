import { expect } from "chai";
import type { FindingCode } from "../../../node/audit/index.ts";
import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import {
  accountOf,
  buildHistory,
  type History,
  type HistoryOptions,
  type RoundScript,
} from "../../support/history/history-builder.ts";
import { by, type Change, type EventName, foundIn, proposing, tampered, to } from "../../support/history/tamper.ts";

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
const script = (second: RoundScript, more: HistoryOptions = {}): HistoryOptions => ({
  ...more,
  scripts: { 2: second },
});
const member = ({ members }: History) => members[0]!;
const aggregator = ({ aggregators }: History) => aggregators[0]!;
const isStranger = () => stranger;
const tooFew = script({ commits: 1 });
const giveUp = script({ end: "no-proposal" });
const unattested = script({ end: "not-attested" });
const drawing: HistoryOptions = { members: 6, rules: { participationBps: 5000, drawDelayBlocks: 4 } };
type Ending = { readonly attesters: readonly Address[] };
const head: readonly FindingCode[] = ["HISTORY_HEAD_WRONG"];

const cases: readonly (readonly [FindingCode, string, Case])[] = [
  ["PHASE_ORDER", "another number of the round", { event: "RoundOpened", change: to({ round: 3 }) }],
  ["PHASE_ORDER", "a closing that is missing", { event: "RoundClosed", change: () => undefined }],
  ["PHASE_ORDER", "an event of another task", { event: "Proposed", change: to({ taskId: 2 }) }],
  [
    "BASE_MODEL_WRONG",
    "another base model",
    { event: "RoundOpened", change: to({ baseModelRoot: other }), beside: ["ACCUMULATOR_WRONG", ...head] },
  ],
  [
    "DRAW_WRONG",
    "another size of the draw",
    { event: "RoundOpened", change: to({ drawn: 3 }), beside: ["ACCUMULATOR_WRONG", ...head] },
  ],
  ["DRAW_WRONG", "more places", { event: "RoundOpened", change: to({ enrolled: 5 }), beside: ["ACCUMULATOR_WRONG"] }],
  ["DRAW_WRONG", "a block that draws where all are drawn", { event: "RoundOpened", change: to({ drawBlock: 9 }) }],
  ["DRAW_WRONG", "another block", { event: "RoundOpened", change: by({ drawBlock: -1 }), options: drawing }],
  [
    "DRAW_WRONG",
    "more aggregators",
    { event: "RoundOpened", change: to({ aggregators: 3 }), beside: ["ASSIGNMENT_WRONG"] },
  ],
  [
    "DRAW_WRONG",
    "another slot",
    {
      event: "Committed",
      change: to({ slot: 60 }),
      party: member,
      beside: ["COMMITTED_SET_WRONG", "ACCUMULATOR_WRONG", ...head],
    },
  ],
  ["DEADLINE_WRONG", "another deadline for commitments", { event: "RoundOpened", change: by({ commitDeadlineS: 1 }) }],
  [
    "DEADLINE_WRONG",
    "another deadline of a drawn round",
    { event: "RoundDrawn", change: by({ commitDeadlineS: 1 }), options: drawing },
  ],
  [
    "DEADLINE_WRONG",
    "another deadline of an aggregator",
    { event: "AggregatorAssigned", change: by({ deadlineS: 1 }) },
  ],
  ["DEADLINE_WRONG", "another deadline of attestations", { event: "Proposed", change: by({ attestDeadlineS: 1 }) }],
  ["DEADLINE_WRONG", "another end of the window", { event: "RoundAccepted", change: by({ provableUntilS: 1 }) }],
  ["COMMITMENT_LATE", "a late commitment", { event: "Committed", change: by({ timestampS: 100 }), party: member }],
  [
    "PROPOSAL_LATE",
    "a late proposal",
    { event: "Proposed", change: by({ timestampS: 100, attestDeadlineS: 100 }), party: aggregator },
  ],
  [
    "ACCEPTED_LATE",
    "a late acceptance",
    { event: "RoundAccepted", change: by({ timestampS: 100, provableUntilS: 100 }) },
  ],
  [
    "STEP_TOO_EARLY",
    "closed",
    { event: "RoundClosed", change: by({ timestampS: -61 }), options: script({ commits: 3 }) },
  ],
  [
    "STEP_TOO_EARLY",
    "drawn",
    { event: "RoundOpened", change: by({ drawBlock: 2 }), beside: ["DRAW_WRONG"], options: drawing },
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
  ["STEP_TOO_EARLY", "given up", { event: "RoundInvalid", change: by({ timestampS: -1 }), options: giveUp }],
  [
    "STEP_TOO_EARLY",
    "given up for too few",
    { event: "RoundInvalid", change: by({ timestampS: -2 }), options: tooFew },
  ],
  [
    "STEP_TOO_EARLY",
    "given up before the attestations' deadline",
    { event: "RoundInvalid", change: by({ timestampS: -1 }), options: unattested },
  ],
  [
    "ACCUMULATOR_WRONG",
    "another weight",
    {
      event: "Committed",
      change: to({ weight: 9 }),
      beside: ["TOTAL_WEIGHT_WRONG", "TOTAL_WEIGHT_WRONG", ...head],
    },
  ],
  ["ACCUMULATOR_WRONG", "another update", { event: "Committed", change: to({ updateRoot: other }) }],
  ["ACCUMULATOR_WRONG", "another content id", { event: "Committed", change: to({ contentId: other }) }],
  [
    "ACCUMULATOR_WRONG",
    "another accumulator at the closing",
    { event: "RoundClosed", change: to({ accumulator: other }) },
  ],
  ["ACCUMULATOR_WRONG", "another start value", { event: "RoundOpened", change: to({ start: other }) }],
  [
    "ACCUMULATOR_WRONG",
    "another accumulator proposed",
    { event: "Proposed", change: to({ accumulator: other }), party: aggregator, beside: head },
  ],
  ["COMMITTED_SET_WRONG", "another set at the closing", { event: "RoundClosed", change: to({ committed: 7n }) }],
  ["TOTAL_WEIGHT_WRONG", "another weight at the closing", { event: "RoundClosed", change: to({ totalWeight: 11n }) }],
  [
    "TOTAL_WEIGHT_WRONG",
    "another weight in the proposal",
    { event: "Proposed", change: proposing({ totalWeight: 11n }), party: aggregator, beside: head },
  ],
  [
    "EXCLUSION_INVALID",
    "an exclusion of what was never committed",
    { event: "Proposed", change: proposing({ excluded: 1n << 40n }), party: aggregator, beside: head },
  ],
  [
    "EXCLUSION_INVALID",
    "an exclusion of too many",
    {
      event: "Proposed",
      change: proposing({ excluded: 7n, totalWeight: 4n }),
      party: aggregator,
      beside: head,
    },
  ],
  [
    "OPENINGS_WRONG",
    "openings of a transparent task",
    { event: "Proposed", change: to({ openings: "0x00" }), beside: head },
  ],
  [
    "ASSIGNMENT_WRONG",
    "another attempt",
    {
      event: "AggregatorAssigned",
      change: to({ attempt: 1 }),
      beside: ["ASSIGNMENT_WRONG", "PROPOSER_NOT_ASSIGNED"],
    },
  ],
  [
    "ASSIGNMENT_WRONG",
    "an aggregator whose turn it was not",
    {
      event: "AggregatorAssigned",
      change: ({ place }: { readonly place: number }) => ({ place: 1 - place, aggregator: stranger }),
      beside: ["PROPOSER_NOT_ASSIGNED"],
    },
  ],
  ["ASSIGNMENT_WRONG", "another place", { event: "AggregatorAssigned", change: by({ place: 1 }) }],
  ["ASSIGNMENT_WRONG", "another number of places", { event: "AggregatorAssigned", change: by({ count: 1 }) }],
  [
    "PROPOSER_NOT_ASSIGNED",
    "another account proposing",
    { event: "Proposed", change: proposing({ aggregator: stranger }), party: isStranger, beside: head },
  ],
  [
    "RESULT_NOT_PROPOSED",
    "another model proposed",
    { event: "Proposed", change: proposing({ modelRoot: other }), beside: head },
  ],
  ["RESULT_NOT_PROPOSED", "another accepted model", { event: "RoundAccepted", change: to({ modelRoot: other }) }],
  [
    "QUORUM_NOT_REACHED",
    "too few attesters: half of those that committed, though more than the task's least",
    { event: "RoundAccepted", change: ({ attesters }: Ending) => ({ attesters: attesters.slice(2) }), beside: head },
  ],
  [
    "ATTESTER_WRONG",
    "one attester twice",
    {
      event: "RoundAccepted",
      change: ({ attesters: [a, , c, d] }: Ending) => ({ attesters: [a, a, c, d] }),
      beside: head,
    },
  ],
  [
    "ATTESTER_WRONG",
    "an attester from outside",
    {
      event: "RoundAccepted",
      change: ({ attesters: [a, b, c] }: Ending) => ({ attesters: [a, b, c, stranger] }),
      party: isStranger,
      beside: head,
    },
  ],
  [
    "HISTORY_HEAD_WRONG",
    "attesters in another order",
    {
      event: "RoundAccepted",
      change: ({ attesters }: Ending) => ({ attesters: attesters.toReversed() }),
    },
  ],
  [
    "INVALIDATION_WRONG",
    "another reason",
    { event: "RoundInvalid", change: to({ reason: "no-proposal" }), options: tooFew, beside: head },
  ],
  [
    "INVALIDATION_WRONG",
    "an end without an aggregator, where there is one",
    { event: "RoundInvalid", change: to({ reason: "no-aggregator" }), options: unattested, beside: head },
  ],
  ["HISTORY_HEAD_WRONG", "another head at the end", { event: "RoundAccepted", change: to({ historyHead: other }) }],
  [
    "HISTORY_HEAD_WRONG",
    "another head of an invalid round",
    { event: "RoundInvalid", change: to({ historyHead: other }), options: tooFew },
  ],
  [
    "PARTICIPANT_NOT_ENROLLED",
    "a participant without a place",
    {
      event: "Committed",
      change: to({ participant: stranger }),
      party: isStranger,
      beside: ["ACCUMULATOR_WRONG", "ATTESTER_WRONG"],
    },
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

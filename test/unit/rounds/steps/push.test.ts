import { expect } from "chai";
import type { TaskView } from "../../../../node/core/record/task-view.ts";
import type { Reason } from "../../../../node/core/records.ts";
import { duePushes, type HeardWords } from "../../../../node/rounds/steps/push.ts";
import { noted } from "../../../../node/rounds/steps/turns.ts";
import { type AttestationPool, addAttestation } from "../../../../node/rounds/words/attestation-pool.ts";
import { noMaskHearing } from "../../../../node/rounds/words/mask-hearing.ts";
import { noWords } from "../../../../node/rounds/words/word-pool.ts";
import { surveyedAt } from "../../../support/states/machine-states.ts";
import {
  acceptedRound,
  accounts,
  aggregatingRound,
  attestationOf,
  commitmentOf,
  headAt,
  proposedRound,
  roundOf,
  rules,
  viewOf,
} from "../../../support/states/round-states.ts";

const proposed = proposedRound();
const excluding = proposedRound(0b1000n);
const commitments = [0, 1, 2, 3].map((slot) => commitmentOf(slot));
const all = [accounts.a, accounts.b, accounts.c, accounts.d];

function pool(hash: `0x${string}`, attesters: readonly `0x${string}`[]): AttestationPool {
  return attesters.reduce((sum, one) => addAttestation(sum, attestationOf(one, hash)), new Map() as AttestationPool);
}

const heardOf = (attestations: AttestationPool): HeardWords => ({
  attestations,
  words: noWords,
  masks: noMaskHearing,
});

interface Row {
  readonly name: string;
  readonly view: TaskView;
  readonly atS: number;
  readonly heard?: AttestationPool;
  /** Kinds of the calls, joined. */
  readonly due?: string;
}

const invalid = roundOf({ phase: "invalid", invalidReason: "too-few-updates" });
const drawing = roundOf({ phase: "drawing", drawBlock: 50, commitDeadlineS: 0 });
const five = JSON.stringify({ start: { participants: 5, latestS: 1_000 } });
const full = Array.from({ length: 64 }, (_, i) => acceptedRound({ round: i + 1 }));

const rows: readonly Row[] = [
  { name: "the first round, enough enrolled", view: viewOf(), atS: 1, due: "openRound" },
  { name: "the first round, more wanted", view: viewOf([], { spec: five }), atS: 999 },
  { name: "the first round, at the time said", view: viewOf([], { spec: five }), atS: 1_000, due: "openRound" },
  { name: "the first round, too few enrolled", view: viewOf([], { rules: { ...rules, minUpdates: 5 } }), atS: 1 },
  { name: "nobody to aggregate", view: viewOf([], { joined: [] }), atS: 1 },
  { name: "the next round", view: viewOf([acceptedRound()], { spec: five }), atS: 1, due: "openRound" },
  { name: "after an invalid round", view: viewOf([invalid]), atS: 1, due: "openRound" },
  { name: "a complete task", view: viewOf([acceptedRound()], { complete: true }), atS: 1 },
  { name: "no word is free for another round", view: viewOf(full, { complete: false }), atS: 800 },
  { name: "a word is past its window", view: viewOf(full, { complete: false }), atS: 801, due: "openRound" },
  { name: "a draw whose block is not there", view: viewOf([drawing]), atS: 49 },
  { name: "a draw whose block is there", view: viewOf([drawing]), atS: 50, due: "drawRound" },
  { name: "a draw that may be out of reach", view: viewOf([drawing]), atS: 307, due: "drawRound closeRound" },
  { name: "an open round in time", view: viewOf([roundOf({ commitments: commitments.slice(1) })]), atS: 160 },
  { name: "an open round after its deadline", view: viewOf([roundOf()]), atS: 161, due: "closeRound" },
  { name: "an open round with all updates", view: viewOf([roundOf({ commitments })]), atS: 1, due: "closeRound" },
  { name: "an aggregator in time", view: viewOf([aggregatingRound()]), atS: 240 },
  { name: "an aggregator too late", view: viewOf([aggregatingRound()]), atS: 241, due: "reassign" },
  {
    name: "an aggregator in time, too few that are not expelled",
    view: viewOf([aggregatingRound([0, 1, 2, 3], { expelled: 0b0111n })]),
    atS: 200,
    due: "reassign",
  },
  { name: "a proposal in its window", view: viewOf([proposed]), atS: 300 },
  { name: "a proposal after its window", view: viewOf([proposed]), atS: 301, due: "reassign" },
  {
    name: "a quorum: more than half of those who committed",
    view: viewOf([proposed]),
    atS: 200,
    heard: pool(proposed.proposal.hash, all.slice(1)),
    due: "accept",
  },
  {
    name: "as many as the task asks for, but no more than half",
    view: viewOf([proposed]),
    atS: 200,
    heard: pool(proposed.proposal.hash, all.slice(2)),
  },
  {
    name: "a quorum of those who are not expelled",
    view: viewOf([{ ...proposed, expelled: 0b0001n }]),
    atS: 200,
    heard: pool(proposed.proposal.hash, all.slice(2)),
    due: "accept",
  },
  {
    name: "a quorum only with one who is expelled",
    view: viewOf([{ ...proposed, expelled: 0b0001n }]),
    atS: 200,
    heard: pool(proposed.proposal.hash, all.slice(0, 2)),
  },
  {
    name: "a quorum where too few are left of those who committed",
    view: viewOf([{ ...proposed, expelled: 0b0001n }], { rules: { ...rules, minUpdates: 4 } }),
    atS: 200,
    heard: pool(proposed.proposal.hash, all),
    due: "reassign",
  },
  {
    name: "a quorum after the window",
    view: viewOf([proposed]),
    atS: 301,
    heard: pool(proposed.proposal.hash, all),
    due: "reassign",
  },
  {
    name: "a quorum for another proposal",
    view: viewOf([proposed]),
    atS: 200,
    heard: pool(excluding.proposal.hash, all),
  },
];

describe("duePushes", () => {
  for (const { name, view, atS, heard = new Map(), due } of rows) {
    it(`${name}: ${due ?? "nothing"}`, () => {
      const pushes = duePushes(surveyedAt(view, atS), heardOf(heard), { graceS: 3 });
      expect(pushes.map(({ call }) => call.kind).join(" ")).to.equal(due ?? "");
    });
  }

  it("waits for the rest of those who may attest, and no longer than it must", () => {
    const { hash } = proposed.proposal;
    const wait = (heard: AttestationPool, view = viewOf([proposed])) =>
      duePushes(surveyedAt(view, 200), heardOf(heard), { graceS: 3 })[0]?.waitS;
    expect(wait(pool(hash, all.slice(1)))).to.equal(3);
    expect(wait(pool(hash, all))).to.equal(0);
    const expelled = viewOf([{ ...proposed, expelled: 0b0001n }]);
    expect(wait(pool(hash, all.slice(1)), expelled), "who is expelled is not waited for").to.equal(0);
  });

  it("opens the next round after growing pauses where nobody commits", () => {
    const ended = (round: number, invalidReason: Reason = "too-few-updates") =>
      roundOf({ round, phase: "invalid", invalidReason });
    const wait = (...reasons: (Reason | undefined)[]) =>
      duePushes(surveyedAt(viewOf(reasons.map((reason, i) => ended(i + 1, reason))), 1), heardOf(new Map()), {
        graceS: 3,
      })[0]?.waitS;
    const few = undefined;
    const waits = [0, 1, 2, 3, 4, 5, 9].map((count) => wait(...Array.from({ length: count }, () => few)));
    expect(waits).to.deep.equal([0, 0, 0, 60, 120, 240, 480]);
    expect(wait(few, few, few, "no-proposal"), "it had enough").to.equal(0);
    expect(wait(few, "no-proposal", few, few, few)).to.equal(60);
  });

  it("takes attestations of those who committed and left meanwhile", () => {
    const { enrolled } = viewOf();
    const view = viewOf([proposed], { enrolled: enrolled.map((place) => ({ ...place, leaving: true })) });
    const [push] = duePushes(surveyedAt(view, 200), heardOf(pool(proposed.proposal.hash, all)), { graceS: 0 });
    expect(push?.call.kind).to.equal("accept");
  });

  it("submits attestations ascending by address, whoever came first", () => {
    const heard = pool(proposed.proposal.hash, [accounts.d, accounts.b, accounts.c]);
    const call = duePushes(surveyedAt(viewOf([proposed]), 200), heardOf(heard), { graceS: 0 })[0]?.call;
    expect(call?.kind === "accept" && call.attestations.map(({ attester }) => attester)).to.deep.equal([
      accounts.b,
      accounts.c,
      accounts.d,
    ]);
  });

  it("notes since when the same step is due, and starts anew with another", () => {
    const due = duePushes(surveyedAt(viewOf(), 10), heardOf(new Map()), { graceS: 0 });
    const first = noted([], due, headAt(10));
    expect(first[0]?.sinceS).to.equal(10);
    expect(noted(first, due, headAt(15))[0]?.sinceS).to.equal(10);
    const other = duePushes(surveyedAt(viewOf([roundOf({ commitments })]), 20), heardOf(new Map()), { graceS: 0 });
    expect(noted(first, other, headAt(20))[0]?.sinceS).to.equal(20);
    expect(noted(first, [], headAt(20))).to.deep.equal([]);
  });
});

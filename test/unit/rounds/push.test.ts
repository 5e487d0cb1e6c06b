import { expect } from "chai";
import type { TaskView } from "../../../node/core/task-view.ts";
import { type AttestationPool, addAttestation } from "../../../node/rounds/attestation-pool.ts";
import { duePush, notePush, type PushOptions } from "../../../node/rounds/push.ts";
import {
  accounts,
  aggregatingRound,
  attestationOf,
  commitmentOf,
  headAt,
  proposedRound,
  roundOf,
  rules,
  viewOf,
} from "../../support/round-states.ts";

const proposed = proposedRound();
const excluding = proposedRound(0b1000n);
const commitments = [0, 1, 2, 3].map((slot) => commitmentOf(slot));
const all = [accounts.a, accounts.b, accounts.c, accounts.d];

function pool(hash: `0x${string}`, attesters: readonly `0x${string}`[]): AttestationPool {
  return attesters.reduce((sum, one) => addAttestation(sum, attestationOf(one, hash)), new Map() as AttestationPool);
}

interface Row {
  readonly name: string;
  readonly view: TaskView;
  readonly atS: number;
  readonly heard?: AttestationPool;
  readonly options?: Partial<PushOptions>;
  readonly due?: string;
}

const finalized = roundOf({ phase: "finalized" });
const leaving = viewOf([proposed]).enrolled.map((place) => ({ ...place, leaving: place.participant === accounts.a }));

const rows: readonly Row[] = [
  { name: "the first round, enough enrolled", view: viewOf(), atS: 1, due: "openRound" },
  { name: "the first round, more wanted", view: viewOf(), atS: 1, options: { openWhenEnrolled: 5 } },
  { name: "the first round, too few enrolled", view: viewOf([], { rules: { ...rules, minUpdates: 5 } }), atS: 1 },
  { name: "the next round", view: viewOf([finalized]), atS: 1, options: { openWhenEnrolled: 5 }, due: "openRound" },
  { name: "after an invalid round", view: viewOf([roundOf({ phase: "invalidated" })]), atS: 1, due: "openRound" },
  { name: "a complete task", view: viewOf([finalized], { complete: true }), atS: 1 },
  { name: "an open round in time", view: viewOf([roundOf({ commitments: commitments.slice(1) })]), atS: 160 },
  { name: "an open round after its deadline", view: viewOf([roundOf()]), atS: 161, due: "closeRound" },
  { name: "an open round with all updates", view: viewOf([roundOf({ commitments })]), atS: 1, due: "closeRound" },
  { name: "an aggregator in time", view: viewOf([aggregatingRound()]), atS: 240 },
  { name: "an aggregator too late", view: viewOf([aggregatingRound()]), atS: 241, due: "reassign" },
  { name: "a proposal in its window", view: viewOf([proposed]), atS: 300 },
  { name: "a proposal after its window", view: viewOf([proposed]), atS: 301, due: "finalizeUnchallenged" },
  { name: "an excluding proposal after its window", view: viewOf([excluding]), atS: 301, due: "reassign" },
  {
    name: "a quorum",
    view: viewOf([proposed]),
    atS: 200,
    heard: pool(proposed.proposal.hash, all.slice(2)),
    due: "finalize",
  },
  {
    name: "a quorum on an excluding proposal after its window",
    view: viewOf([excluding]),
    atS: 301,
    heard: pool(excluding.proposal.hash, all.slice(2)),
    due: "finalize",
  },
  { name: "less than a quorum", view: viewOf([proposed]), atS: 200, heard: pool(proposed.proposal.hash, [accounts.a]) },
  {
    name: "a quorum for another proposal",
    view: viewOf([proposed]),
    atS: 200,
    heard: pool(excluding.proposal.hash, all),
  },
  {
    name: "a quorum only with one who leaves",
    view: viewOf([proposed], { enrolled: leaving }),
    atS: 200,
    heard: pool(proposed.proposal.hash, all.slice(0, 2)),
  },
];

describe("duePush", () => {
  for (const { name, view, atS, heard = new Map(), options = {}, due } of rows) {
    it(`${name}: ${due ?? "nothing"}`, () => {
      expect(duePush(view, headAt(atS), heard, { graceS: 3, ...options })?.call.kind).to.equal(due);
    });
  }

  it("waits for the rest of the included participants, and no longer than it must", () => {
    const { hash } = proposed.proposal;
    const wait = (heard: AttestationPool, view = viewOf([proposed])) =>
      duePush(view, headAt(200), heard, { graceS: 3 })?.waitS;
    expect(wait(pool(hash, all.slice(1)))).to.equal(3);
    expect(wait(pool(hash, all))).to.equal(0);
    const without = excluding.proposal.hash;
    expect(wait(pool(without, all.slice(0, 3)), viewOf([excluding])), "the excluded one is not waited for").to.equal(0);
  });

  it("submits attestations ascending by address, as the contract demands", () => {
    const heard = pool(proposed.proposal.hash, [accounts.d, accounts.b, accounts.c]);
    const call = duePush(viewOf([proposed]), headAt(200), heard, { graceS: 0 })?.call;
    expect(call?.kind === "finalize" && call.attestations.map(({ attester }) => attester)).to.deep.equal([
      accounts.b,
      accounts.c,
      accounts.d,
    ]);
  });

  it("notes since when the same step is due, and starts anew with another", () => {
    const due = duePush(viewOf(), headAt(10), new Map(), { graceS: 0 });
    const noted = notePush(undefined, due, headAt(10));
    expect(noted?.sinceS).to.equal(10);
    expect(notePush(noted, due, headAt(15))?.sinceS).to.equal(10);
    const other = duePush(viewOf([roundOf({ commitments })]), headAt(20), new Map(), { graceS: 0 });
    expect(notePush(noted, other, headAt(20))?.sinceS).to.equal(20);
    expect(notePush(noted, undefined, headAt(20))).to.equal(undefined);
  });
});

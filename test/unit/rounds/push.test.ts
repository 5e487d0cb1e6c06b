import { expect } from "chai";
import type { TaskView } from "../../../node/core/task-view.ts";
import { type AttestationPool, addAttestation } from "../../../node/rounds/attestation-pool.ts";
import { duePushes, notePushes, type PushOptions } from "../../../node/rounds/push.ts";
import { demandAgainst } from "../../support/demands.ts";
import {
  accounts,
  aggregatingRound,
  attestationOf,
  commitmentOf,
  hashOf,
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
  /** Kinds of the calls, joined. */
  readonly due?: string;
}

const finalized = roundOf({ phase: "finalized" });
const leaving = viewOf([proposed]).enrolled.map((place) => ({ ...place, leaving: place.participant === accounts.a }));

const piped = { rules: { ...rules, pipelined: true } };
const second = {
  ...proposed,
  round: 2,
  baseModelRoot: proposed.proposal.modelRoot,
  proposal: { ...proposed.proposal, hash: hashOf(77) },
};

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
  {
    name: "a proposal after its window, a demand unanswered",
    view: viewOf([{ ...proposed, demands: [demandAgainst(proposed, accounts.a)] }]),
    atS: 400,
  },
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
  { name: "a pipelined task, a proposal in its window", view: viewOf([proposed], piped), atS: 200, due: "openRound" },
  { name: "a pipelined task, a proposal that needs a quorum", view: viewOf([excluding], piped), atS: 200 },
  {
    name: "a pipelined task, a proposal without an update that was demanded in vain",
    view: viewOf([{ ...excluding, withheld: 0b1000n }], piped),
    atS: 301,
    due: "finalizeUnchallenged openRound",
  },
  {
    name: "a pipelined task, somebody waits for its place to be freed",
    view: viewOf([proposed], { ...piped, enrolled: leaving }),
    atS: 200,
  },
  {
    name: "a pipelined task, its last round is running",
    view: viewOf([proposed], { rules: { ...piped.rules, rounds: 1 } }),
    atS: 200,
  },
  {
    name: "a pipelined task, a proposal whose forerunner took the next round down with it",
    view: viewOf([proposed, roundOf({ round: 2, phase: "invalidated" })], piped),
    atS: 200,
  },
  {
    name: "two rounds in flight, both to be pushed",
    view: viewOf([proposed, roundOf({ round: 2, commitments })], piped),
    atS: 301,
    due: "finalizeUnchallenged closeRound",
  },
  {
    name: "two proposals, a quorum for the newer one: the older comes first",
    view: viewOf([proposed, second], piped),
    atS: 301,
    heard: pool(second.proposal.hash, all),
    due: "finalizeUnchallenged",
  },
  {
    name: "two proposals, the newer one needs a quorum that does not come",
    view: viewOf([proposed, { ...excluding, round: 2 }], piped),
    atS: 301,
    due: "finalizeUnchallenged reassign",
  },
];

describe("duePushes", () => {
  for (const { name, view, atS, heard = new Map(), options = {}, due } of rows) {
    it(`${name}: ${due ?? "nothing"}`, () => {
      const pushes = duePushes(view, headAt(atS), heard, { graceS: 3, ...options });
      expect(pushes.map(({ call }) => call.kind).join(" ")).to.equal(due ?? "");
    });
  }

  it("waits for the rest of the included participants, and no longer than it must", () => {
    const { hash } = proposed.proposal;
    const wait = (heard: AttestationPool, view = viewOf([proposed])) =>
      duePushes(view, headAt(200), heard, { graceS: 3 })[0]?.waitS;
    expect(wait(pool(hash, all.slice(1)))).to.equal(3);
    expect(wait(pool(hash, all))).to.equal(0);
    const without = excluding.proposal.hash;
    expect(wait(pool(without, all.slice(0, 3)), viewOf([excluding])), "the excluded one is not waited for").to.equal(0);
  });

  it("submits attestations ascending by address, as the contract demands", () => {
    const heard = pool(proposed.proposal.hash, [accounts.d, accounts.b, accounts.c]);
    const call = duePushes(viewOf([proposed]), headAt(200), heard, { graceS: 0 })[0]?.call;
    expect(call?.kind === "finalize" && call.attestations.map(({ attester }) => attester)).to.deep.equal([
      accounts.b,
      accounts.c,
      accounts.d,
    ]);
  });

  it("notes since when the same step is due, and starts anew with another", () => {
    const due = duePushes(viewOf(), headAt(10), new Map(), { graceS: 0 });
    const noted = notePushes([], due, headAt(10));
    expect(noted[0]?.sinceS).to.equal(10);
    expect(notePushes(noted, due, headAt(15))[0]?.sinceS).to.equal(10);
    const other = duePushes(viewOf([roundOf({ commitments })]), headAt(20), new Map(), { graceS: 0 });
    expect(notePushes(noted, other, headAt(20))[0]?.sinceS).to.equal(20);
    expect(notePushes(noted, [], headAt(20))).to.deep.equal([]);
  });
});

import { expect } from "chai";
import type { RoundVerdict } from "../../../../node/audit/index.ts";
import { contentIdOf } from "../../../../node/core/bytes/content-id.ts";
import type { Commitment } from "../../../../node/core/records.ts";
import { auditOf } from "../../../support/history/audit-of.ts";
import { buildHistory, type History } from "../../../support/history/history-builder.ts";

const verdicts = ({ rounds }: { rounds: readonly RoundVerdict[] }) => rounds.map(({ verdict }) => verdict);
const committed = (history: History, round: number) =>
  history.events.filter((event) => event.name === "Committed" && event.round === round) as unknown as Commitment[];
const seeded = (first: number) => {
  let state = first;
  return {
    bytes: (length: number) =>
      Uint8Array.from({ length }, () => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
        return (state >>> 16) & 0xff;
      }),
  };
};

describe("auditTask on true histories", () => {
  it("verifies every round of a clean history", async () => {
    const report = await auditOf(await buildHistory({ rounds: 4, members: 5 }));
    expect(report.findings).to.deep.equal([]);
    expect(report.exitCode).to.equal(0);
    expect(verdicts(report)).to.deep.equal(Array(4).fill("verified"));
    expect(report.complete).to.equal(true);
    expect(report.storageCompared).to.equal(true);
    expect(report.finalModelLanes).to.have.length(151);
    expect(report.totals).to.include({
      accepted: 4,
      void: 0,
      invalid: 0,
      updates: 20,
      bytesChecked: 4 * (5 + 1) * 151 * 4,
    });
  });

  it("tells gas once for each transaction, and time", async () => {
    const report = await auditOf(await buildHistory({ rounds: 1, members: 2 }));
    const [round] = report.rounds;
    expect(round!.gas!.total).to.equal(
      round!.gas!.open + round!.gas!.commit + round!.gas!.close + round!.gas!.propose + round!.gas!.end,
    );
    expect(round!.gas!.commit).to.equal(40_008 + 40_009);
    expect(round!.durationS).to.equal(7);
  });

  it("shows what every accepted model reaches on the public test set, the last one's included", async () => {
    const measured: number[] = [];
    const report = await auditOf({
      ...(await buildHistory({ scripts: { 2: { commits: 1 } } })),
      measurePublicly: async (lanes, { round }) => {
        measured.push(lanes.length);
        return { examples: 100, correct: 50 + round, lossQ24: 1n << 23n };
      },
    });
    expect(measured).to.deep.equal([151, 151]);
    expect(report.rounds.map(({ testMetric }) => testMetric?.correct)).to.deep.equal([51, undefined, 53]);
    expect(report.exitCode).to.equal(0);
  });

  it("does without sender, gas and time", async () => {
    const report = await auditOf(await buildHistory({ detail: false }));
    expect(report.exitCode).to.equal(0);
    expect(report.rounds[0]).to.not.have.any.keys("gas", "durationS");
    expect(report.totals).to.not.have.any.keys("gas", "durationS");
  });

  it("follows draws of a part, members who leave and places that move", async () => {
    const report = await auditOf(
      await buildHistory({
        members: 9,
        rounds: 6,
        rules: { participationBps: 5000, drawDelayBlocks: 4 },
        scripts: { 1: { leave: [2] }, 2: { leave: [0, 8] }, 4: { leave: [5] } },
      }),
    );
    expect(report.findings).to.deep.equal([]);
    expect(report.rounds.map(({ drawn }) => drawn.length)).to.deep.equal([5, 4, 3, 3, 3, 3]);
  });

  it("accepts every way a round can rightly end", async () => {
    const report = await auditOf(
      await buildHistory({
        rounds: 8,
        rules: { attempts: 2, participationBps: 7000, drawDelayBlocks: 4 },
        members: 5,
        aggregators: 3,
        scripts: {
          1: { silentAggregators: 1 },
          2: { commits: 1 },
          3: { end: "no-draw" },
          4: { end: "no-proposal" },
          5: { rejectedProposal: true },
          6: { end: "not-attested" },
          7: { resume: [0, 1], aggregatorsLeave: [0, 1, 2] },
        },
      }),
    );
    expect(report.findings).to.deep.equal([]);
    expect(report.rounds.map(({ verdict, reason }) => reason ?? verdict)).to.deep.equal([
      ...["verified", "too-few-updates", "no-draw", "no-proposal", "verified", "not-attested"],
      ...["no-aggregator", "no-aggregator"],
    ]);
    expect(report.exitCode).to.equal(0);
    expect(report.rounds[4]!.superseded).to.have.length(1);
    expect(report.rounds[4]!.superseded[0]!).to.not.have.property("right");
    expect(report.rounds[1]!.updates[0]!.status).to.equal("not-asked");
  });

  it("follows more leavers than one call frees: 32 steps at the next opening, and at the one behind it", async () => {
    const leave = Array.from({ length: 40 }, (_, i) => 1 + ((7 * i) % 43));
    const report = await auditOf(await buildHistory({ members: 44, inputs: 5, scripts: { 1: { leave } } }));
    expect(report.findings).to.deep.equal([]);
    expect(report.rounds.map(({ drawn, updates }) => [drawn.length, updates.length])).to.deep.equal([
      [44, 4],
      [16, 4],
      [5, 4],
    ]);
  });

  it("is final when the last window has passed, and complete before: exit 4 where final was asked for", async () => {
    const history = await buildHistory();
    const ends = history.events.filter((event) => event.name === "RoundAccepted");
    const finalFromS = ends.at(-1)!.provableUntilS + 1;
    const before = await auditOf({ ...history, nowS: finalFromS - 1 });
    expect(before).to.include({ complete: true, final: false, finalFromS, exitCode: 0 });
    for (const nowS of [undefined, finalFromS - 1]) {
      expect(await auditOf({ ...history, nowS, requireFinal: true })).to.include({ verdict: "verified", exitCode: 4 });
    }
    const after = await auditOf({ ...history, nowS: finalFromS, requireFinal: true });
    expect(after).to.include({ complete: true, final: true, exitCode: 0 });
    const running = await buildHistory({ rules: { rounds: 4 } });
    const report = await auditOf({ ...running, nowS: finalFromS, requireFinal: true });
    expect(report).to.include({ complete: false, final: false, exitCode: 4 });
  });

  for (const end of ["open", "aggregating", "proposed"] as const) {
    it(`calls a round that is ${end} pending`, async () => {
      const report = await auditOf(await buildHistory({ rounds: 2, scripts: { 2: { end } } }));
      expect(report.findings).to.deep.equal([]);
      expect(verdicts(report)).to.deep.equal(["verified", "pending"]);
      expect(report.complete).to.equal(false);
      expect(report.finalModelRoot).to.equal(report.rounds[0]!.modelRoot);
      expect(report.finalModelLanes).to.have.length(151);
    });
  }

  it("has a verdict before the first round", async () => {
    const history = await buildHistory({ rounds: 1 });
    const events = history.events.filter((event) => !("round" in event));
    const report = await auditOf({ ...history, events, storedState: undefined });
    expect(report).to.include({ exitCode: 0, complete: false, finalModelRoot: report.task.initialModelRoot });
    expect(report.rounds).to.deep.equal([]);
  });

  it("accepts the exclusion of an update whose bytes are nowhere", async () => {
    const history = await buildHistory({ scripts: { 2: { exclude: [1] } } });
    history.store.blobs.delete(committed(history, 2)[1]!.contentId);
    const report = await auditOf(history);
    expect(report.exitCode).to.equal(0);
    expect(report.rounds[1]!.updates[1]).to.include({ excluded: true, status: "missing" });
  });

  it("needs no model blob where the inputs are there", async () => {
    const history = await buildHistory();
    for (const event of history.events)
      if (event.name === "Proposed") history.store.blobs.delete(event.proposal.contentId);
    const report = await auditOf(history);
    expect(report.exitCode).to.equal(0);
    expect(report.rounds.map(({ modelBlob }) => modelBlob)).to.deep.equal(["missing", "missing", "missing"]);
    expect(report.finalModelLanes).to.have.length(151);
  });

  it("accepts equal updates where the base is the same, and where they say nothing", async () => {
    const zero = (_: number, honest: Int32Array) => honest.fill(0);
    const fixed = (member: number, honest: Int32Array) => honest.map((_, i) => (i % 90) * (member + 1) - 44);
    const report = await auditOf(
      await buildHistory({
        rounds: 5,
        scripts: { 1: { update: zero }, 2: { update: zero }, 3: { update: fixed, commits: 1 }, 4: { update: fixed } },
      }),
    );
    expect(report.exitCode).to.equal(0);
  });

  it("accepts equal updates where the model has hardly moved", async () => {
    const steady = (member: number, honest: Int32Array) => honest.map((_, i) => ((i * (member + 2)) % 5) - 2);
    const scripts = { 1: { update: steady }, 2: { update: steady }, 3: { update: steady } };
    expect((await auditOf(await buildHistory({ scripts }))).exitCode).to.equal(0);
    const jump = { ...scripts, 2: {} };
    const report = await auditOf(await buildHistory({ scripts: jump }));
    expect(report.findings.map(({ code, round }) => [code, round])).to.deep.equal(
      Array(4).fill(["UPDATE_REPLAYED", 3]),
    );
  });

  it("asks a member's own peers for its blobs and passes the signal on", async () => {
    const history = await buildHistory({ rounds: 1, members: 2 });
    const asked: unknown[] = [];
    const signal = new AbortController().signal;
    const store: History["store"] = {
      ...history.store,
      get: (contentId, options) => {
        asked.push(options.providers?.[0]);
        expect(options).to.include({ signal, lengthBytes: 604 });
        return history.store.get(contentId, options);
      },
    };
    await auditOf({ ...history, store, signal, providers: (owner) => [`peer of ${owner}`] });
    expect(asked).to.deep.equal([...history.members, history.aggregators[1]].map((owner) => `peer of ${owner}`));
  });

  it("stops when the signal says so, and on errors of the store that say nothing about the blob", async () => {
    const history = await buildHistory({ rounds: 1, members: 2 });
    const controller = new AbortController();
    controller.abort(new DOMException("enough", "AbortError"));
    await expectRejection(auditOf({ ...history, signal: controller.signal }), "AbortError");
    const store = { get: () => Promise.reject(new DOMException("disk", "QuotaExceededError")) };
    await expectRejection(auditOf({ ...history, store }), "QuotaExceededError");
  });

  it("looks at the bytes of sampled rounds only, and says what that misses", async () => {
    const history = await buildHistory({
      rounds: 8,
      scripts: { 3: { model: (honest) => honest.map((lane) => lane + 1) } },
    });
    let found = 0;
    for (let seed = 0; seed < 40; seed++) {
      const report = await auditOf({ ...history, sample: { rounds: 2, random: seeded(seed) } });
      expect(report.sample).to.deep.include({ of: 8, missProbability: 0.75 });
      expect(report.sample!.rounds).to.have.length(2);
      const drawn = report.sample!.rounds;
      report.rounds.forEach(({ round, verdict }) => {
        const expected = !drawn.includes(round) ? "unsampled" : round === 3 ? "violation" : "verified";
        expect(verdict).to.equal(expected);
      });
      if (report.exitCode === 3) found++;
    }
    expect(found).to.be.within(3, 20);
  });

  it("samples everything when asked for more than there is", async () => {
    const report = await auditOf({ ...(await buildHistory()), sample: { rounds: 99, random: seeded(1) } });
    expect(report.sample).to.deep.equal({ rounds: [1, 2, 3], of: 3, missProbability: 0 });
    expect(verdicts(report)).to.deep.equal(["verified", "verified", "verified"]);
  });

  it("reports progress update by update", async () => {
    const seen: string[] = [];
    await auditOf({
      ...(await buildHistory({ rounds: 2, members: 2 })),
      onProgress: ({ round, rounds, updates, of }) => seen.push(`${round}/${rounds} ${updates}/${of}`),
    });
    expect(seen).to.deep.equal(["1/2 1/2", "1/2 2/2", "2/2 1/2", "2/2 2/2"]);
  });

  it("knows a blob by its content id, as the store does", async () => {
    const history = await buildHistory({ rounds: 1, members: 2 });
    for (const [contentId, bytes] of history.store.blobs) expect(await contentIdOf(bytes)).to.equal(contentId);
  });
});

async function expectRejection(promise: Promise<unknown>, name: string): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect((error as Error | undefined)?.name).to.equal(name);
}

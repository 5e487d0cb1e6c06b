import { expect } from "chai";
import fc from "fast-check";
import {
  holds,
  openedPairsOf,
  type ProposedRound,
  proveChunk,
  proveOpening,
  renderReport,
  updateFault,
} from "../../../node/audit/index.ts";
import { checkRound } from "../../../node/audit/replay/check-round.ts";
import { falseOpeningOf } from "../../../node/audit/replay/masked-round.ts";
import { createChunkTree } from "../../../node/core/bytes/chunk-tree.ts";
import { bytesToLanes } from "../../../node/core/bytes/lanes.ts";
import type { Hex } from "../../../node/core/ids.ts";
import { foldTask } from "../../../node/core/record/fold-task.ts";
import type { Commitment, TaskRules } from "../../../node/core/records.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import { parseTaskSpecJson } from "../../../node/core/task/task-spec.ts";
import { hashBytes } from "../../../node/core/words/commitment.ts";
import { auditOf } from "../../support/history/audit-of.ts";
import { buildHistory, type RoundScript } from "../../support/history/history-builder.ts";
import { maskedRules } from "../../support/states/plain-rules.ts";

/** Eight share masks; in the first round seven advertise and six commit: as many as its opening takes. */
const dropout: RoundScript = { keyed: 7, commits: 6 };

async function proposed(script: RoundScript, rules: Partial<TaskRules> = {}) {
  const { events, store } = await buildHistory({
    ...{ inputs: 299, members: 8, rounds: 1 },
    rules: { ...maskedRules, ...rules },
    scripts: { 1: { ...dropout, end: "proposed", ...script } },
  });
  const view = foldTask(events);
  const round = view.rounds[0] as ProposedRound;
  const baseLanes = initialLanes(parseTaskSpecJson(view.spec), view.rules.fractionBits);
  const lengthBytes = 4 * view.rules.parameterCount;
  const getUpdate = ({ contentId }: Pick<Commitment, "contentId">) => store.get(contentId, { lengthBytes });
  const about = { taskId: view.taskId, rules: view.rules, round, baseLanes, getUpdate };
  return { ...about, view };
}

const flipped = (openings: Hex, byte: number): Hex => {
  const digits = openings.slice(2 + 2 * byte, 4 + 2 * byte);
  const other = (Number.parseInt(digits, 16) ^ 1).toString(16).padStart(2, "0");
  return `${openings.slice(0, 2 + 2 * byte)}${other}${openings.slice(4 + 2 * byte)}` as Hex;
};
const wrongModel: RoundScript = { model: (honest) => honest.with(200, honest[200]! + 1) };

describe("masked rounds", () => {
  it("are verified with everybody, with dropouts, and with a wrong proposal that was struck", async () => {
    const scripts = { 2: dropout, 3: { struckProposal: "wrong" } } as const;
    const history = await buildHistory({ members: 8, aggregators: 3, inputs: 299, rules: maskedRules, scripts });
    const { findings, verdict } = await auditOf(history);
    expect(findings).to.deep.equal([]);
    expect(verdict).to.equal("verified");
  });

  it("are found wrong where a seed or a key is opened falsely, and the first such slot is proof enough", async () => {
    // six survivors' seeds, then the dropped one's key
    for (const [byte, slot] of [
      [0, 0],
      [32 * 3 + 31, 3],
      [32 * 6 + 7, 6],
    ] as const) {
      const { view: _, ...about } = await proposed({ openings: (honest) => flipped(honest, byte) });
      const check = await checkRound(about);
      expect(check.findings.map(({ code }) => code)).to.deep.equal(["OPENING_FALSE"]);
      expect(check.falseOpening).to.equal(slot);
      expect(check.agrees).to.equal(false);
      expect(check.lanes).to.equal(undefined);
      const call = proveOpening(about);
      if (call?.kind !== "proveOpening") return expect.fail(call?.kind);
      expect(call.slot).to.equal(slot);
      expect(call.advertisements).to.have.length(7);
      expect(call.openings).to.equal(about.round.proposal.openings);
      expect(holds({ ...call, slot: 1 }, about.rules), "a true one").to.equal(false);
      expect(holds({ ...call, start: about.round.baseModelRoot }, about.rules)).to.equal(false);
    }
    const { view, round } = await proposed({});
    expect(falseOpeningOf(view.taskId, view.rules, round)).to.equal(undefined);
    expect(proveOpening({ taskId: view.taskId, rules: view.rules, round })).to.equal(undefined);
  });

  it("are found wrong where a lane is, and that chunk is proven by the openings", async () => {
    const { view: _, ...about } = await proposed(wrongModel);
    const check = await checkRound(about);
    expect(check.findings.map(({ code }) => code)).to.deep.equal(["AGGREGATE_WRONG"]);
    const { rules, round } = about;
    const model = bytesToLanes(await about.getUpdate(round.proposal));
    const call = await proveChunk({ ...about, recomputed: check.lanes!, proposed: createChunkTree(model) });
    if (call?.kind !== "proveMaskedChunk") return expect.fail(call?.kind);
    const { wrong, openings, advertisements } = call;
    expect(wrong.chunkIndex).to.equal(3);
    expect(wrong.bounds).to.equal(undefined);
    expect(holds(call, rules)).to.equal(true);
    const other = flipped(openings, 5);
    expect(holds({ ...call, openings: other }, rules), "other openings than the proposal's").to.equal(false);
    const inputs = { ...call.evidence.inputs, openingsHash: hashBytes(other) };
    const opened = { ...call, openings: other, evidence: { ...call.evidence, inputs } };
    expect(holds(opened, rules), "false openings are another proof's").to.equal(false);
    expect(holds({ ...call, advertisements: advertisements.slice(1) }, rules)).to.equal(false);
    expect(holds({ ...call, wrong: { ...wrong, updates: wrong.updates.slice(1) } }, rules)).to.equal(false);
  });

  it("give no proof against a right chunk, whichever it is", async () => {
    const { view: _, ...about } = await proposed({});
    const { lanes } = await checkRound(about);
    const proposedTree = createChunkTree(lanes!);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: lanes!.length - 1 }), async (lane) => {
        const recomputed = lanes!.with(lane, lanes![lane]! ^ 1);
        expect(await proveChunk({ ...about, recomputed, proposed: proposedTree })).to.equal(undefined);
      }),
      { numRuns: 15 },
    );
  });

  it("name pairs of opened sums though the first was never proposed: its seeds were told", async () => {
    const history = await buildHistory({
      ...{ members: 7, rounds: 4, aggregators: 4, rules: { ...maskedRules, rounds: 3 } },
      // in round 2 too few commit: it ended while it was open, and nobody told anything
      scripts: { 1: { end: "no-proposal" }, 2: { commits: 2 }, 3: { commits: 6 } },
    });
    const report = await auditOf(history);
    const [member] = history.members.slice(-1);
    expect(report.openedPairs.map((pair) => [pair.rounds, pair.member])).to.deep.equal([[[1, 3], member]]);
    expect(openedPairsOf(foldTask(history.events))).to.deep.equal(report.openedPairs);
  });

  it("name pairs of opened sums over one base that differ by one member, void and unattested ones as well", async () => {
    const history = await buildHistory({
      ...{ members: 7, rounds: 5, aggregators: 4, rules: { ...maskedRules, rounds: 3 } },
      scripts: {
        1: { end: "not-attested" },
        2: { commits: 6 },
        4: { keyed: 2 },
      },
    });
    const [member] = history.members.slice(-1);
    const report = await auditOf(history);
    expect(report.openedPairs.map((pair) => [pair.rounds, pair.member])).to.deep.equal([[[1, 2], member]]);
    expect(openedPairsOf(foldTask(history.events))).to.deep.equal(report.openedPairs);
    const page = renderReport(report, { chartScript: "", chartStyle: "", command: "" });
    expect(page).to.include("1 and 2</th>");
    const plain = await auditOf(await buildHistory({ scripts: { 1: { end: "not-attested" }, 2: { commits: 3 } } }));
    expect(plain.openedPairs).to.deep.equal([]);
  });

  it("are attested to where somebody was beyond the clip: the sum is cut, and the audit tells", async () => {
    const { view: _, ...about } = await proposed({
      update: (member, honest) => (member === 1 ? honest.fill(9_000_000) : honest),
    });
    const check = await checkRound(about);
    expect(check.agrees).to.equal(true);
    expect(check.findings.map(({ code, severity }) => [code, severity])).to.deep.equal([
      ["SUM_OUT_OF_BOUNDS", "unchecked"],
    ]);
    expect(check.findings[0]!.data.cutLanes).to.equal(300);
    expect(check.movedLanes).to.equal(about.rules.clipLanes);
  });

  it("hide the clip of an update, and tell equal ones all the same", async () => {
    const { rules, round, getUpdate, ...about } = await proposed({});
    const { updates } = await checkRound({ ...about, rules, round, getUpdate });
    expect(updates.map(({ status, informationBits }) => [status, informationBits])).to.deep.equal(
      new Array(6).fill(["valid", 32 * 300]),
    );
    const [first] = round.commitments;
    const lanes = bytesToLanes((await getUpdate(first!)).slice());
    expect(lanes.some((lane) => Math.abs(lane) > rules.clipLanes)).to.equal(true);
    expect(updateFault(lanes, first!, round.commitments, rules)).to.equal(undefined);
  });
});

import { expect } from "chai";
import fc from "fast-check";
import { checkRound } from "../../../node/audit/check-round.ts";
import { holdsAgainst, proveWrongChunk, updateFault } from "../../../node/audit/index.ts";
import { falseOpeningOf } from "../../../node/audit/masked-round.ts";
import { createChunkTree } from "../../../node/core/chunk-tree.ts";
import { foldTask } from "../../../node/core/fold-task.ts";
import type { Hex } from "../../../node/core/ids.ts";
import { initialLanes } from "../../../node/core/initial-model.ts";
import { bytesToLanes } from "../../../node/core/lanes.ts";
import type { Commitment, TaskRules } from "../../../node/core/records.ts";
import { parseTaskSpecJson } from "../../../node/core/task-spec.ts";
import { judgeProposal, type ProposedRound } from "../../../node/rounds/judge-proposal.ts";
import { createModelSource } from "../../../node/rounds/model-source.ts";
import { auditOf } from "../../support/audit-of.ts";
import { buildHistory, type RoundScript } from "../../support/history-builder.ts";
import { maskedRules } from "../../support/plain-rules.ts";
import { silentLog } from "../../support/silent-log.ts";

/** Six share masks; in the first round five advertise and four commit. */
const dropout: RoundScript = { keyed: 5, commits: 4 };

async function proposed(script: RoundScript, rules: Partial<TaskRules> = {}) {
  const { events, store } = await buildHistory({
    ...{ inputs: 299, members: 6, rounds: 1 },
    rules: { ...maskedRules, ...rules },
    scripts: { 1: { ...dropout, end: "proposed", ...script } },
  });
  const view = foldTask(events);
  const round = view.rounds[0] as ProposedRound;
  const baseLanes = initialLanes(parseTaskSpecJson(view.spec), view.rules.fractionBits);
  const lengthBytes = 4 * view.rules.parameterCount;
  const getUpdate = ({ contentId }: Pick<Commitment, "contentId">) => store.get(contentId, { lengthBytes });
  const about = { taskId: view.taskId, rules: view.rules, round, baseLanes, getUpdate };
  const memory = { ...store, put: async () => round.proposal.contentId, has: async () => true, remove: async () => {} };
  const transport = { peerId: "me", connected: () => [] };
  const source = createModelSource({ store: memory, transport });
  const look = { view, members: [], signal: new AbortController().signal };
  const judge = () => judgeProposal({ store: memory, source, log: silentLog }, round, look);
  return { ...about, view, judge };
}

const flipped = (openings: Hex, byte: number): Hex => {
  const digits = openings.slice(2 + 2 * byte, 4 + 2 * byte);
  const other = (Number.parseInt(digits, 16) ^ 1).toString(16).padStart(2, "0");
  return `${openings.slice(0, 2 + 2 * byte)}${other}${openings.slice(4 + 2 * byte)}` as Hex;
};
const wrongModel: RoundScript = { model: (honest) => honest.with(200, honest[200]! + 1) };

describe("masked rounds", () => {
  it("are verified with everybody, with dropouts, with a few neighbours, and with a wrong proposal that was struck", async () => {
    for (const rules of [{}, { neighbours: 4 }]) {
      const scripts = { 2: dropout, 3: { refutedProposal: "wrong" } } as const;
      const history = await buildHistory({ members: 6, inputs: 299, rules: { ...maskedRules, ...rules }, scripts });
      const { findings, verdict } = await auditOf(history);
      expect(findings).to.deep.equal([]);
      expect(verdict).to.equal("verified");
    }
  });

  it("are found wrong where a seed or a key is opened falsely, and the first such slot is proof enough", async () => {
    // four survivors' seeds, then the dropped one's key
    for (const [byte, slot] of [
      [0, 0],
      [32 * 3 + 31, 3],
      [32 * 4 + 7, 4],
    ] as const) {
      const { judge, ...about } = await proposed({ openings: (honest) => flipped(honest, byte) });
      const check = await checkRound(about);
      expect(check.findings.map(({ code }) => code)).to.deep.equal(["OPENING_FALSE"]);
      expect(check.falseOpening).to.equal(slot);
      expect(check.agrees).to.equal(false);
      expect(check.lanes).to.equal(undefined);
      const { challenge } = await judge();
      if (challenge?.kind !== "challengeOpening") return expect.fail(challenge?.kind);
      expect(challenge.slot).to.equal(slot);
      expect(challenge.advertisements).to.have.length(5);
      expect(challenge.openings).to.equal(about.round.proposal.openings);
    }
    const { view, round } = await proposed({});
    expect(falseOpeningOf(view.taskId, view.rules, round)).to.equal(undefined);
  });

  it("are found wrong where a lane is, and that chunk is proven by the openings", async () => {
    const { judge, ...about } = await proposed(wrongModel);
    const check = await checkRound(about);
    expect(check.findings.map(({ code }) => code)).to.deep.equal(["AGGREGATE_WRONG"]);
    const { challenge } = await judge();
    if (challenge?.kind !== "challengeMaskedChunk") return expect.fail(challenge?.kind);
    const { wrong } = challenge;
    expect(wrong.chunkIndex).to.equal(3);
    expect(wrong.bounds).to.equal(undefined);
    const { rules, round } = about;
    expect(holdsAgainst(wrong, rules, round)).to.equal(true);
    const opened = { ...round, proposal: { ...round.proposal, openings: flipped(round.proposal.openings!, 5) } };
    expect(holdsAgainst(wrong, rules, opened), "false openings are another case").to.equal(false);
    expect(holdsAgainst(wrong, rules, { ...round, advertisements: round.advertisements!.slice(1) })).to.equal(false);
    const { openings: _, ...closed } = round.proposal;
    expect(holdsAgainst(wrong, rules, { ...round, proposal: closed })).to.equal(false);
    expect(holdsAgainst({ ...wrong, updates: wrong.updates.slice(1) }, rules, round)).to.equal(false);
  });

  it("give no proof against a right chunk, whichever it is", async () => {
    const { rules, round, baseLanes, getUpdate, view } = await proposed({});
    const { lanes } = await checkRound({ taskId: view.taskId, rules, round, baseLanes, getUpdate });
    const proposedTree = createChunkTree(lanes!);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: lanes!.length - 1 }), async (lane) => {
        const recomputed = lanes!.with(lane, lanes![lane]! ^ 1);
        const wrong = await proveWrongChunk({ rules, round, baseLanes, recomputed, proposed: proposedTree, getUpdate });
        expect(wrong!.chunkIndex).to.equal(Math.floor(lane / 64));
        expect(holdsAgainst(wrong!, rules, round)).to.equal(false);
      }),
      { numRuns: 15 },
    );
  });

  it("are attested to where somebody was beyond the clip: the sum is cut, and the audit tells", async () => {
    const { judge, ...about } = await proposed({
      update: (member, honest) => (member === 1 ? honest.fill(9_000_000) : honest),
    });
    const check = await checkRound(about);
    expect(check.agrees).to.equal(true);
    expect(check.findings.map(({ code, severity }) => [code, severity])).to.deep.equal([
      ["SUM_OUT_OF_BOUNDS", "unchecked"],
    ]);
    expect(check.findings[0]!.data.cutLanes).to.equal(300);
    expect(check.movedLanes).to.equal(about.rules.clipLanes);
    expect((await judge()).agrees).to.equal(true);
  });

  it("hide the clip of an update, and tell equal ones all the same", async () => {
    const { rules, round, getUpdate, ...about } = await proposed({});
    const { updates } = await checkRound({ ...about, rules, round, getUpdate });
    expect(updates.map(({ status, informationBits }) => [status, informationBits])).to.deep.equal(
      new Array(4).fill(["valid", 32 * 300]),
    );
    const [first] = round.commitments;
    const lanes = bytesToLanes((await getUpdate(first!)).slice());
    expect(lanes.some((lane) => Math.abs(lane) > rules.clipLanes)).to.equal(true);
    expect(updateFault(lanes, first!, round.commitments, rules)).to.equal(undefined);
  });
});

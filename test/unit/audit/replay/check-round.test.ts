import { expect } from "chai";
import fc from "fast-check";
import { weightedMean } from "../../../../node/aggregation/index.ts";
import { checkRound, checkUpdate, type RoundCheckInput } from "../../../../node/audit/index.ts";
import { chunkTreeRoot } from "../../../../node/core/bytes/chunk-tree.ts";
import { contentIdOf } from "../../../../node/core/bytes/content-id.ts";
import { lanesToBytes } from "../../../../node/core/bytes/lanes.ts";
import { FedledgerError } from "../../../../node/core/errors/error.ts";
import type { Bytes32 } from "../../../../node/core/ids.ts";
import type { Commitment, Proposal, Rule, TaskRules } from "../../../../node/core/records.ts";
import { updateRootOf } from "../../../../node/core/words/commitment.ts";
import { accountOf, honestUpdate } from "../../../support/history/history-writer.ts";

const parameterCount = 200;
const clipLanes = 30_000;
const rules = {
  mode: "transparent",
  rule: "weighted-mean",
  parameterCount,
  clipLanes,
  maxWeight: 50,
  serverRateQ16: 40_000,
  trim: 0,
} as TaskRules;
const baseLanes = honestUpdate(rules, 9, 9);

async function commitmentTo(lanes: Int32Array, slot: number): Promise<Commitment> {
  const updateRoot = updateRootOf(accountOf(`member ${slot}`), chunkTreeRoot(lanes));
  const contentId = await contentIdOf(lanesToBytes(lanes));
  return {
    taskId: 4,
    round: 2,
    participant: accountOf(`member ${slot}`),
    slot,
    weight: slot + 1,
    updateRoot,
    contentId,
  };
}

describe("checkUpdate", () => {
  it("gives the lanes and what they tell", async () => {
    const lanes = new Int32Array(parameterCount).fill(-5, 10, 14);
    const check = await checkUpdate({ bytes: lanesToBytes(lanes), commitment: await commitmentTo(lanes, 0), rules });
    expect(check.findings).to.deep.equal([]);
    expect(check.lanes).to.deep.equal(lanes);
    expect(check.informationBits).to.equal(4 * 3);
  });

  it("does not count lanes that were cut to the clip", async () => {
    const lanes = new Int32Array(parameterCount).fill(clipLanes).fill(-clipLanes, 100);
    const check = await checkUpdate({ bytes: lanesToBytes(lanes), commitment: await commitmentTo(lanes, 0), rules });
    expect(check).to.include({ informationBits: 0 });
    expect(check.lanes).to.have.length(parameterCount);
  });

  it("refuses any single wrong bit, any other length, and nothing at all", async () => {
    const lanes = honestUpdate(rules, 1, 1);
    const commitment = await commitmentTo(lanes, 0);
    const right = lanesToBytes(lanes).slice();
    const refused = async (bytes: Uint8Array) => {
      const { findings, lanes: got } = await checkUpdate({ bytes, commitment, rules });
      expect(got).to.equal(undefined);
      expect(findings.map(({ code, severity }) => [code, severity])).to.deep.equal([
        ["UPDATE_BYTES_DIFFER", "unchecked"],
      ]);
    };
    await fc.assert(
      fc.asyncProperty(fc.nat(right.length * 8 - 1), async (bit) => {
        const wrong = right.slice();
        wrong[bit >> 3]! ^= 1 << (bit & 7);
        await refused(wrong);
      }),
    );
    for (const bytes of [right.slice(1), right.slice(4), new Uint8Array([...right, 0, 0, 0, 0]), new Uint8Array(0)]) {
      await refused(bytes);
    }
  });

  it("reads bytes that are not aligned", async () => {
    const lanes = honestUpdate(rules, 1, 1);
    const shifted = new Uint8Array(parameterCount * 4 + 1);
    shifted.set(lanesToBytes(lanes), 1);
    const check = await checkUpdate({ bytes: shifted.subarray(1), commitment: await commitmentTo(lanes, 0), rules });
    expect(check.lanes).to.deep.equal(lanes);
  });
});

describe("checkRound, as a participant uses it before it attests", () => {
  const updates = [0, 1, 2, 3].map((member) => honestUpdate(rules, member, 2));
  let commitments: Commitment[];
  let proposal: Proposal;
  let input: RoundCheckInput;
  const model = weightedMean({
    base: baseLanes,
    updates: updates.map((lanes, i) => ({ lanes, weight: i + 1 })),
    serverRateQ16: rules.serverRateQ16,
  });
  before(async () => {
    commitments = await Promise.all(updates.map(commitmentTo));
    const contentId = await contentIdOf(lanesToBytes(model));
    const modelRoot = chunkTreeRoot(model);
    proposal = {
      attempt: 0,
      aggregator: accountOf("aggregator"),
      modelRoot,
      contentId,
      totalWeight: 10n,
      excluded: 0n,
    };
    input = {
      taskId: 4,
      rules,
      round: { round: 2, commitments, proposal },
      baseLanes,
      getUpdate: async ({ slot }) => lanesToBytes(updates[slot]!),
    };
  });
  const withProposal = (changes: Partial<Proposal>): RoundCheckInput => ({
    ...input,
    round: { ...input.round, proposal: { ...proposal, ...changes } },
  });

  it("agrees with the right proposal, and gives the model", async () => {
    const check = await checkRound(input);
    expect(check).to.include({
      agrees: true,
      modelRoot: proposal.modelRoot,
      contentId: proposal.contentId,
      totalWeight: 10n,
    });
    expect(check.lanes).to.deep.equal(model);
    expect(check.bytesChecked).to.equal(4 * 4 * parameterCount);
    expect(check.included).to.deep.equal(commitments);
    expect(check.movedLanes).to.be.above(0);
  });

  it("gives the model without a proposal, in whatever order the updates come, and agrees with nothing", async () => {
    const check = await checkRound({ ...input, round: { round: 2, commitments: commitments.toReversed() } });
    expect(check).to.include({ agrees: false, modelRoot: proposal.modelRoot });
    expect(check.findings).to.deep.equal([]);
  });

  it("does not agree with anything else", async () => {
    const other = `0x${"01".repeat(32)}` as Bytes32;
    const codes = async (changed: RoundCheckInput) => {
      const { agrees, findings } = await checkRound(changed);
      expect(agrees).to.equal(false);
      return findings.map(({ code }) => code);
    };
    expect(await codes(withProposal({ modelRoot: other }))).to.deep.equal(["AGGREGATE_WRONG"]);
    expect(await codes(withProposal({ contentId: other }))).to.deep.equal(["MODEL_BYTES_DIFFER"]);
    expect(await codes(withProposal({ totalWeight: 9n }))).to.deep.equal(["TOTAL_WEIGHT_WRONG"]);
    expect(await codes(withProposal({ excluded: 1n }))).to.deep.equal([
      "EXCLUSION_UNJUSTIFIED",
      "TOTAL_WEIGHT_WRONG",
      "AGGREGATE_WRONG",
    ]);
    expect(await codes({ ...input, getUpdate: async () => undefined })).to.deep.equal(Array(4).fill("UPDATE_MISSING"));
    expect(await codes({ ...input, baseLanes: undefined })).to.deep.equal([]);
    expect(await codes(withProposal({ excluded: 15n, totalWeight: 0n }))).to.deep.equal(
      Array(4).fill("EXCLUSION_UNJUSTIFIED"),
    );
  });

  it("agrees with an exclusion of what it cannot have either", async () => {
    const rest = updates.slice(1).map((lanes, i) => ({ lanes, weight: i + 2 }));
    const partial = weightedMean({ base: baseLanes, updates: rest, serverRateQ16: rules.serverRateQ16 });
    const changed = withProposal({
      excluded: 1n,
      totalWeight: 9n,
      modelRoot: chunkTreeRoot(partial),
      contentId: await contentIdOf(lanesToBytes(partial)),
    });
    for (const code of ["BLOB_NOT_FOUND", "BLOB_CORRUPT"] as const) {
      const getUpdate: RoundCheckInput["getUpdate"] = async ({ slot }) => {
        if (slot === 0) throw new FedledgerError(code, {});
        return lanesToBytes(updates[slot]!);
      };
      const check = await checkRound({ ...changed, getUpdate });
      expect(check.agrees).to.equal(true);
      expect(check.updates[0]!.status).to.equal(code === "BLOB_NOT_FOUND" ? "missing" : "differs");
    }
  });

  it("names the first wrong chunk only from the very bytes that were proposed", async () => {
    const wrong = model.slice();
    wrong[128]!++;
    const changed = withProposal({ modelRoot: chunkTreeRoot(wrong) });
    const chunkFrom = async (lanes: Int32Array | undefined) => {
      const getModel = async () => lanes && lanesToBytes(lanes);
      return (await checkRound({ ...changed, getModel })).findings[0]!.chunk;
    };
    expect(await chunkFrom(wrong)).to.equal(2);
    expect(await chunkFrom(model)).to.equal(undefined);
    expect(await chunkFrom(undefined)).to.equal(undefined);
    const unavailable = async () => {
      throw new FedledgerError("BLOB_NOT_FOUND", {});
    };
    expect((await checkRound({ ...changed, getModel: unavailable })).findings[0]!.code).to.equal("AGGREGATE_WRONG");
  });

  it("passes on errors that say nothing about the blob, and refuses rules it cannot compute", async () => {
    const failing = checkRound({ ...input, getUpdate: () => Promise.reject(new FedledgerError("STORAGE_FAILED", {})) });
    expect(await codeOf(failing)).to.equal("STORAGE_FAILED");
    const krum = checkRound({ ...input, rules: { ...rules, rule: "krum" as Rule } });
    expect(await codeOf(krum)).to.equal("UNSUPPORTED_RULE");
    expect(await codeOf(checkRound({ ...input, baseLanes: baseLanes.slice(1) }))).to.equal("LENGTH_MISMATCH");
  });
});

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    (error: FedledgerError) => error.code,
  );
}

import { expect } from "chai";
import { FedledgerError } from "../../../node/core/errors/error.ts";
import type { Bytes32 } from "../../../node/core/ids.ts";
import { auditOf } from "../../support/history/audit-of.ts";
import { buildHistory, type History } from "../../support/history/history-builder.ts";
import { commitmentOf, line, proposed, told } from "../../support/history/history-queries.ts";

const flip = (history: History, contentId: Bytes32, at = 70 * 4): void => {
  history.store.blobs.get(contentId)![at]! ^= 1;
};

const nowhere = `0x${"ab".repeat(32)}` as Bytes32;

describe("the audit of tampered and missing bytes", () => {
  it("one byte of an update's blob, by its source: unchecked, and the rounds after it still verified", async () => {
    const history = await buildHistory();
    const { contentId, participant } = commitmentOf(history, 2, 1);
    flip(history, contentId);
    const report = await auditOf(history);
    expect(told(report)).to.deep.equal([line("UPDATE_BYTES_DIFFER", "unchecked", 2, participant)]);
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal(["verified", "unchecked", "verified"]);
    expect(report.exitCode).to.equal(4);
  });

  it("the same where the store itself finds it out, and where it is too large", async () => {
    const history = await buildHistory();
    const { contentId, participant } = commitmentOf(history, 2, 1);
    for (const code of ["BLOB_CORRUPT", "BLOB_TOO_LARGE"] as const) {
      const store: History["store"] = {
        ...history.store,
        get: (id, options) =>
          id === contentId ? Promise.reject(new FedledgerError(code, {})) : history.store.get(id, options),
      };
      const report = await auditOf({ ...history, store });
      expect(told(report)).to.deep.equal([line("UPDATE_BYTES_DIFFER", "unchecked", 2, participant)]);
      expect(report.exitCode).to.equal(4);
    }
  });

  it("a participant who committed to one root and another blob: a violation of both", async () => {
    const other = await buildHistory({ rounds: 1 });
    const { contentId } = commitmentOf(other, 1, 3);
    const history = await buildHistory({
      scripts: { 2: { commitment: (member, honest) => (member === 1 ? { ...honest, contentId } : honest) } },
    });
    history.store.blobs.set(contentId, other.store.blobs.get(contentId)!);
    const report = await auditOf(history);
    expect(told(report)).to.deep.equal([
      line("UPDATE_BYTES_DIFFER", "violation", 2, history.members[1]),
      line("INCLUSION_UNJUSTIFIED", "violation", 2, proposed(history, 2).aggregator),
    ]);
    expect(report.findings[0]!.data).to.include({ rootMatches: false, contentMatches: true });
    expect(report.exitCode).to.equal(3);
  });

  it("the same told from the root's side", async () => {
    const history = await buildHistory({
      scripts: {
        2: {
          commitment: (member, honest) => (member === 1 ? { ...honest, contentId: nowhere } : honest),
        },
      },
    });
    history.store.blobs.set(nowhere, history.store.blobs.get(await honestContent(history, 2, 1))!);
    const report = await auditOf(history);
    expect(told(report)[0]).to.deep.equal(line("UPDATE_BYTES_DIFFER", "violation", 2, history.members[1]));
    expect(report.findings[0]!.data).to.include({ rootMatches: true, contentMatches: false });
  });

  it("one byte of a model's blob, by its source: unchecked, every round recomputed all the same", async () => {
    const history = await buildHistory();
    const { contentId, aggregator } = proposed(history, 2);
    flip(history, contentId);
    const report = await auditOf(history);
    expect(told(report)).to.deep.equal([line("MODEL_BYTES_DIFFER", "unchecked", 2, aggregator)]);
    expect(report.rounds[1]!.modelBlob).to.equal("differs");
    expect(report.rounds[2]!.verdict).to.equal("verified");
    expect(report.exitCode).to.equal(4);
  });

  it("a content id that does not name the proposed model: a violation by the aggregator", async () => {
    const contentId = nowhere;
    const history = await buildHistory({ scripts: { 2: { proposal: (honest) => ({ ...honest, contentId }) } } });
    for (const bytes of [undefined, Uint8Array.of(1, 2, 3), new Uint8Array(151 * 4)]) {
      if (bytes) history.store.blobs.set(contentId, bytes);
      const report = await auditOf(history);
      expect(told(report)).to.deep.equal([line("MODEL_BYTES_DIFFER", "violation", 2, proposed(history, 2).aggregator)]);
      expect(report.exitCode).to.equal(3);
    }
  });

  it("a missing update: unchecked, and the rounds after it still verified", async () => {
    const history = await buildHistory();
    const { contentId, participant } = commitmentOf(history, 2, 3);
    history.store.blobs.delete(contentId);
    const report = await auditOf(history);
    expect(told(report)).to.deep.equal([line("UPDATE_MISSING", "unchecked", 2, participant)]);
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal(["verified", "unchecked", "verified"]);
    expect(report.exitCode).to.equal(4);
  });

  it("a missing update and the model too: the round after it is unchecked, the next one verified again", async () => {
    const history = await buildHistory({ rounds: 4 });
    const { contentId, participant } = commitmentOf(history, 2, 3);
    const model = proposed(history, 2);
    history.store.blobs.delete(contentId);
    history.store.blobs.delete(model.contentId);
    const report = await auditOf(history);
    expect(told(report)).to.deep.equal([
      line("UPDATE_MISSING", "unchecked", 2, participant),
      line("MODEL_MISSING", "unchecked", 2, model.aggregator),
      line("MODEL_MISSING", "unchecked", 3, undefined),
    ]);
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal([
      "verified",
      "unchecked",
      "unchecked",
      "verified",
    ]);
    expect(report.exitCode).to.equal(4);
  });

  it("a violation outweighs what is missing elsewhere", async () => {
    const history = await buildHistory({ scripts: { 1: { model: (honest) => honest.map((lane) => -lane) } } });
    history.store.blobs.delete(commitmentOf(history, 3, 0).contentId);
    const report = await auditOf(history);
    expect(report.exitCode).to.equal(3);
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal(["violation", "verified", "unchecked"]);
  });
});

async function honestContent(history: History, round: number, member: number): Promise<Bytes32> {
  const honest = await buildHistory({ rounds: round });
  return commitmentOf(honest, round, history.members.indexOf(history.members[member]!)).contentId;
}

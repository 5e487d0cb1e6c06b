import { expect } from "chai";
import type { SealedName } from "../../../node/ports/index.ts";
import { createBlobOpener } from "../../../node/privacy/sealed/blob-opener.ts";
import { keyringOf } from "../../../node/privacy/sealed/sealed-blob.ts";
import { auditOf } from "../../support/history/audit-of.ts";
import { accountOf } from "../../support/history/history-builder.ts";
import { commitmentOf, line, proposed, told } from "../../support/history/history-queries.ts";
import { historyTask, sealedHistory } from "../../support/history/sealed-history.ts";

const [first, second] = [accountOf("member 0"), accountOf("member 1")];
const stranger = accountOf("stranger");
/** One blob of the second round: an update of the second member's, or the model. */
const isUpdate = ({ round, sender, purpose }: SealedName) => round === 2 && sender === second && purpose === "update";
const isModel = ({ round, purpose }: SealedName) => round === 2 && purpose === "model";

describe("the audit of a sealed task", () => {
  it("recomputes every round for whoever can read it", async () => {
    const { history, openAs } = await sealedHistory();
    for (const account of [first, history.aggregators[1]!]) {
      const report = await auditOf({ ...history, opener: openAs(account) });
      expect(told(report)).to.deep.equal([]);
      expect(report.rounds.map(({ verdict, modelBlob }) => [verdict, modelBlob])).to.deep.equal(
        Array(3).fill(["verified", "right"]),
      );
      expect(report.exitCode).to.equal(0);
    }
  });

  it("checks the record alone without a key, fetches nothing, and says so: exit 4", async () => {
    const { history } = await sealedHistory();
    const store = { get: () => expect.fail("nothing is fetched") };
    const report = await auditOf({ ...history, store });
    expect(told(report)).to.deep.equal([1, 2, 3].map((round) => line("BLOBS_SEALED", "unchecked", round)));
    expect(report.exitCode).to.equal(4);
  });

  it("names every blob that a stranger's key does not open: exit 4", async () => {
    const { history, openAs } = await sealedHistory({ rounds: 1 });
    const report = await auditOf({ ...history, opener: openAs(stranger) });
    expect(told(report)).to.deep.equal([
      ...history.members.map((member) => line("UPDATE_SEALED", "unchecked", 1, member)),
      line("MODEL_SEALED", "unchecked", 1, proposed(history, 1).aggregator),
    ]);
    expect(report.rounds[0]!.updates.map(({ status }) => status)).to.deep.equal(Array(4).fill("sealed"));
    expect(report.exitCode).to.equal(4);
  });

  it("opens by granted secrets what they are for, and nothing else", async () => {
    const after = ({ round, sender }: SealedName) => (round > 1 && sender === second ? [first] : []);
    const { history, secrets } = await sealedHistory({ without: after });
    const later = keyringOf(history.store.blobs.get(commitmentOf(history, 2, 1).contentId)!)!.contentId;
    const grantOf = (granted: typeof secrets) => createBlobOpener({ task: historyTask, granted });
    const whole = await auditOf({ ...history, opener: grantOf(secrets) });
    expect(told(whole)).to.deep.equal([]);
    secrets.delete(later);
    const partial = await auditOf({ ...history, opener: grantOf(secrets) });
    expect(told(partial)).to.deep.equal([
      line("UPDATE_SEALED", "unchecked", 2, second),
      line("UPDATE_SEALED", "unchecked", 3, second),
    ]);
    expect(partial.exitCode).to.equal(4);
    // a lying grant is nobody's violation
    secrets.set(later, new Uint8Array(32));
    expect((await auditOf({ ...history, opener: grantOf(secrets) })).exitCode).to.equal(4);
  });

  it("one that left a task opens what was sealed before, and not what was sealed after", async () => {
    const { history, openAs } = await sealedHistory({ without: ({ round }) => (round > 2 ? [first] : []) });
    const report = await auditOf({ ...history, opener: openAs(first) });
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal(["verified", "verified", "unchecked"]);
  });

  for (const [what, faults] of Object.entries({
    "an update that no key opens": {
      spoil: (sealed: Uint8Array, name: SealedName) => {
        if (isUpdate(name)) sealed[5]! ^= 1;
        return sealed;
      },
    },
    "an update that is sealed under another round": {
      named: (name: SealedName) => (isUpdate(name) ? { ...name, round: 1 } : name),
    },
    "an update that is sealed as another's": {
      named: (name: SealedName) => (isUpdate(name) ? { ...name, sender: first } : name),
    },
  })) {
    it(`${what}: the sender's violation, and the aggregator's that counts it`, async () => {
      const { history, openAs } = await sealedHistory(faults);
      const report = await auditOf({ ...history, opener: openAs(first) });
      expect(told(report)).to.deep.equal([
        line("SEAL_BROKEN", "violation", 2, second),
        line("INCLUSION_UNJUSTIFIED", "violation", 2, proposed(history, 2).aggregator),
      ]);
      expect(report.exitCode).to.equal(3);
    });
  }

  it("other lanes than the committed ones under a right seal: the sender's violation", async () => {
    const lie = (lanes: Int32Array, name: SealedName) => (isUpdate(name) ? lanes.with(3, 9) : lanes);
    const { history, openAs } = await sealedHistory({ lie });
    const report = await auditOf({ ...history, opener: openAs(first) });
    expect(told(report)).to.deep.equal([
      line("UPDATE_BYTES_DIFFER", "violation", 2, second),
      line("INCLUSION_UNJUSTIFIED", "violation", 2, proposed(history, 2).aggregator),
    ]);
  });

  it("bytes that a source has changed, or has not: unchecked", async () => {
    const { history, openAs } = await sealedHistory();
    const { contentId } = commitmentOf(history, 2, 1);
    history.store.blobs.get(contentId)![5]! ^= 1;
    const changed = await auditOf({ ...history, opener: openAs(first) });
    expect(told(changed)).to.deep.equal([line("UPDATE_BYTES_DIFFER", "unchecked", 2, second)]);
    history.store.blobs.delete(contentId);
    const missing = await auditOf({ ...history, opener: openAs(first) });
    expect(told(missing)).to.deep.equal([line("UPDATE_MISSING", "unchecked", 2, second)]);
  });

  it("a keyring that is not to be had: unchecked", async () => {
    const { history, openAs } = await sealedHistory({ rounds: 1 });
    const keyring = keyringOf(history.store.blobs.get(commitmentOf(history, 1, 1).contentId)!)!;
    history.store.blobs.delete(keyring.contentId);
    const report = await auditOf({ ...history, opener: openAs(first) });
    expect(told(report)).to.deep.equal([line("UPDATE_MISSING", "unchecked", 1, second)]);
  });

  it("a model that is right, and sealed so that nobody can open it, or other bytes: the aggregator's violation", async () => {
    for (const [code, faults] of [
      ["SEAL_BROKEN", { named: (name: SealedName) => (isModel(name) ? { ...name, round: 9 } : name) }],
      [
        "MODEL_BYTES_DIFFER",
        { lie: (lanes: Int32Array, name: SealedName) => (isModel(name) ? lanes.with(0, 1) : lanes) },
      ],
    ] as const) {
      const { history, openAs } = await sealedHistory(faults);
      const report = await auditOf({ ...history, opener: openAs(first) });
      expect(told(report)).to.deep.equal([line(code, "violation", 2, proposed(history, 2).aggregator)]);
      expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal(["verified", "violation", "verified"]);
    }
  });

  it("a model that is not to be had: unchecked, as nobody can tell what its content id names", async () => {
    const { history, openAs } = await sealedHistory();
    history.store.blobs.delete(proposed(history, 2).contentId);
    const report = await auditOf({ ...history, opener: openAs(first) });
    expect(told(report)).to.deep.equal([line("MODEL_MISSING", "unchecked", 2, proposed(history, 2).aggregator)]);
  });

  it("a wrong model, chunk by chunk, as in any task", async () => {
    const { history, openAs } = await sealedHistory({ scripts: { 2: { model: (honest) => honest.with(70, 5) } } });
    const report = await auditOf({ ...history, opener: openAs(first) });
    expect(report.findings[0]).to.deep.include({ code: "AGGREGATE_WRONG", severity: "violation", chunk: 1 });
  });

  it("a copied update, though its sealed bytes are others", async () => {
    const copied = { 2: { update: (_: number, honest: Int32Array) => honest.map((_lane, i) => 50_000 - i) } };
    const { history, openAs } = await sealedHistory({ scripts: copied });
    const report = await auditOf({ ...history, opener: openAs(first) });
    expect(told(report)).to.deep.equal(
      history.members.slice(1).map(() => line("UPDATE_COPIED", "violation", 2, undefined)),
    );
  });
});

import { expect } from "chai";
import { createSumOpener } from "../../../node/api/sealed/open-sums.ts";
import { deriveNodeKeys } from "../../../node/chain/index.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import { auditOf } from "../../support/history/audit-of.ts";
import { type PlayedEncrypted, startPlayedEncrypted } from "../../support/played/played-encrypted.ts";

const model = { kind: "linear-regression", inputs: 99, output: { kind: "numbers", count: 1 } } as const;

describe("the audit of an encrypted task that real contracts wrote", function () {
  this.timeout(60_000);
  let played: PlayedEncrypted;

  beforeEach(async () => {
    played = await startPlayedEncrypted();
  });
  afterEach(() => played.fixture.close());

  /** By somebody without a key, or by this one of the participants. */
  async function audit(participant?: number) {
    const { reader, taskId, store, fixture } = played;
    const member = participant === undefined ? undefined : fixture.participants[participant];
    const { chainId, federation } = reader;
    const events = await reader.history(taskId, { detail: true });
    const sumOpener =
      member &&
      createSumOpener({
        ...{ store, federation, me: member.account, keys: deriveNodeKeys(member.privateKey).encryption },
        parameterCount: 100,
      });
    const storedState = await reader.storedState(taskId);
    return await auditOf({ chainId, federation, events, storedState, store, sumOpener });
  }

  it("finds nothing wrong in it, and says what rests on the quorum", async () => {
    await played.play();
    const report = await audit();
    expect(report.findings).to.deep.equal([]);
    expect(report).to.include({ exitCode: 0, complete: false, storageCompared: true });
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal(["verified", "verified", "invalid"]);
    expect(report.rounds.map(({ isDecryptionAttested }) => isDecryptionAttested)).to.deep.equal([
      true,
      true,
      undefined,
    ]);
    expect(report.rounds[1]!.superseded).to.have.length(1);
    const opened = await audit(1);
    expect(opened.findings, "with a key everything is recomputed").to.deep.equal([]);
    expect(opened.rounds.map(({ verdict, isDecryptionAttested }) => [verdict, isDecryptionAttested])).to.deep.equal([
      ["verified", undefined],
      ["verified", undefined],
      ["invalid", undefined],
    ]);
    const committed = (await played.reader.history(played.taskId)).find(({ name }) => name === "Committed");
    played.store.blobs.delete((committed as Extract<typeof committed, { name: "Committed" }>).contentId);
    const poorer = await audit();
    expect(poorer.exitCode, "a ciphertext is gone").to.equal(4);
    expect(poorer.rounds[0]!.verdict).to.equal("unchecked");
  });

  it("finds a false sum and a model beyond the clip, though a quorum attested them, and not a lie within it", async () => {
    const initial = initialLanes({ model, initialSeed: 3 }, 16);
    await played.commit(3, 3);
    const one = await played.propose(initial, { sum: (honest) => honest.fill(1, 0, 4) });
    await played.attest(one.proposal);
    await played.commit(3, 3);
    const two = await played.propose(one.lanes, {
      model: (honest) => honest.map((lane, i) => (i === 70 ? lane + (1 << 18) : lane)),
    });
    await played.attest(two.proposal);
    await played.commit(3, 3);
    const three = await played.propose(two.lanes, {
      model: (honest) => honest.map((lane, i) => (i === 70 ? lane + 1 : lane)),
    });
    await played.attest(three.proposal);
    const report = await audit();
    expect(report.exitCode).to.equal(3);
    expect(report.findings.map(({ code, round, party, chunk }) => [code, round, party, chunk])).to.deep.equal([
      ["SUM_WRONG", 1, one.proposal.aggregator, undefined],
      ["MODEL_BEYOND_CLIP", 2, two.proposal.aggregator, 1],
    ]);
    // what docs/threat-model.md says plainly: without the key nobody sees it
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal(["violation", "violation", "verified"]);
    const opened = await audit(2);
    expect(opened.findings.map(({ code, round }) => [code, round])).to.deep.include(["AGGREGATE_WRONG", 3]);
  });
});

import { expect } from "chai";
import type { RoundView } from "../../node/core/record/task-view.ts";
import type { TaskRules } from "../../node/core/records.ts";
import { auditOf } from "../support/history/audit-of.ts";
import { readFrom } from "../support/memory-store.ts";
import { modelDeployment } from "./model/model-storage.ts";
import { allBlobs, type SimulatedFederation, simulatedBfv } from "./world/federation.ts";
import { play, quiet } from "./world/play.ts";
import type { Fault } from "./world/scenario.ts";

const rules: TaskRules = { ...quiet.rules, mode: "encrypted", clipLanes: 1 << 16, keyWindowS: 20 };
const playEncrypted = (faults: readonly Fault[], changes: Partial<TaskRules> = {}, more: Partial<typeof quiet> = {}) =>
  play(faults, { ...more, rules: { ...rules, ...changes } });

/** The audit of what happened, by somebody without any key. */
async function audited({ chain, nodes }: SimulatedFederation) {
  const blobs = allBlobs(nodes);
  return await auditOf({
    ...modelDeployment,
    events: chain.events(),
    store: { get: (contentId) => readFrom(blobs, contentId) },
  });
}

const phases = (rounds: readonly RoundView[]) => rounds.map(({ phase }) => phase);
const final = ["accepted", "accepted", "accepted"];

describe("a simulated federation that encrypts", function () {
  this.timeout(30_000);
  // SEAL loads in real time
  before(() => simulatedBfv.createPublicKey(new Uint8Array(1024)));

  it("accepts every round: one deals the key, all say that they hold it, and the sum is opened and attested", async () => {
    const { federation, view, broken } = await playEncrypted([]);
    expect(broken).to.deep.equal([]);
    expect(phases(view.rounds)).to.deep.equal(final);
    for (const { advertisements = [], commitments, result } of view.rounds) {
      expect(commitments).to.have.length(4);
      expect(result?.attesters).to.have.length(4);
      expect(advertisements).to.have.length(4);
      expect(new Set(advertisements.map(({ sharesId }) => sharesId)).size, "the others repeat the dealt key").to.equal(
        1,
      );
    }
    const dealers = view.rounds.map(({ advertisements }) => advertisements?.[0]?.participant);
    expect(new Set(dealers).size, "another one deals in each round").to.equal(3);
    const keys = view.rounds.map(({ advertisements }) => advertisements?.[0]?.maskKey);
    expect(new Set(keys).size, "no key is used twice").to.equal(3);
    const report = await audited(federation);
    expect(report.findings).to.deep.equal([]);
    expect(report.exitCode).to.equal(0);
    expect(report.rounds.map(({ isDecryptionAttested }) => isDecryptionAttested)).to.deep.equal([true, true, true]);
    const lastMs = federation.progress.find(({ progress }) => progress.kind === "complete")!.atMs;
    expect(lastMs, "nobody waits for the time for keys to be over").to.be.lessThan(60_000);
  });

  it("ends a round whose dealer vanishes with the key cleanly, and goes on with another one's", async () => {
    const faults = [0, 1, 2, 3].map((node): Fault => ({ kind: "dies-dealing", node }));
    const { federation, view, broken } = await playEncrypted(faults);
    expect(broken).to.deep.equal([]);
    expect(federation.nodes.filter(({ gone }) => gone === "dies-dealing")).to.have.length(1);
    expect(phases(view.rounds)).to.deep.equal(["invalid", ...final]);
    expect(view.rounds[0]).to.include({ invalidReason: "too-few-updates" });
    expect(view.rounds[0]!.commitments, "nobody encrypts under a key that it does not have").to.deep.equal([]);
    expect(view.rounds[1]!.commitments).to.have.length(3);
  });

  it("refuses a key that is not the one on the chain, tells so, and ends the round cleanly", async () => {
    const faults = [0, 1, 2, 3].map((node): Fault => ({ kind: "false-key", node }));
    const { federation, view, broken } = await playEncrypted(faults);
    expect(broken).to.deep.equal([]);
    expect(phases(view.rounds)).to.deep.equal(["invalid", ...final]);
    const refused = federation.progress.filter(({ progress }) => progress.kind === "encryption-refused");
    expect(refused.map(({ progress }) => "code" in progress && progress.code)).to.deep.equal(
      new Array(4).fill("GROUP_KEY_INVALID"),
    );
  });

  it("goes on without a participant that says it holds the key and never commits", async () => {
    const { view, broken } = await playEncrypted([{ kind: "mute", node: 1 }]);
    expect(broken).to.deep.equal([]);
    expect(phases(view.rounds)).to.deep.equal(final);
    expect(view.rounds.map(({ commitments }) => commitments.length)).to.deep.equal([3, 3, 3]);
  });

  it("loses a round to a participant that vanishes before anybody has its update", async () => {
    const { view, broken } = await playEncrypted([{ kind: "vanish", node: 1, afterCommits: 1 }]);
    expect(broken).to.deep.equal([]);
    expect(phases(view.rounds)).to.deep.equal(["invalid", ...final]);
    expect(view.rounds.map(({ commitments }) => commitments.length)).to.deep.equal([4, 3, 3, 3]);
  });

  it("ends a round without a model, rather than with a part of the sum, when a ciphertext is not to be had", async () => {
    const { view, broken } = await playEncrypted([{ kind: "false-update", node: 1 }], { rounds: 2, attempts: 2 });
    expect(broken).to.deep.equal([]);
    expect(view.rounds.map(({ invalidReason }) => invalidReason)).to.deep.equal(["no-proposal", undefined, undefined]);
    expect(view.rounds.map(({ commitments }) => commitments.length)).to.deep.equal([4, 4, 4]);
  });

  it("lets the second aggregator take over from one that dies, proposes another model, or another sum", async () => {
    for (const kind of ["dies-assigned", "liar", "false-sum"] as const) {
      const { federation, view, broken } = await playEncrypted([{ kind, node: 4 }]);
      expect(broken, kind).to.deep.equal([]);
      expect(phases(view.rounds), kind).to.deep.equal(final);
      expect(
        view.rounds.map(({ assignment }) => assignment?.attempt),
        kind,
      ).to.include(1);
      expect(federation.chain.events().filter(({ name }) => name === "Struck")).to.deep.equal([]);
    }
  });

  it("goes on after all processes were killed at once, with the keys that were dealt", async () => {
    for (const atS of [9, 13]) {
      const faults = [0, 1, 2, 3, 4, 5].map((node): Fault => ({ kind: "kill", node, atS, backAfterS: 3 }));
      const { view, broken } = await playEncrypted(faults, { rounds: 2 });
      expect(broken, `killed at ${atS}`).to.deep.equal([]);
      expect(phases(view.rounds), `killed at ${atS}`).to.deep.equal(["accepted", "accepted"]);
    }
  });

  it("follows reorganisations, and opens one sum a key at most", async () => {
    for (const atS of [9, 12, 15]) {
      const faults: Fault[] = [
        { kind: "reorganise", atS, depth: 2 },
        { kind: "reorganise", atS: atS + 12, depth: 3 },
      ];
      const { federation, view, broken } = await playEncrypted(faults, { rounds: 2 });
      expect(broken, `at ${atS}`).to.deep.equal([]);
      expect(view.complete).to.equal(true);
      expect(federation.log.filter(({ level }) => level === "error")).to.deep.equal([]);
    }
  });

  it("works with signed commitments in batches, lost messages, and participants that are drawn", async () => {
    const more = { batched: true, loss: 0.3, participants: 6, openWhenEnrolled: 6 };
    const { view, broken } = await playEncrypted([], { participationBps: 6_000, drawDelayBlocks: 4 }, more);
    expect(broken).to.deep.equal([]);
    expect(phases(view.rounds)).to.deep.equal(final);
    expect(view.rounds.map(({ drawn }) => drawn)).to.deep.equal([4, 4, 4]);
  });
});

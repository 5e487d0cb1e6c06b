import { expect } from "chai";
import { keyringOf } from "../../node/privacy/sealed/sealed-blob.ts";
import { simulatedBfv } from "./world/federation.ts";
import { play, quiet } from "./world/play.ts";
import type { Fault } from "./world/scenario.ts";

const phases = ["accepted", "accepted", "accepted"];

describe("a simulated federation whose blobs are sealed", function () {
  this.timeout(60_000);

  it("accepts every round with everybody's update and attestation", async () => {
    const { federation, view, broken } = await play([], { sealed: true });
    expect(broken).to.deep.equal([]);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(phases);
    for (const round of view.rounds) {
      expect(round.commitments).to.have.length(4);
      expect(round.result?.attesters).to.have.length(4);
    }
    const keyrings = new Set(
      view.rounds.flatMap(({ commitments }) =>
        commitments.map(({ contentId }) => keyringOf(federation.nodes[0]!.host.blobs.get(contentId)!)!.contentId),
      ),
    );
    expect(keyrings.size, "one keyring a sender, and another once the second aggregator has come").to.be.at.most(8);
  });

  it("goes on after all processes were killed at once, and without one that goes for good", async () => {
    const killed = [0, 1, 2, 3, 4, 5].map((node): Fault => ({ kind: "kill", node, atS: 9, backAfterS: 3 }));
    const { view, broken } = await play([...killed, { kind: "vanish", node: 1, afterCommits: 2 }], { sealed: true });
    expect(broken).to.deep.equal([]);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(phases);
  });

  it("works beside masks and encryption: what is opened, and the models, are for members only", async () => {
    for (const rules of [
      { mode: "masked", thresholdPercent: 67, minUpdates: 3, maxWeight: 100, clipLanes: 1 << 16, keyWindowS: 20 },
      { mode: "encrypted", clipLanes: 1 << 16, keyWindowS: 20 },
    ] as const) {
      if (rules.mode === "encrypted") await simulatedBfv.createPublicKey(new Uint8Array(1024));
      const { federation, view, broken } = await play([], { sealed: true, rules: { ...quiet.rules, ...rules } });
      expect(broken, rules.mode).to.deep.equal([]);
      expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(phases);
      for (const { result, proposal } of view.rounds) {
        expect(result?.attesters).to.have.length(4);
        const blobs = federation.nodes.map(({ host }) => host.blobs.get(proposal!.contentId)?.length);
        expect(blobs).to.include(4 * view.rules.parameterCount + 52);
        expect(federation.nodes.some(({ host }) => [...host.blobs.values()].some(isModel))).to.equal(false);
      }
      function isModel({ length }: Uint8Array): boolean {
        return length === 4 * view.rules.parameterCount;
      }
    }
  });

  it("goes on without the updates of one that seals them so that nobody can open them", async () => {
    const { federation, view, broken } = await play(
      [],
      { sealed: true },
      {
        before({ nodes }) {
          const { store } = nodes[1]!.host;
          const { put } = store;
          const isUpdate = (bytes: Uint8Array) => bytes.length === 4 * quiet.rules.parameterCount + 52;
          const spoiled = (bytes: Uint8Array) => (isUpdate(bytes) ? bytes.with(0, bytes[0]! ^ 1) : bytes);
          Object.assign(store, { put: ((bytes, options) => put(spoiled(bytes), options)) satisfies typeof put });
        },
      },
    );
    expect(broken).to.deep.equal([]);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(phases);
    const { account } = federation.nodes[1]!;
    for (const { commitments, proposal, result } of view.rounds) {
      const slot = commitments.find(({ participant }) => participant === account)?.slot;
      expect(proposal?.excluded).to.equal(slot === undefined ? 0n : 1n << BigInt(slot));
      expect(result?.attesters.length).to.be.at.least(2);
    }
    expect(view.rounds.some(({ proposal }) => proposal?.excluded !== 0n)).to.equal(true);
  });

  it("lets one that enrols late ask for what was sealed before it came", async () => {
    const late: readonly Fault[] = [{ kind: "cut", atS: 0, forS: 14, nodes: [3] }];
    const { view, broken } = await play(late, { sealed: true, openWhenEnrolled: 2 });
    expect(broken).to.deep.equal([]);
    expect(view.rounds.at(-1)!.commitments).to.have.length(4);
    expect(view.rounds.at(-1)!.result?.attesters).to.have.length(4);
  });
});

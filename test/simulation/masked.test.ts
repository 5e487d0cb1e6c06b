import { expect } from "chai";
import { play, quiet } from "./play.ts";

const rules = {
  ...quiet.rules,
  mode: "masked",
  clipLanes: 1 << 16,
  fractionBits: 12,
  minUpdates: 3,
  thresholdPercent: 67,
  keyWindowS: 12,
} as const;

describe("a simulated masked federation", () => {
  it("finalizes every round with everybody's update and attestation when nothing goes wrong", async () => {
    const { federation, view, broken } = await play([], { rules: { ...rules, maxWeight: 1000, clipLanes: 1 << 18 } });
    expect(broken).to.deep.equal([]);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["finalized", "finalized", "finalized"]);
    // what a round's secrets open is not to be read from a journal that is stolen after it
    const written = federation.nodes.map((node) => node.written!().map((key) => key.split("/")[0]));
    expect(written.flat()).to.include("masked-update").and.not.to.include("mask-secrets");
  });
});

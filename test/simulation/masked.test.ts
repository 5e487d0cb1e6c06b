import { expect } from "chai";
import type { Progress } from "../../node/rounds/progress.ts";
import { play, quiet } from "./play.ts";
import type { Fault } from "./scenario.ts";

/** Five participants share masks with all others; three shares open a secret, four of five commitments make a round. */
const masked = {
  participants: 5,
  openWhenEnrolled: 5,
  rules: {
    ...quiet.rules,
    mode: "masked",
    clipLanes: 1 << 18,
    rounds: 2,
    maxUpdates: 5,
    minUpdates: 3,
    thresholdPercent: 67,
    keyWindowS: 12,
  },
} as const;

const dies = (step: Progress["kind"], nodes: readonly number[], backAfterS?: number): readonly Fault[] =>
  nodes.map((node) => ({ kind: "dies-at", node, step, round: 1, ...(backAfterS !== undefined && { backAfterS }) }));

const run = (faults: readonly Fault[], changes: Partial<(typeof masked)["rules"]> & { neighbours?: number } = {}) =>
  play(faults, { ...masked, rules: { ...masked.rules, ...changes } });

describe("a simulated masked federation", function () {
  this.timeout(60_000);

  it("accepts every round with everybody's update and attestation, and nobody stores an update without its mask", async () => {
    const { federation, view, broken } = await run([]);
    expect(broken).to.deep.equal([]);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted"]);
    const known = new Set(
      view.rounds.flatMap(({ advertisements = [], commitments, proposal }) => [
        ...advertisements.map(({ sharesId }) => sharesId),
        ...commitments.map(({ contentId }) => contentId),
        proposal!.contentId,
      ]),
    );
    for (const { host } of federation.nodes) {
      expect([...host.blobs.keys()].filter((contentId) => !known.has(contentId))).to.deep.equal([]);
    }
    // what a round's secrets open is not to be read from a journal that is stolen after it
    const written = federation.nodes.map((node) => node.written!().map((key) => key.split("/")[0]));
    expect(written.flat()).to.include("masked-update").and.not.to.include("mask-secrets");
    for (const round of view.rounds) {
      expect(round.advertisements).to.have.length(5);
      expect(round.result?.attesters).to.have.length(5);
    }
  });

  // who is gone in the first round, and how many keys, commitments and which end that gives it
  const rows: [string, readonly Fault[], number, number, "accepted" | "invalid"][] = [
    ["one before its keys", dies("round-opened", [0]), 4, 4, "accepted"],
    ["two before their keys", dies("round-opened", [0, 1]), 3, 3, "accepted"],
    ["one after its keys", dies("advertised", [0]), 5, 4, "accepted"],
    ["one with its mask made", dies("masked", [0]), 5, 4, "accepted"],
    ["two after their keys: one more than the threshold lets", dies("advertised", [0, 1]), 5, 3, "invalid"],
    ["one after its commitment", dies("committed", [0]), 5, 5, "accepted"],
    ["two after their commitments", dies("committed", [0, 1]), 5, 5, "accepted"],
    ["one when the round was closed", dies("round-closed", [0]), 5, 5, "accepted"],
    ["one when it told its shares", dies("unmasked", [0]), 5, 5, "accepted"],
    [
      "one after its keys and one after its commitment",
      [...dies("advertised", [0]), ...dies("committed", [1])],
      5,
      4,
      "accepted",
    ],
  ];
  for (const [name, faults, keys, updates, phase] of rows) {
    it(`is ${phase} without ${name}`, async () => {
      const { federation, view, broken } = await run(faults);
      expect(broken).to.deep.equal([]);
      const [first, second] = view.rounds;
      expect(first!.advertisements).to.have.length(keys);
      expect(first!.commitments).to.have.length(updates);
      expect(first!.phase).to.equal(phase);
      expect(second!.phase, "the others go on").to.equal("accepted");
      expect(federation.log.filter(({ level }) => level === "error")).to.deep.equal([]);
    });
  }

  it("runs into its deadline, and goes on, when more survivors are gone than can be done without", async () => {
    const { federation, view, broken } = await run(dies("committed", [0, 1, 2], 26), { attempts: 1 });
    expect(broken).to.deep.equal([]);
    expect(view.rounds.map(({ phase, invalidReason }) => invalidReason ?? phase)).to.deep.equal([
      "no-proposal",
      "accepted",
    ]);
    const missing = federation.progress.flatMap(({ progress }) =>
      progress.kind === "openings" && progress.round === 1 ? [progress.missing.length] : [],
    );
    expect(Math.min(...missing), "said to be missing").to.equal(3);
  });

  for (const step of ["round-opened", "advertised", "masked", "committed", "round-closed", "unmasked"] as const) {
    it(`goes on with everybody after all participants died at "${step}" and came back`, async () => {
      const { view, broken } = await run(dies(step, [0, 1, 2, 3, 4], 2));
      expect(broken).to.deep.equal([]);
      expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted"]);
      expect(view.rounds[0]!.commitments).to.have.length(5);
    });
  }

  it("lets another aggregator take over, with a few neighbours each", async () => {
    const faults: readonly Fault[] = [{ kind: "dies-assigned", node: 5 }, ...dies("committed", [0])];
    const { view, broken } = await run(faults, { neighbours: 4 });
    expect(broken).to.deep.equal([]);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted"]);
    expect(view.rounds.map(({ assignment }) => assignment?.attempt)).to.include(1);
  });

  it("refuses, and says so, to mask or open again after a reorganisation, and loses no round for it", async () => {
    for (let atS = 5; atS < 18; atS += 4) {
      const { broken } = await run([{ kind: "reorganise", atS, depth: 3 }]);
      expect(broken, `at ${atS} s`).to.deep.equal([]);
    }
  });
});

import { expect } from "chai";
import type { TaskView } from "../../node/core/record/task-view.ts";
import type { TaskRules } from "../../node/core/records.ts";
import type { Progress } from "../../node/rounds/progress/progress.ts";
import { play, quiet } from "./world/play.ts";
import type { Fault } from "./world/scenario.ts";

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

const run = (faults: readonly Fault[], changes: Partial<TaskRules> = {}) =>
  play(faults, { ...masked, rules: { ...masked.rules, ...changes } });

/** How the rounds ended. */
const ends = (view: TaskView) => view.rounds.map(({ phase, invalidReason }) => invalidReason ?? phase);

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

  // who is gone in the first round until it is over, and how many keys, commitments and which end that gives it
  const rows: [string, readonly Fault[], number, number, string][] = [
    ["one before its keys", dies("round-opened", [0], 90), 4, 4, "accepted"],
    ["two before their keys", dies("round-opened", [0, 1], 90), 3, 0, "too-few-updates"],
    ["one after its keys", dies("advertised", [0], 90), 5, 4, "accepted"],
    ["one with its mask made", dies("masked", [0], 90), 5, 4, "accepted"],
    ["two after their keys: one more than the threshold lets", dies("advertised", [0, 1], 90), 5, 3, "too-few-updates"],
    ["one after its commitment, whose update nobody has yet", dies("committed", [0], 90), 5, 5, "no-proposal"],
    ["one when the round was closed", dies("round-closed", [0], 90), 5, 5, "accepted"],
    ["two when the round was closed", dies("round-closed", [0, 1], 90), 5, 5, "no-proposal"],
    ["one when it told its shares", dies("unmasked", [0], 90), 5, 5, "accepted"],
  ];
  for (const [name, faults, keys, updates, end] of rows) {
    it(`is ${end} without ${name}`, async () => {
      const { federation, view, broken } = await run(faults);
      expect(broken).to.deep.equal([]);
      const [first] = view.rounds;
      expect(first!.advertisements).to.have.length(keys);
      expect(first!.commitments).to.have.length(updates);
      expect(ends(view)[0]).to.equal(end);
      expect(view.complete, "the others go on").to.equal(true);
      expect(federation.log.filter(({ level }) => level === "error")).to.deep.equal([]);
    });
  }

  it("runs into its deadline, and goes on, when more survivors are gone than can be done without", async () => {
    const { federation, view, broken } = await run(dies("round-closed", [0, 1, 2], 26), { attempts: 1 });
    expect(broken).to.deep.equal([]);
    expect(ends(view)).to.deep.equal(["no-proposal", "accepted", "accepted"]);
    const opened = federation.progress.filter(({ progress: { kind } }) => kind === "unmasked");
    expect(opened.filter(({ progress }) => "round" in progress && progress.round === 1)).to.deep.equal([]);
  });

  for (const [step, lost] of [
    ["round-opened", 0],
    ["advertised", 1],
    ["masked", 1],
    ["committed", 1],
    ["round-closed", 1],
    ["unmasked", 1],
  ] as const) {
    it(`loses ${lost} rounds when all participants died at "${step}" and came back`, async () => {
      const { view, broken } = await run(dies(step, [0, 1, 2, 3, 4], 2));
      expect(broken).to.deep.equal([]);
      const accepted = ["accepted", "accepted"];
      expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(lost === 0 ? accepted : ["invalid", ...accepted]);
      expect(view.rounds.at(-1)!.commitments).to.have.length(5);
    });
  }

  it("brings all keys of a round in one transaction where they were signed for it", async () => {
    const { federation, view, broken } = await play([], { ...masked, batched: true });
    expect(broken).to.deep.equal([]);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted"]);
    const batches = federation.progress.flatMap(({ progress }) =>
      progress.kind === "keys-batched" ? [[progress.round, progress.keys]] : [],
    );
    expect(batches).to.deep.equal([
      [1, 5],
      [2, 5],
    ]);
  });

  it("lets another aggregator take over", async () => {
    const faults: readonly Fault[] = [{ kind: "dies-assigned", node: 5 }, ...dies("round-closed", [0])];
    const { view, broken } = await run(faults);
    expect(broken).to.deep.equal([]);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted"]);
    expect(view.rounds.map(({ assignment }) => assignment?.attempt)).to.include(1);
  });

  it("refuses, and says so, to mask or open again after a reorganisation", async () => {
    for (let atS = 5; atS < 18; atS += 4) {
      const { broken } = await run([{ kind: "reorganise", atS, depth: 3 }]);
      expect(broken, `at ${atS} s`).to.deep.equal([]);
    }
  });
});

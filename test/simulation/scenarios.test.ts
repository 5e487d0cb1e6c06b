import { expect } from "chai";
import { holdingsWei } from "./model/model-bonds.ts";
import { weiPerGwei } from "./model/model-storage.ts";
import { bonds } from "./world/draw-scenarios.ts";
import { play, quiet, wrongfulProofs } from "./world/play.ts";
import type { Fault } from "./world/scenario.ts";

describe("a simulated federation", () => {
  it("accepts every round with everybody's update and attestation when nothing goes wrong", async () => {
    const { federation, view, broken } = await play([]);
    expect(broken).to.deep.equal([]);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted", "accepted"]);
    for (const round of view.rounds) {
      expect(round.commitments).to.have.length(4);
      expect(round.result?.attesters).to.have.length(4);
    }
    const pushes = federation.progress.filter(({ progress }) => progress.kind === "pushed");
    expect(pushes, "nobody sends what another has sent").to.have.length(9);
    const lastMs = federation.progress.find(({ progress }) => progress.kind === "complete")!.atMs;
    expect(lastMs).to.be.lessThan(30_000);
  });

  it("closes without a participant that never answers", async () => {
    const { view, broken } = await play([{ kind: "mute", node: 1 }]);
    expect(broken).to.deep.equal([]);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted", "accepted"]);
    expect(view.rounds.map(({ commitments }) => commitments.length)).to.deep.equal([3, 3, 3]);
  });

  it("goes on without a participant that commits and takes its update away, whether or not it was held", async () => {
    const { view, broken } = await play([{ kind: "vanish", node: 1, afterCommits: 1 }]);
    expect(broken).to.deep.equal([]);
    expect(view.rounds[0]!.commitments).to.have.length(4);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted", "accepted"]);
  });

  it("leaves out an update that nobody can get, with the quorum's consent", async () => {
    // Both aggregators are down while the update is offered and committed; its owner then takes it away.
    const { view, broken } = await play([
      { kind: "vanish", node: 1, afterCommits: 1 },
      { kind: "cut", atS: 0, forS: 60, nodes: [1] },
    ]);
    expect(broken).to.deep.equal([]);
    const [first] = view.rounds;
    expect(first!.phase).to.equal("accepted");
    const slot = first!.commitments.find(({ participant }) => participant === view.enrolled[1]?.account)?.slot;
    const excluded = view.rounds.map(({ proposal }) => proposal?.excluded);
    expect(
      excluded.some((bitmap) => bitmap !== 0n),
      `slot ${slot}, excluded ${excluded}`,
    ).to.equal(true);
  });

  it("lets the second aggregator take over from one that dies before it proposes", async () => {
    const { view, broken } = await play([{ kind: "dies-assigned", node: 4 }]);
    expect(broken).to.deep.equal([]);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted", "accepted"]);
    expect(view.rounds.map(({ assignment }) => assignment?.attempt)).to.include(1);
  });

  it("goes on after all processes were killed at once", async () => {
    const faults = [0, 1, 2, 3, 4, 5].map((node): Fault => ({ kind: "kill", node, atS: 9, backAfterS: 3 }));
    const { view, broken } = await play(faults);
    expect(broken).to.deep.equal([]);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted", "accepted"]);
  });

  it("commits the update it trained first after dying with its commitment on the way", async () => {
    const faults: readonly Fault[] = [{ kind: "dies-committing", node: 1, backAfterS: 1 }];
    const { federation, broken } = await play(faults, { inclusion: 0.25 }, { seed: 6 });
    expect(broken).to.deep.equal([]);
    const { account } = federation.nodes[1]!;
    const first = federation.chain.commits.filter(({ sender, call }) => sender === account && call.round === 1);
    expect(first, "sent again after the restart").to.have.length.greaterThan(1);
  });

  it("has everybody's attestation even where half of all messages are lost", async () => {
    const { view, broken } = await play([], { loss: 0.5, rules: { ...quiet.rules, attestationQuorum: 4 } });
    expect(broken).to.deep.equal([]);
    expect(view.rounds.map(({ result }) => result?.attesters.length)).to.deep.equal([4, 4, 4]);
  });

  it("follows a reorganisation in every phase of a round", async () => {
    for (let atS = 4; atS < 20; atS++) {
      const { broken } = await play([{ kind: "reorganise", atS, depth: 3 }]);
      expect(broken, `at ${atS} s`).to.deep.equal([]);
    }
  });

  it("proves a lying aggregator wrong, and goes on with the next one over the same updates", async () => {
    const { federation, view, broken } = await play([{ kind: "liar", node: 4 }]);
    expect(broken).to.deep.equal([]);
    const liar = federation.nodes[4]!.account;
    const disputed = federation.progress.flatMap(({ node, progress }) =>
      progress.kind === "disputed" ? [{ node, findings: progress.findings }] : [],
    );
    expect(disputed.map(({ node }) => node)).to.include.members([0, 1, 2, 3]);
    expect(disputed.flatMap(({ findings }) => findings)).to.include("AGGREGATE_WRONG");
    const struck = view.rounds.filter((round) => round.struck !== undefined);
    expect(struck, "who is struck once is expelled").to.have.length(1);
    for (const round of struck) {
      expect(round.struck!.map(({ aggregator, kind }) => [aggregator, kind])).to.deep.equal([[liar, "wrong-chunk"]]);
      expect(round.phase).to.equal("accepted");
      expect(round.proposal!.aggregator).to.not.equal(liar);
      expect(round.commitments, "nobody trained again").to.have.length(4);
      expect(round.result!.attesters).to.have.length(4);
    }
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted", "accepted"]);
    expect(wrongfulProofs(federation)).to.deep.equal([]);
  });

  it("never accepts a wrong model that is shown to nobody, and the hider earns nothing by it", async () => {
    const { federation, view, broken } = await play([{ kind: "hider", node: 4 }]);
    expect(broken).to.deep.equal([]);
    const hider = federation.nodes[4]!.account;
    const accepted = view.rounds.filter(({ phase }) => phase === "accepted");
    expect(accepted.map(({ proposal }) => proposal!.aggregator)).to.not.include(hider);
    expect(federation.chain.storage().credits.get(hider) ?? 0n).to.equal(0n);
  });

  it("makes every model void that a lying quorum built upon its lies, once one honest node has the inputs", async () => {
    const rules = { ...quiet.rules, rounds: 4, maxUpdates: 5 };
    const liars: readonly Fault[] = [
      { kind: "liar", node: 6 },
      ...[2, 3, 4].map((node) => ({ kind: "colludes" as const, node })),
    ];
    const cut: Fault = { kind: "cut", atS: 9, forS: 300, nodes: [0, 1, 5] };
    const { federation, view, broken } = await play([...liars, cut], {
      ...{ participants: 5, openWhenEnrolled: 5 },
      rules: { ...rules, ...bonds(rules) },
    });
    expect(broken).to.deep.equal([]);
    const voids = view.rounds.filter((round) => round.void);
    expect(voids.length, "of as many lies").to.be.at.least(3);
    const expelled = view.expelled!.map(({ account }) => account);
    expect(expelled).to.have.members([2, 3, 4, 6].map((number) => federation.nodes[number]!.account));
    const next = view.rounds.find((round) => !round.void && round.phase === "accepted")!;
    expect(next.baseModelRoot, "the others go on from the right model").to.equal(view.initialModelRoot);
    expect(view.accepted).to.equal(4);
  });

  it("ends the round, and gives all bonds back, where all leave in the middle of it or who stays is off line", async () => {
    const rules = { ...quiet.rules, ...bonds(quiet.rules) };
    for (const atS of [8, 12, 15]) {
      for (const stays of [undefined, 3]) {
        const off: readonly Fault[] =
          stays === undefined ? [] : [{ kind: "kill", node: stays, atS: atS - 1, backAfterS: 1e9 }];
        const { federation } = await play(
          off,
          { rules },
          {
            before({ clock, chain, nodes }) {
              const leaving = nodes.filter(({ number }) => number !== stays);
              clock.after(1000 * atS, () => {
                const { first } = chain.storage().tasks[0]!;
                for (const { account } of leaving) chain.apply(account, { kind: "leave", taskId: 1, first });
              });
            },
          },
        );
        const { paid, tasks } = federation.chain.storage();
        const out = federation.nodes.filter(({ account }) => paid.get(account) === 0n);
        expect(out, `at ${atS} s, ${stays} stays`).to.have.length(stays === undefined ? 6 : 5);
        expect(tasks[0]!.participants.length + tasks[0]!.aggregators.length).to.equal(stays === undefined ? 0 : 1);
      }
    }
  });

  it("takes nothing from a participant that is off line for longer than every window", async () => {
    const rules = { ...quiet.rules, ...bonds(quiet.rules) };
    const { federation, view, broken } = await play([{ kind: "kill", node: 1, atS: 9, backAfterS: 4000 }], { rules });
    expect(broken).to.deep.equal([]);
    expect(view.expelled ?? []).to.deep.equal([]);
    expect(holdingsWei(federation.chain.storage(), federation.nodes[1]!.account)).to.equal(
      BigInt(rules.participantBondGwei) * weiPerGwei,
    );
  });
});

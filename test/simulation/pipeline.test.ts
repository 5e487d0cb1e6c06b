import { expect } from "chai";
import type { TaskEvent } from "../../node/core/task-events.ts";
import type { SimulatedFederation } from "./federation.ts";
import { type Played, play, quiet, wrongfulChallenges } from "./play.ts";
import type { Fault, Scenario } from "./scenario.ts";

/** Finality by time alone, and the next round over the proposal. */
const pipelined: Partial<Scenario> = {
  rules: { ...quiet.rules, pipelined: true, attestationQuorum: 5, rounds: 4 },
};

/** Seconds of the chain at which rounds opened and ended. */
function timesOf({ chain }: SimulatedFederation, name: TaskEvent["name"]): Map<number, number> {
  return new Map(
    chain
      .events()
      .flatMap((event) => (event.name === name && "round" in event ? [[event.round, event.timestampS!]] : [])),
  );
}

/** Rounds that opened while the one before was not final. */
function overlapping({ federation }: Played): readonly number[] {
  const opened = timesOf(federation, "RoundOpened");
  const ended = new Map([...timesOf(federation, "RoundFinalized"), ...timesOf(federation, "RoundInvalidated")]);
  return [...opened].filter(([round, atS]) => atS < (ended.get(round - 1) ?? 0)).map(([round]) => round);
}

/** Has node 3's account commit to whatever round is open over a proposal of the liar, node 5, as an accomplice would. */
function buildOnLies({ clock, chain, nodes, taskId }: SimulatedFederation): void {
  const accomplice = chain.connect(nodes[3]!.account);
  const look = (): void => {
    clock.after(400, look);
    const { rounds, candidateRoot } = chain.storage().tasks[taskId - 1]!;
    const [below, open] = rounds[0].round < rounds[1].round ? rounds : [rounds[1], rounds[0]];
    const isBuiltOnLie = below.assigned === nodes[5]!.account && below.phase === "proposed" && open.phase === "open";
    if (!isBuiltOnLie || open.committed !== 0n) return;
    const about = { taskId, round: open.round, baseModelRoot: candidateRoot, weight: 10 };
    const update = { updateRoot: `0x${"77".repeat(32)}`, contentId: `0x${"78".repeat(32)}` } as const;
    accomplice.send({ kind: "commit", ...about, ...update }).catch(() => undefined);
  };
  clock.after(400, look);
}

const phases = ({ view }: Played): readonly string[] => view.rounds.map(({ phase }) => phase);

describe("a simulated federation with a pipelined task", () => {
  it("trains the next round during the challenge window, and loses nothing by it", async () => {
    const played = await play([], pipelined);
    const { view, broken, federation } = played;
    expect(broken).to.deep.equal([]);
    expect(phases(played)).to.deep.equal(["finalized", "finalized", "finalized", "finalized"]);
    expect(view.rounds.map(({ commitments }) => commitments.length)).to.deep.equal([4, 4, 4, 4]);
    expect(overlapping(played)).to.deep.equal([2, 3, 4]);
    const rules = { ...pipelined.rules!, pipelined: false };
    const alone = await play([], { ...pipelined, rules });
    expect(alone.broken).to.deep.equal([]);
    expect(overlapping(alone)).to.deep.equal([]);
    const lastS = (one: SimulatedFederation): number => one.chain.head.timestampS;
    // three of four windows pass while the next round runs
    expect(lastS(alone.federation) - lastS(federation)).to.be.greaterThan(3 * 20 * 0.4);
  });

  it("finalizes in order where a quorum attests, too", async () => {
    const played = await play([], { rules: { ...quiet.rules, pipelined: true, rounds: 4 } });
    expect(played.broken).to.deep.equal([]);
    expect(phases(played)).to.deep.equal(["finalized", "finalized", "finalized", "finalized"]);
    for (const { result } of played.view.rounds) expect(result!.attesters.length).to.be.at.least(2);
  });

  it("rolls back from a proposal proven wrong: its descendant falls, nobody commits to it, and all go on", async () => {
    for (const node of [4, 5]) {
      // the first round's aggregator is node 5: its lie is built upon; node 4 lies while another round is in flight before
      const played = await play([{ kind: "liar", node }], pipelined);
      const { federation, view, broken } = played;
      expect(broken, `liar ${node}`).to.deep.equal([]);
      const liar = federation.nodes[node]!.account;
      const refuted = view.rounds.filter(({ refuted: lost }) => lost !== undefined);
      expect(refuted.length).to.be.greaterThan(0);
      for (const { refuted: lost, phase, proposal } of refuted) {
        expect(lost!.map(({ aggregator }) => aggregator)).to.deep.equal([liar]);
        expect([phase, proposal!.aggregator === liar]).to.deep.equal(["finalized", false]);
      }
      const fallen = view.rounds.filter(({ phase }) => phase === "invalidated");
      expect(fallen.map(({ invalidReason }) => invalidReason)).to.deep.equal(fallen.map(() => "ancestor-invalid"));
      expect(fallen.length, "descendants").to.equal(node === 5 ? 2 : 0);
      expect(
        fallen.flatMap(({ commitments }) => commitments),
        "nobody builds on a lie",
      ).to.deep.equal([]);
      expect(wrongfulChallenges(federation)).to.deep.equal([]);
    }
  });

  it("strikes a wrong model that nobody is shown, because it is demanded in vain", async () => {
    for (const holders of [0, 1]) {
      const rules = { ...pipelined.rules!, holders, aggregatorBondGwei: 1000 };
      const { federation, view, broken } = await play([{ kind: "hider", node: 5 }], { ...pipelined, rules });
      expect(broken).to.deep.equal([]);
      const hider = federation.nodes[5]!.account;
      const refuted = view.rounds.flatMap(({ refuted: lost = [] }) => lost);
      expect(refuted.length).to.be.greaterThan(0);
      for (const { aggregator, kind } of refuted) expect([aggregator, kind]).to.deep.equal([hider, "withheld"]);
      const left = view.rounds.filter(({ phase }) => phase !== "finalized");
      expect(left.map(({ invalidReason }) => invalidReason)).to.deep.equal(left.map(() => "ancestor-invalid"));
      expect(left.flatMap(({ commitments }) => commitments)).to.deep.equal([]);
      expect(federation.chain.storage().burntWei, "demands in vain cost nothing, lies do").to.equal(
        (BigInt(refuted.length) * 1000n * 10n ** 9n) / 2n,
      );
    }
  });

  it("takes the accomplices' updates down with the lie that they built on", async () => {
    const played = await play([{ kind: "liar", node: 5 }], pipelined, { before: buildOnLies });
    const { view, broken } = played;
    expect(broken).to.deep.equal([]);
    const fallen = view.rounds.filter(({ invalidReason }) => invalidReason === "ancestor-invalid");
    expect(fallen.length).to.be.greaterThan(0);
    expect(fallen.flatMap(({ commitments }) => commitments).length).to.be.greaterThan(0);
    const others = view.rounds.filter((round) => !fallen.includes(round));
    expect(others.map(({ phase }) => phase)).to.deep.equal(others.map(() => "finalized"));
    expect(others.map(({ commitments }) => commitments.length)).to.deep.equal(others.map(() => 4));
  });

  it("lets a bonded liar pay, and the bond of the fallen round go free", async () => {
    const rules = { ...pipelined.rules!, aggregatorBondGwei: 1000, participantBondGwei: 10 };
    const { federation, view, broken } = await play([{ kind: "liar", node: 5 }], { ...pipelined, rules });
    expect(broken).to.deep.equal([]);
    const { bonds, heldRewards, burntWei } = federation.chain.storage();
    const lost = view.rounds.flatMap(({ refuted = [] }) => refuted).length;
    expect(lost).to.be.greaterThan(0);
    const bondWei = 1000n * 10n ** 9n;
    expect(burntWei).to.equal((BigInt(lost) * bondWei) / 2n);
    const held = [...heldRewards.values()].reduce((sum, { amountWei }) => sum + amountWei, 0n);
    const credited = [...federation.chain.storage().credits.values()].reduce((sum, wei) => sum + wei, 0n);
    expect(held + credited).to.equal((BigInt(lost) * bondWei) / 2n);
    for (const { account, role } of federation.nodes) {
      expect(bonds.get(account)!.lockedWei).to.equal(role === "participant" ? 10n * 10n ** 9n : 0n);
    }
  });

  it("commits to one update a round and base, whatever died at whatever moment", async () => {
    for (let atS = 4; atS < 44; atS += 2) {
      const faults = [0, 1, 2, 3, 4, 5].map((node): Fault => ({ kind: "kill", node, atS, backAfterS: 2 }));
      const { broken } = await play(faults, pipelined);
      expect(broken, `at ${atS} s`).to.deep.equal([]);
    }
  });

  it("rolls back though the process dies at any of its calls", async () => {
    for (let atCall = 10; atCall < 150; atCall += 10) {
      const crash = (node: number, afterEffect: boolean): Fault => ({
        kind: "crash",
        node,
        atCall: atCall + node,
        afterEffect,
        backAfterS: 3,
      });
      const { broken } = await play(
        [{ kind: "liar", node: 5 }, crash(0, true), crash(1, false), crash(4, true)],
        pipelined,
      );
      expect(broken, `at call ${atCall}`).to.deep.equal([]);
    }
  });

  it("follows a reorganisation at every moment, with a lie and without", async () => {
    for (let atS = 4; atS < 40; atS += 1) {
      const reorganisation: Fault = { kind: "reorganise", atS, depth: 3 };
      const faults: Fault[] = atS % 2 === 0 ? [reorganisation] : [reorganisation, { kind: "liar", node: 5 }];
      const { broken, federation } = await play(faults, pipelined);
      expect(broken, `at ${atS} s`).to.deep.equal([]);
      expect(wrongfulChallenges(federation)).to.deep.equal([]);
    }
  });

  it("goes on where half of all messages are lost", async () => {
    const { broken, view } = await play([{ kind: "liar", node: 4 }], { ...pipelined, loss: 0.5, inclusion: 0.5 });
    expect(broken).to.deep.equal([]);
    expect(view.rounds.some(({ phase }) => phase === "finalized")).to.equal(true);
  });

  it("opens no round over another while somebody leaves, and goes on after", async () => {
    const played = await play([], pipelined, {
      before: ({ clock, chain, nodes, taskId }) => {
        const leaver = nodes[3]!;
        clock.after(14_000, () => void chain.connect(leaver.account).send({ kind: "leaveTask", taskId }));
      },
    });
    const { federation, view } = played;
    expect(played.broken.filter((one) => one !== "node 3 left")).to.deep.equal([]);
    const events = federation.chain.events();
    const leftAt = events.findIndex(({ name }) => name === "Leaving");
    const freedAt = events.findIndex(({ name }) => name === "Left");
    expect(leftAt).to.be.greaterThan(0);
    expect(freedAt).to.be.greaterThan(leftAt);
    expect(events.slice(leftAt, freedAt).map(({ name }) => name)).to.not.include("RoundOpened");
    expect(view.rounds.at(-1)!.enrolled).to.equal(3);
    expect(overlapping(played).length).to.be.greaterThan(0);
    expect(phases(played)).to.deep.equal(["finalized", "finalized", "finalized", "finalized"]);
  });
});

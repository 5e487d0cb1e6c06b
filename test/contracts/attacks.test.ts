import { expect } from "chai";
import { headerOf } from "./support/block-header.ts";
import {
  attestationTypes,
  baseRules,
  createFederation,
  maskedRules,
  openAccess,
  type SolidityRules,
  type TestFederation,
  word,
  zeroWord,
} from "./support/federation.ts";
import { runToAggregating, vectorOf } from "./support/proven-round.ts";

const reasons = { tooFewUpdates: 1, noProposal: 2, noAggregator: 6, noDraw: 7 };
const windowS = 3600;

/**
 * What was found against the protocol once, by the rows of docs/security.md; others are played in files of their own.
 */
describe("Attacks on the contracts", () => {
  let f: TestFederation;

  beforeEach(async () => {
    f = await createFederation({ participants: 4, aggregators: 2 });
  });

  const commitAll = async (taskId: number, members = f.members) => {
    for (const member of members) await f.commit(taskId, member);
  };
  const closed = async (taskId: number): Promise<number> => {
    await f.openRound(taskId);
    await commitAll(taskId);
    const { round } = await f.facts(taskId);
    await f.federation.closeRound(taskId, round);
    return round;
  };
  const endedWith = async (call: Promise<unknown>): Promise<number> => {
    const sent = (await call) as { wait(): Promise<{ logs: never[] } | null> };
    const logs = (await sent.wait())!.logs.map((log: never) => f.federation.interface.parseLog(log)!);
    return Number(logs.find(({ name }) => name === "RoundInvalid")!.args.reason);
  };
  /** Everybody leaves, waits, and takes its bond: nothing is left. */
  const leaveAll = async (taskId: number) => {
    const all = [...f.members, ...f.aggregators];
    for (const one of all)
      await f.federation
        .connect(one)
        .leave(taskId, f.first(taskId))
        .catch(() => undefined);
    await f.federation.freePlaces(taskId);
    await f.pass(windowS + 1);
    for (const one of all) {
      await f.federation.releaseBond(taskId, one.address);
      await f.federation.connect(one).withdraw();
    }
    expect(await f.ethers.provider.getBalance(f.address)).equals(0n);
  };

  it("2: a round without any aggregator ends in whatever phase, and every bond can leave", async () => {
    const rules = await f.bonded({ ...baseRules, challengeWindowS: windowS });
    const steps: readonly (readonly [string, (taskId: number) => Promise<unknown>, number])[] = [
      ["open", async () => undefined, reasons.noAggregator],
      ["aggregating", async (taskId) => f.federation.closeRound(taskId, 1), reasons.noAggregator],
      [
        "proposed",
        async (taskId) => f.federation.closeRound(taskId, 1).then(() => f.propose(taskId)),
        reasons.noAggregator,
      ],
    ];
    for (const [phase, step, reason] of steps) {
      f = await createFederation({ participants: 4, aggregators: 2 });
      const taskId = await f.createTask(rules);
      await f.openRound(taskId);
      await commitAll(taskId);
      await step(taskId);
      for (const { address } of f.aggregators) await f.federation.revokeRole(f.role("AGGREGATOR_ROLE"), address);
      if (phase !== "open") await f.pass(301);
      const anyone = f.federation.connect(f.outsider);
      const end = phase === "open" ? anyone.closeRound(taskId, 1) : anyone.reassign(taskId, 1);
      expect(await endedWith(end), phase).equals(reason);
      await leaveAll(taskId);
    }
  });

  it("3: a bond serves one task, and is free one window after its owner has left that one, whatever others do", async () => {
    const rules = await f.bonded({ ...baseRules, challengeWindowS: windowS });
    const [one, other] = [await f.createTask(rules), await f.createTask({ ...rules, challengeWindowS: 14 * 86_400 })];
    await f.openRound(other);
    await f.federation.connect(f.aggregators[0]!).leave(one, f.first(one));
    await f.federation.freePlaces(one);
    await f.pass(windowS + 1);
    await expect(f.federation.releaseBond(one, f.aggregators[0]!.address)).emit(f.federation, "BondReleased");
    await expect(f.federation.releaseBond(other, f.aggregators[0]!.address)).revertedWithCustomError(
      f.federation,
      "StillBonded",
    );
    const year = { ...rules, challengeWindowS: 15 * 86_400 };
    await expect(f.federation.createTask(year, openAccess, word(0), "0x7b7d", "0x"))
      .revertedWithCustomError(f.federation, "InvalidRule")
      .withArgs(19);
  });

  it("5: an encrypted update is shown to nobody by the chain: no proof is about a chunk of it", async () => {
    const rules = { mode: 2, clipLanes: 1000, keyWindowS: 9, parameterCount: 64, minUpdates: 2 };
    const taskId = await f.createTask(rules);
    await f.openRound(taskId);
    const evidence = await f.evidence(taskId);
    const { tree } = vectorOf(new Int32Array(64));
    const proof = {
      ...{ chunkIndex: 0, leaf: tree.leaf(0), leafPath: [], base: tree.chunk(0), basePath: [] },
      ...{ updates: "0x", updatePaths: [], bounds: "0x" },
    };
    for (const call of [
      f.proofs.proveChunk(f.federation, evidence, [], proof),
      f.proofs.proveUpdate(f.federation, evidence, [], { position: 0, chunkIndex: 0, chunk: tree.chunk(0), path: [] }),
    ]) {
      await expect(call).revertedWithCustomError(f.federation, "WrongMode").withArgs(2);
    }
  });

  it("6: nobody from outside opens a round, and rounds that end without a model use none up", async () => {
    const taskId = await f.createTask({ rounds: 1 });
    for (const stranger of [f.outsider, f.admin]) {
      await expect(f.openRound(taskId, stranger))
        .revertedWithCustomError(f.federation, "NotEnrolled")
        .withArgs(stranger.address);
    }
    for (let round = 1; round <= 3; round++) {
      await f.openRound(taskId);
      await f.pass(601);
      expect(await endedWith(f.federation.closeRound(taskId, round))).equals(reasons.tooFewUpdates);
    }
    await closed(taskId);
    await f.propose(taskId);
    await f.accept(taskId);
    await expect(f.openRound(taskId)).revertedWithCustomError(f.federation, "TaskComplete");
  });

  it("10: whoever opens does not choose the draw: a block does that was not there, by its own header only", async () => {
    const { header: before } = await headerOf(f.ethers.provider);
    const rules = { ...baseRules, participationBps: 5000, drawDelayBlocks: 4 };
    await f.federation.createTask(rules, openAccess, word(0), "0x7b7d", before);
    for (const member of f.members) await f.federation.connect(member).enrol(1, f.first(1), zeroWord, "0x");
    await f.federation.connect(f.aggregators[0]!).join(1, f.first(1));
    await f.openRound(1);
    const { drawBlock } = await f.facts(1);
    const opened = await headerOf(f.ethers.provider);
    expect(drawBlock).equals(opened.number + 4);
    const draw = (header: string, by = f.outsider) => f.federation.connect(by).drawRound(1, 1, header);
    await expect(draw(opened.header)).revertedWithCustomError(f.federation, "NoBlockHash").withArgs(drawBlock);
    await f.networkHelpers.mineUpTo(drawBlock + 1);
    for (const number of [drawBlock - 1, drawBlock + 1]) {
      const { header } = await headerOf(f.ethers.provider, number);
      await expect(draw(header)).revertedWithCustomError(f.federation, "WrongHeader");
    }
    const { header, mix } = await headerOf(f.ethers.provider, drawBlock);
    const coder = f.ethers.AbiCoder.defaultAbiCoder();
    const seed = f.ethers.keccak256(coder.encode(["bytes32", "address", "uint32", "uint32"], [mix, f.address, 1, 1]));
    const { timestamp } = (await f.ethers.provider.getBlock("latest"))!;
    await f.networkHelpers.time.setNextBlockTimestamp(timestamp + 50);
    const call = await draw(header);
    const drawn = (await call.wait())!.logs.map((log: never) => f.federation.interface.parseLog(log)!)[0]!;
    expect(drawn.args.seed).equals(BigInt(seed.slice(0, 18)));
    expect(drawn.args.commitDeadline).equals(BigInt(timestamp + 650));
    await expect(draw(header)).revertedWithCustomError(f.federation, "WrongPhase");
  });

  it("10: a draw that nobody made in time ends the round, and the next one is drawn anew", async () => {
    const { header } = await headerOf(f.ethers.provider);
    const rules = { ...baseRules, participationBps: 5000, drawDelayBlocks: 4 };
    await f.federation.createTask(rules, openAccess, word(0), "0x7b7d", header);
    for (const member of f.members) await f.federation.connect(member).enrol(1, f.first(1), zeroWord, "0x");
    await f.openRound(1);
    const { drawBlock } = await f.facts(1);
    const drawHeader = async () => (await headerOf(f.ethers.provider, drawBlock)).header;
    await f.networkHelpers.mineUpTo(drawBlock + 255);
    await expect(f.federation.closeRound(1, 1)).revertedWithCustomError(f.federation, "TooEarly");
    await f.networkHelpers.mine(2);
    await expect(f.federation.drawRound(1, 1, await drawHeader())).revertedWithCustomError(f.federation, "NoBlockHash");
    expect(await endedWith(f.federation.connect(f.outsider).closeRound(1, 1))).equals(reasons.noDraw);
    await f.openRound(1);
    expect((await f.facts(1)).round).equals(2);
  });

  it("12: who is off line through every window loses nothing, and nobody can say anything against it", async () => {
    const rules = await f.bonded({ ...baseRules, challengeWindowS: windowS });
    const taskId = await f.createTask(rules);
    const round = await closed(taskId);
    // nobody proposes, nobody attests, nobody answers anything
    await f.pass(100_000);
    await f.federation.connect(f.outsider).reassign(taskId, round);
    await f.pass(100_000);
    expect(await endedWith(f.federation.connect(f.outsider).reassign(taskId, round))).equals(reasons.noProposal);
    await leaveAll(taskId);
    const names = f.federation.interface.fragments.map((fragment) => ("name" in fragment ? String(fragment.name) : ""));
    expect(names.filter((name) => /withh|demand|answer|custod|reserv|availab/i.test(name))).deep.equals([]);
  });

  it("13: an invalid update in a round of the fewest costs its owner's bond and that round, not the task", async () => {
    const base = vectorOf(new Int32Array(64).fill(5));
    const updates = [1, 1, 9].map((value) => ({ ...vectorOf(new Int32Array(64).fill(value)), weight: 1 }));
    const round = await runToAggregating(f, { base, updates, rules: { minUpdates: 3, clipLanes: 8 }, bonded: true });
    const { taskId, commitments } = round;
    await expect(f.propose(taskId, { excluded: 0b100n, totalWeight: 2n })).revertedWithCustomError(
      f.federation,
      "InvalidExclusion",
    );
    await expect(f.federation.reassign(taskId, 1)).revertedWithCustomError(f.federation, "TooEarly");
    const { tree } = updates[2]!;
    const proof = { position: 2, chunkIndex: 0, chunk: tree.chunk(0), path: [] };
    const owner = round.members[2]!.address;
    const bondWei = f.bonds(round.rules).participant;
    await expect(f.proofs.proveUpdate(f.federation, await f.evidence(taskId), commitments, proof))
      .emit(f.federation, "MemberExpelled")
      .withArgs(taskId, 1, owner, 2, bondWei);
    expect(await endedWith(f.federation.reassign(taskId, 1))).equals(reasons.tooFewUpdates);
    const enrol = () =>
      f.federation.connect(f.members[3]!).enrol(taskId, f.first(taskId), zeroWord, "0x", { value: bondWei });
    await expect(enrol()).revertedWithCustomError(f.federation, "TaskFull");
    await f.federation.freePlaces(taskId);
    await enrol();
    await f.openRound(taskId);
  });

  it("14: a masked round that ended while open costs no budget, a closed one does", async () => {
    const rules: SolidityRules = { ...maskedRules, roundsPerParticipant: 1, attempts: 1 };
    const taskId = await f.createTask(rules);
    const advertise = async () => {
      const { round } = await f.facts(taskId);
      const signed = [];
      for (const [i, member] of f.members.entries()) {
        // x = 1, 2, 3, 4 are on the curve
        const maskKey = `0x${(i + 1).toString(16).padStart(64, "0")}`;
        signed.push(
          await f.signKeys(taskId, member, { maskKey, seedHash: word(i), sharesId: word(i), shareKey: word(i) }),
        );
      }
      return f.federation.advertise(taskId, round, signed);
    };
    await f.openRound(taskId);
    await advertise();
    await commitAll(taskId, f.members.slice(0, 2));
    await f.pass(701);
    expect(await endedWith(f.federation.closeRound(taskId, 1))).equals(reasons.tooFewUpdates);
    await f.openRound(taskId);
    await advertise();
    await commitAll(taskId);
    await f.federation.closeRound(taskId, 2);
    await f.pass(301);
    expect(await endedWith(f.federation.reassign(taskId, 2))).equals(reasons.noProposal);
    await f.openRound(taskId);
    await expect(advertise()).revertedWithCustomError(f.federation, "NothingAdded");
  });

  it("15: one that left, was expelled or signed nonsense makes no batch and no acceptance fail", async () => {
    const taskId = await f.createTask();
    await f.openRound(taskId);
    const signed = await Promise.all(f.members.map((member) => f.signCommitment(taskId, member)));
    await f.federation.connect(f.members[3]!).leave(taskId, f.first(taskId));
    const nonsense = { ...signed[2]!, signature: { r: zeroWord, vs: zeroWord } };
    await f.federation.commitBatch(taskId, 1, [signed[3]!, nonsense, ...signed.slice(0, 3), signed[0]!]);
    const { commitments, anchor } = await f.facts(taskId);
    expect(commitments.map(({ participant }) => participant)).deep.equals(
      f.members.slice(0, 3).map(({ address }) => address),
    );
    await f.pass(601);
    await f.federation.closeRound(taskId, 1);
    await f.propose(taskId);
    const other = await f.signCommitment(taskId, f.members[2]!, { weight: 3 });
    await f.proofs.proveEquivocation(f.federation, taskId, 1, anchor, signed[2]!, other);
    const words = await f.attest(taskId, [f.members[2]!, f.members[3]!, f.members[0]!, f.members[0]!, f.outsider]);
    const { evidence } = await f.facts(taskId);
    const accept = (given: object[]) => f.federation.accept(taskId, 1, evidence.proposal, given, []);
    await expect(accept(words)).revertedWithCustomError(f.federation, "QuorumNotReached").withArgs(1, 2);
    await accept([{ r: zeroWord, vs: zeroWord }, ...words, ...(await f.attest(taskId, [f.members[1]!]))]);
    const attesters = (await f.facts(taskId)).evidence.attesters;
    expect(attesters).deep.equals([f.members[0]!.address, f.members[1]!.address]);
  });

  it("15: two members may name one PeerId, which proves itself where it matters", async () => {
    const peerId = `0x002408011220${"ab".repeat(32)}`;
    for (const member of f.members.slice(0, 2)) {
      await f.federation.connect(member).register(peerId, word(1), "", "0x");
    }
  });

  it("18: no call, event or signed word has a place for what an attester measured", () => {
    const said = JSON.stringify(f.federation.interface.format()) + JSON.stringify(attestationTypes);
    expect(said).not.matches(/metric|loss|samples|evaluation|accuracy/i);
  });
});

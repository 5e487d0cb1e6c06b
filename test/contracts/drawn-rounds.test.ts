import { expect } from "chai";
import { slotOf } from "../../node/core/words/draw.ts";
import { headerOf } from "./support/block-header.ts";
import { baseRules, createFederation, openAccess, type TestFederation, word, zeroWord } from "./support/federation.ts";
import { expectRefused } from "./support/refused.ts";

const noDraw = 7;
const rolledBack = 5;
const any = () => true;

describe("A round that draws a part", () => {
  let f: TestFederation;
  let taskId: number;
  const refused = (call: Promise<unknown>, error: string, ...args: readonly unknown[]) =>
    expectRefused(f, call, error, ...args);
  const draw = (round: number, header: string) => f.federation.connect(f.outsider).drawRound(taskId, round, header);
  /** Draws by the block that the opening fixed. */
  const drawRight = async () => {
    const { round, drawBlock } = await f.facts(taskId);
    const block = await f.ethers.provider.getBlockNumber();
    if (block < drawBlock) await f.networkHelpers.mine(drawBlock - block);
    const { header, mix } = await headerOf(f.ethers.provider, drawBlock);
    await draw(round, header);
    return mix;
  };

  beforeEach(async () => {
    f = await createFederation({ participants: 8, aggregators: 2 });
    const rules = { ...baseRules, participationBps: 5000, drawDelayBlocks: 4, minUpdates: 2, challengeWindowS: 3600 };
    const { header } = await headerOf(f.ethers.provider);
    await f.federation.createTask(rules, openAccess, word(0), "0x7b7d", header);
    taskId = 1;
    for (const member of f.members) await f.federation.connect(member).enrol(taskId, f.first(taskId), zeroWord, "0x");
    for (const one of f.aggregators) await f.federation.connect(one).join(taskId, f.first(taskId));
  });

  it("is drawn by anyone, with the header of the block that its opening fixed, and no other", async () => {
    await refused(draw(1, "0x"), "WrongRound", 0);
    await f.openRound(taskId);
    const { drawBlock, drawn } = await f.facts(taskId);
    expect(drawBlock).equals((await f.ethers.provider.getBlockNumber()) + 4);
    expect(drawn).equals(4);
    await refused(draw(1, (await headerOf(f.ethers.provider)).header), "NoBlockHash", drawBlock);
    await refused(f.federation.commit(taskId, 1, word(1), word(1), word(1), 1), "WrongPhase", 1);
    await refused(f.federation.closeRound(taskId, 1), "TooEarly", drawBlock);
    await f.networkHelpers.mine(4);
    for (const other of [drawBlock - 1, drawBlock]) {
      const { header } = await headerOf(f.ethers.provider, other);
      await refused(draw(1, other === drawBlock ? `${header}00` : header), "WrongHeader");
    }
    const mix = await drawRight();
    const coder = f.ethers.AbiCoder.defaultAbiCoder();
    const encoded = coder.encode(["bytes32", "address", "uint32", "uint32"], [mix, f.address, taskId, 1]);
    const seed = BigInt(f.ethers.keccak256(encoded)) >> 192n;
    const event = (await f.federation.queryFilter("RoundDrawn"))[0] as unknown as { args: { seed: bigint } };
    expect(event.args.seed).equals(seed);
    await refused(draw(1, "0x"), "WrongPhase", 2);
    for (const [index, member] of f.members.entries()) {
      const slot = slotOf(index, 8, 4, seed);
      if (slot < 4)
        await expect(f.commit(taskId, member))
          .emit(f.federation, "Committed")
          .withArgs(taskId, 1, member.address, slot, any, any, any);
      else await refused(f.commit(taskId, member), "NotDrawn", member.address);
    }
    await f.federation.closeRound(taskId, 1);
    await f.propose(taskId);
    await f.accept(taskId);
  });

  it("binds its draw, and the history at its opening, in its start value", async () => {
    const record = async () => f.federation.connect(f.admin).record(taskId, f.first(taskId), 1, word(1));
    await f.openRound(taskId);
    const task = f.ethers.keccak256(f.ethers.AbiCoder.defaultAbiCoder().encode(["uint32", "uint256"], [taskId, 1]));
    const [head] = await f.federation.extsload([`0x${(BigInt(task) + 3n).toString(16)}`]);
    await record();
    await drawRight();
    const event = (await f.federation.queryFilter("RoundDrawn"))[0] as unknown as {
      args: { seed: bigint; start: string };
    };
    const types = ["uint256", "address", "uint32", "uint32", "bytes32", "bytes32", "uint256", "uint256", "uint256"];
    const values = [f.chainId, f.address, taskId, 1, head, word(0), event.args.seed, 8, 4];
    expect(event.args.start).equals(f.ethers.keccak256(f.ethers.AbiCoder.defaultAbiCoder().encode(types, values)));
  });

  it("ends when its block is out of reach, and the next one draws anew", async () => {
    await f.openRound(taskId);
    const { drawBlock } = await f.facts(taskId);
    await f.networkHelpers.mineUpTo(drawBlock + 255);
    await refused(f.federation.closeRound(taskId, 1), "TooEarly", drawBlock);
    await f.networkHelpers.mine();
    await refused(draw(1, (await headerOf(f.ethers.provider, drawBlock)).header), "NoBlockHash", drawBlock);
    await expect(f.federation.closeRound(taskId, 1))
      .emit(f.federation, "RoundInvalid")
      .withArgs(taskId, 1, noDraw, any);
    await f.openRound(taskId);
    await drawRight();
  });

  it("opens at once where all that are there are drawn", async () => {
    for (const member of f.members.slice(2)) await f.federation.connect(member).leave(taskId, f.first(taskId));
    await f.openRound(taskId);
    const { drawBlock, drawn, start } = await f.facts(taskId);
    expect([drawBlock, drawn]).deep.equals([0, 2]);
    expect(start).not.equals(zeroWord);
    for (const member of f.members.slice(0, 2)) await f.commit(taskId, member);
    await f.federation.closeRound(taskId, 1);
  });

  it("is ended by a roll-back before it is drawn, and another may open", async () => {
    await f.openRound(taskId);
    await drawRight();
    for (const one of f.members) await f.commit(taskId, one).catch(() => undefined);
    await f.federation.closeRound(taskId, 1);
    const { committed, totalWeight } = await f.facts(taskId);
    await f.propose(taskId, { excluded: committed & -committed, totalWeight: totalWeight - 9n });
    const attesters = (await f.facts(taskId)).commitments.map(({ participant }) => f.signerOf(participant));
    await f.accept(taskId, attesters.slice(0, 3));
    await f.openRound(taskId);
    const { evidence, commitments } = await f.facts(taskId, 1);
    const call = f.proofs.proveWeight(f.federation, evidence, commitments);
    await expect(call).emit(f.federation, "RoundInvalid").withArgs(taskId, 2, rolledBack, any);
    await expect(call).emit(f.federation, "RolledBack").withArgs(taskId, 1, 2, word(0));
    await refused(draw(2, "0x"), "WrongPhase", 6);
    await f.openRound(taskId, attesters[3]!);
    await drawRight();
  });
});

import { expect } from "chai";
import { withoutProposal } from "./support/facts.ts";
import {
  baseRules,
  createFederation,
  type SoliditySignedCommitment,
  type TestFederation,
  word,
  zeroWord,
} from "./support/federation.ts";

const equivocation = 4;
/** Half of the order of secp256k1, rounded down: the greatest s of a signature. */
const halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

describe("Two words of one account", () => {
  let f: TestFederation;
  let taskId: number;

  beforeEach(async () => {
    f = await createFederation({ participants: 4, aggregators: 2 });
    taskId = await f.createTask();
    await f.openRound(taskId);
  });

  const closed = async () => {
    for (const member of f.members) await f.commit(taskId, member);
    await f.federation.closeRound(taskId, 1);
  };
  const prove = async (one: SoliditySignedCommitment, other: SoliditySignedCommitment, anchor?: string) =>
    f.proofs.proveEquivocation(f.federation, taskId, 1, anchor ?? (await f.facts(taskId)).anchor, one, other);
  const sign = (member: number, change: Parameters<TestFederation["signCommitment"]>[2] = {}) =>
    f.signCommitment(taskId, f.members[member]!, change);

  it("over one anchor expel it, whichever field differs", async () => {
    const changes = [{ weight: 11 }, { updateRoot: word(9) }, { contentId: word(9) }];
    for (const [member, change] of changes.entries()) {
      const [one, other] = [await sign(member), await sign(member, change)];
      await expect(prove(one, other))
        .emit(f.federation, "MemberExpelled")
        .withArgs(taskId, 1, f.members[member]!.address, equivocation, 0);
      await expect(prove(other, one)).revertedWithCustomError(f.federation, "NothingToTake");
    }
  });

  it("need not be over an anchor that the chain knows", async () => {
    const anchor = word(77);
    await expect(prove(await sign(0, { anchor }), await sign(0, { anchor, weight: 3 }), anchor)).emit(
      f.federation,
      "MemberExpelled",
    );
  });

  it("are none where they say the same, are of two accounts, or over two anchors", async () => {
    const one = await sign(0);
    const refused = async (other: SoliditySignedCommitment, first = one) =>
      expect(prove(first, other)).revertedWithCustomError(f.proofs, "NoEquivocation");
    await refused(one);
    await refused(await sign(1, { weight: 3 }));
    await refused(await sign(0, { weight: 3, anchor: word(1) }));
    await refused(await sign(0, { weight: 3, round: 2, anchor: (await f.facts(taskId)).anchor }));
    const other = await sign(0, { weight: 3 });
    await refused({ ...other, weight: 4 });
    // one word with another signature of the same account is still one word
    const chain = { r: one.signature.r, vs: one.signature.vs };
    await refused({ ...one, signature: chain });
  });

  it("are rewarded by what such a proof costs, however dear the dearest is", async () => {
    const rules = await f.bonded(baseRules);
    taskId = await f.createTask(rules);
    await f.openRound(taskId);
    const bondWei = f.bonds(rules).participant;
    // 1.5 times 300,000 gas at 100 gwei
    const reward = 45n * 10n ** 15n;
    const call = await prove(await sign(0), await sign(0, { weight: 3 }));
    await expect(call)
      .emit(f.federation, "Rewarded")
      .withArgs(taskId, f.admin.address, reward, bondWei - reward);
    expect(reward < bondWei / 2n).equals(true);
  });

  it("keep one out that has left and taken its bond, too", async () => {
    const gone = f.federation.connect(f.members[3]!);
    taskId = await f.createTask();
    await gone.leave(taskId, f.first(taskId));
    await f.federation.freePlaces(taskId);
    await f.openRound(taskId);
    await expect(prove(await sign(3), await sign(3, { weight: 3 }))).emit(f.federation, "MemberExpelled");
    await expect(gone.enrol(taskId, f.first(taskId), zeroWord, "0x")).revertedWithCustomError(f.federation, "Expelled");
  });

  it("of an account that is not in the task take nothing", async () => {
    const signed = async (weight: number) => f.signCommitment(taskId, f.outsider, { weight, ...roots });
    const roots = { updateRoot: word(1), contentId: word(2) };
    await expect(prove(await signed(1), await signed(2))).revertedWithCustomError(f.federation, "NothingToTake");
  });

  it("are signatures of this federation, as the contract makes them, or nothing", async () => {
    const [one, other] = [await sign(0), await sign(0, { weight: 3 })];
    const elsewhere = await createFederation({ participants: 4, aggregators: 2 });
    const there = await elsewhere.createTask();
    await elsewhere.openRound(there);
    const { anchor } = await f.facts(taskId);
    const foreign = await elsewhere.signCommitment(there, elsewhere.members[0]!, { weight: 3, anchor });
    if (elsewhere.address !== f.address) {
      await expect(prove(one, foreign)).revertedWithCustomError(f.proofs, "NoEquivocation");
    }
    const signature = { r: `0x${"00".repeat(32)}`, vs: other.signature.vs };
    // two of nobody's are no account's
    await expect(prove({ ...one, signature }, { ...other, signature })).revertedWithCustomError(
      f.federation,
      "NothingToTake",
    );
    await expect(prove(one, { ...other, signature })).revertedWithCustomError(f.proofs, "NoEquivocation");
    const parity = BigInt(other.signature.vs) >> 255n;
    const high = (parity << 255n) | (halfOrder + 1n);
    const malleable = { r: other.signature.r, vs: `0x${high.toString(16).padStart(64, "0")}` };
    await expect(prove(one, { ...other, signature: malleable })).revertedWithCustomError(f.proofs, "NoEquivocation");
  });

  it("may be one of the chain and one that was signed: while the round aggregates, is proposed, and when it is accepted", async () => {
    await closed();
    for (const [member, step, change] of [
      [0, async () => undefined, { weight: 11 }],
      [1, async () => f.propose(taskId), { updateRoot: word(9) }],
      [2, async () => f.accept(taskId, f.members.slice(2)), { contentId: word(9) }],
    ] as const) {
      await step();
      const { evidence, commitments } = await f.facts(taskId);
      const call = await f.proofs.proveDoubleCommitment(
        f.federation,
        evidence,
        commitments,
        member,
        await sign(member, change),
      );
      await expect(call)
        .emit(f.federation, "MemberExpelled")
        .withArgs(taskId, 1, f.members[member]!.address, equivocation, 0);
      await expect(call).not.emit(f.federation, "Struck");
    }
  });

  it("of which one is the chain's are refused where they say the same, are another's, or the evidence is not the chain's", async () => {
    await closed();
    const { evidence, commitments, anchor } = await f.facts(taskId);
    const call = (
      position: number,
      signed: SoliditySignedCommitment,
      { given = evidence, of = commitments }: { given?: object; of?: object } = {},
    ) => f.proofs.proveDoubleCommitment(f.federation, given, of, position, signed);
    const wrong = await sign(1, { weight: 11 });
    const refused = async (one: Promise<unknown>, error: string, by: object = f.proofs) =>
      expect(one).revertedWithCustomError(by as never, error);
    await refused(call(1, await sign(1)), "NoEquivocation");
    await refused(call(0, wrong), "NoEquivocation");
    await refused(call(1, await sign(1, { weight: 11, anchor: word(1) })), "NoEquivocation");
    await refused(call(4, wrong), "MalformedProof");
    await refused(call(1, wrong, { of: commitments.slice(1) }), "WrongCommitments");
    const changed = { ...evidence, inputs: { ...evidence.inputs, drawn: 5 } };
    await refused(call(1, wrong, { given: changed }), "WrongEvidence", f.federation);
    const opened = { ...evidence, inputs: { ...evidence.inputs, openingsHash: word(1) } };
    await refused(call(1, wrong, { given: opened }), "WrongEvidence", f.federation);
    const later = { ...evidence, inputs: { ...evidence.inputs, round: 2 } };
    const signed = await f.signCommitment(taskId, f.members[1]!, { weight: 11, round: 2, anchor });
    await refused(call(1, signed, { given: later }), "WrongRound", f.federation);
    await call(1, wrong);
    await refused(call(1, wrong), "NothingToTake", f.federation);
  });

  it("are refused without a proposal while the round is open, and when it is accepted", async () => {
    for (const member of f.members) await f.commit(taskId, member);
    const wrong = await sign(1, { weight: 11 });
    const call = async () => {
      const { evidence, commitments } = await f.facts(taskId);
      return f.proofs.proveDoubleCommitment(f.federation, withoutProposal(evidence), commitments, 1, wrong);
    };
    await expect(call()).revertedWithCustomError(f.federation, "WrongPhase").withArgs(2);
    await f.federation.closeRound(taskId, 1);
    await f.propose(taskId);
    await f.accept(taskId);
    await expect(call()).revertedWithCustomError(f.federation, "WrongPhase").withArgs(5);
  });

  it("end a round in which too few are left, at once", async () => {
    taskId = await f.createTask({ minUpdates: 3 });
    await f.openRound(taskId);
    await closed();
    await f.propose(taskId);
    for (const member of [0, 1]) {
      await expect(f.federation.reassign(taskId, 1)).revertedWithCustomError(f.federation, "TooEarly");
      await prove(await sign(member), await sign(member, { weight: 3 }));
    }
    const { historyHead } = (await (await f.federation.reassign(taskId, 1)).wait())!.logs
      .map((log: never) => f.federation.interface.parseLog(log)!)
      .find(({ name }: { name: string }) => name === "RoundInvalid")!.args;
    const [event] = await f.federation.queryFilter("RoundInvalid");
    expect([...(event as never as { args: unknown[] }).args]).deep.equals([BigInt(taskId), 1n, 1n, historyHead]);
  });
});

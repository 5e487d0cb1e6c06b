import { expect } from "chai";
import { createFederation, maskedRules, type TestFederation, word, zeroWord } from "./support/federation.ts";
import { expectRefused } from "./support/refused.ts";

/** x of secp256k1's generator: a key of somebody. */
const generator = "0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const encryptedRules = { ...maskedRules, mode: 2, minUpdates: 2, thresholdPercent: 0, clipLanes: 1000 };
const tooFewUpdates = 1;
const any = () => true;

describe("A round with keys", () => {
  let f: TestFederation;
  let taskId: number;
  const refused = (call: Promise<unknown>, error: string, ...args: readonly unknown[]) =>
    expectRefused(f, call, error, ...args);
  const keysOf = (i: number) => ({
    ...{ maskKey: generator, seedHash: word(i + 10), sharesId: word(i + 20), shareKey: word(i + 30) },
  });
  const sign = (i: number, change: Partial<ReturnType<typeof keysOf>> = {}) =>
    f.signKeys(taskId, f.members[i]!, { ...keysOf(i), ...change });
  const advertise = async (...signed: Awaited<ReturnType<typeof sign>>[]) => {
    const { round } = await f.facts(taskId);
    return f.federation.connect(f.outsider).advertise(taskId, round, signed);
  };
  const advertiseAll = async (count = f.members.length) =>
    advertise(...(await Promise.all(Array.from({ length: count }, (_, i) => sign(i)))));
  const close = async () => f.federation.closeRound(taskId, (await f.facts(taskId)).round);

  beforeEach(async () => {
    f = await createFederation({ participants: 5, aggregators: 2 });
  });

  it("takes signed keys over its start, from anyone, and passes over what does not count", async () => {
    taskId = await f.createTask(maskedRules, { enrolled: f.members.slice(0, 4) });
    await f.openRound(taskId);
    await f.federation.connect(f.members[3]!).leave(taskId, f.first(taskId));
    const wrong = [
      await sign(0, { maskKey: zeroWord }),
      // no point has this x
      await sign(0, { maskKey: `0x${"00".repeat(31)}05` }),
      await sign(0, { seedHash: zeroWord }),
      await sign(0, { sharesId: zeroWord }),
      await sign(0, { shareKey: zeroWord }),
      { ...(await sign(0)), shareKey: word(1) },
      await sign(3),
      await sign(4),
      { ...(await sign(0)), signature: { r: zeroWord, vs: zeroWord } },
    ];
    await refused(advertise(...wrong), "NothingAdded");
    await refused(advertise(), "NothingAdded");
    const right = [await sign(2), await sign(0)];
    await expect(advertise(...wrong, ...right, right[0]!))
      .emit(f.federation, "Advertised")
      .withArgs(taskId, 1, f.members[2]!.address, 2, ...Object.values(keysOf(2)), right[0]!.signature.r, any);
    await refused(advertise(...right), "NothingAdded");
    expect((await f.facts(taskId)).keyed).equals(0b101n);
    await refused(f.federation.advertise(taskId, 2, right), "WrongRound", 1);
    const { start, anchor } = await f.facts(taskId);
    expect(start).not.equals(anchor);
    await f.pass(101);
    await refused(advertise(await sign(1)), "TooLate");
    const transparent = await f.createTask({ minUpdates: 1 });
    await refused(f.federation.advertise(transparent, 1, right), "WrongRound", 0);
    await f.openRound(transparent);
    await refused(f.federation.advertise(transparent, 1, right), "WrongMode", 0);
  });

  it("takes commitments over its anchor from who advertised, when no key can come any more", async () => {
    taskId = await f.createTask(maskedRules);
    await f.openRound(taskId);
    await refused(f.commit(taskId, f.members[0]!), "TooEarly");
    await advertiseAll(3);
    const { start, anchor } = await f.facts(taskId);
    await refused(f.commit(taskId, f.members[0]!), "TooEarly");
    await f.pass(101);
    const commit = (over: string, i: number) =>
      f.federation.connect(f.members[i]!).commit(taskId, 1, over, word(1), word(2), 3);
    await refused(commit(start, 0), "WrongAnchor", anchor);
    await refused(commit(anchor, 3), "NotAdvertised", f.members[3]!.address);
    for (const i of [0, 2]) await commit(anchor, i);
    const last = await f.signCommitment(taskId, f.members[1]!);
    await f.federation.commitBatch(taskId, 1, [await f.signCommitment(taskId, f.members[4]!), last]);
    // 5 are drawn, 51 % of the 4 others are 3: a round of 4 at least
    await expect(close()).emit(f.federation, "RoundInvalid").withArgs(taskId, 1, tooFewUpdates, any);
  });

  it("does not wait for its key window when all have advertised, and closes with enough of them", async () => {
    taskId = await f.createTask(maskedRules);
    await f.openRound(taskId);
    await advertiseAll();
    for (const member of f.members.slice(0, 4)) await f.commit(taskId, member);
    await refused(close(), "TooEarly");
    await f.pass(701);
    await expect(close()).emit(f.federation, "RoundClosed");
    const { totalWeight } = await f.facts(taskId);
    const openings = (words: number) => `0x${"11".repeat(32 * words)}`;
    await refused(f.propose(taskId, {}, openings(4)), "InvalidOpenings");
    await refused(f.propose(taskId, {}, "0x"), "InvalidOpenings");
    await refused(f.propose(taskId, { excluded: 1n, totalWeight: totalWeight - 10n }, openings(5)), "InvalidExclusion");
    await f.propose(taskId, {}, openings(5));
    await expect(f.accept(taskId, f.members.slice(0, 3))).emit(f.federation, "RoundAccepted");
    // the next one begins with no keys
    await f.openRound(taskId);
    expect((await f.facts(taskId)).keyed).equals(0n);
    await f.pass(101);
    await expect(close()).emit(f.federation, "RoundInvalid");
  });

  it("of encrypted updates needs one key, of whoever, and opens by one content id", async () => {
    taskId = await f.createTask(encryptedRules);
    await f.openRound(taskId);
    await refused(advertise(await sign(0)), "NothingAdded");
    const group = { maskKey: word(3), shareKey: zeroWord };
    await advertise(await sign(1, group));
    await refused(close(), "TooEarly");
    await f.pass(101);
    for (const member of f.members) await f.commit(taskId, member);
    await close();
    const excluding = { excluded: 1n, totalWeight: 40n };
    await refused(f.propose(taskId, excluding, word(8)), "InvalidExclusion");
    await refused(f.propose(taskId, {}, `${word(8)}00`), "InvalidOpenings");
    await f.propose(taskId, {}, word(8));
    await f.accept(taskId);
    await f.openRound(taskId);
    await f.pass(101);
    for (const member of f.members.slice(0, 3)) await f.commit(taskId, member);
    await expect(close()).emit(f.federation, "RoundInvalid").withArgs(taskId, 2, tooFewUpdates, any);
  });

  describe("and a budget", () => {
    const spend = async (rounds: number, closing: boolean) => {
      for (let i = 0; i < rounds; i++) {
        await f.openRound(taskId);
        await advertiseAll();
        for (const member of closing ? f.members : f.members.slice(0, 2)) await f.commit(taskId, member);
        await f.pass(701);
        await close();
        if (!closing) continue;
        await f.propose(taskId, {}, `0x${"11".repeat(160)}`);
        await f.accept(taskId);
      }
    };

    it("counts no masked round that ended while Open, and each that closed", async () => {
      taskId = await f.createTask({ ...maskedRules, roundsPerParticipant: 2 });
      await spend(3, false);
      await spend(1, true);
      await spend(2, false);
      await spend(1, true);
      await f.openRound(taskId);
      await refused(advertise(await sign(0)), "NothingAdded");
      await f.pass(101);
      await refused(f.commit(taskId, f.members[0]!), "NotAdvertised");
    });

    it("counts a masked round that closed and became invalid", async () => {
      taskId = await f.createTask({ ...maskedRules, roundsPerParticipant: 1 });
      await f.openRound(taskId);
      await advertiseAll();
      for (const member of f.members) await f.commit(taskId, member);
      await close();
      for (const _ of [1, 2]) {
        await f.pass(301);
        await f.federation.reassign(taskId, 1);
      }
      await f.openRound(taskId);
      await refused(advertise(await sign(0)), "NothingAdded");
    });

    it("counts a masked round that closed for nobody's turn as not closed", async () => {
      taskId = await f.createTask({ ...maskedRules, roundsPerParticipant: 1 });
      for (const one of f.aggregators) await f.federation.connect(one).leave(taskId, f.first(taskId));
      for (let round = 1; round <= 2; round++) {
        await f.openRound(taskId);
        await advertiseAll();
        for (const member of f.members) await f.commit(taskId, member);
        const call = close();
        await expect(call).emit(f.federation, "RoundInvalid").withArgs(taskId, round, 6, any);
        await expect(call).not.emit(f.federation, "RoundClosed");
      }
    });

    it("counts a transparent commitment when it is made, and is not renewed by leaving", async () => {
      taskId = await f.createTask({ roundsPerParticipant: 2 });
      const [one] = f.members;
      for (let round = 1; round <= 2; round++) {
        await f.openRound(taskId);
        await f.commit(taskId, one!);
        await f.pass(601);
        await close();
      }
      await f.federation.connect(one!).leave(taskId, f.first(taskId));
      await f.federation.freePlaces(taskId);
      await f.federation.connect(one!).enrol(taskId, f.first(taskId), zeroWord, "0x");
      await f.openRound(taskId);
      await refused(f.commit(taskId, one!), "BudgetSpent", one!.address);
      const batch = [await f.signCommitment(taskId, one!)];
      await refused(f.federation.commitBatch(taskId, 3, batch), "NothingAdded");
      await f.commit(taskId, f.members[1]!);
    });
  });
});

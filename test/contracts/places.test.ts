import { expect } from "chai";
import {
  baseRules,
  createFederation,
  maskedRules,
  openAccess,
  type TestFederation,
  word,
  zeroWord,
} from "./support/federation.ts";
import { expectRefused } from "./support/refused.ts";

const region = (name: string) => `0x${Buffer.from(name).toString("hex").padEnd(64, "0")}`;

describe("Tasks and their places", () => {
  let f: TestFederation;
  const refused = (call: Promise<unknown>, error: string, ...args: readonly unknown[]) =>
    expectRefused(f, call, error, ...args);
  const as = (who: { address: string }) => f.federation.connect(f.signerOf(who.address));
  const enrol = (taskId: number, who: { address: string }, value = 0n) =>
    as(who).enrol(taskId, f.first(taskId), zeroWord, "0x", { value });
  /** Events of these names, in their order, of what the call did. */
  const eventsOf = async (call: Promise<unknown>, ...names: string[]) => {
    const sent = (await call) as { wait(): Promise<{ logs: never[] }> };
    const logs = (await sent.wait()).logs.map((log) => f.federation.interface.parseLog(log)!);
    return logs.filter(({ name }) => names.includes(name)).map(({ name, args }) => [name, args[1]]);
  };

  beforeEach(async () => {
    f = await createFederation({ participants: 6, aggregators: 3 });
  });

  it("are created by who has the role, with a specification, a model and an access in range", async () => {
    const create = (spec = "0x7b7d", root = word(0), access: object = openAccess, by = f.admin) =>
      as(by).createTask(baseRules, access, root, spec, "0x");
    await expect(create()).emit(f.federation, "TaskCreated");
    await create(`0x${"61".repeat(8192)}`);
    await refused(create("0x"), "InvalidSpec");
    await refused(create(`0x${"61".repeat(8193)}`), "InvalidSpec");
    await refused(create("0x7b7d", zeroWord), "InvalidRoot");
    await create("0x7b7d", word(0), { ...openAccess, regions: Array(32).fill(word(1)) });
    const wrong = [Array(33).fill(word(1)), [word(1), zeroWord]];
    for (const list of wrong) {
      await refused(create("0x7b7d", word(0), { ...openAccess, organisations: list }), "InvalidAccess");
      await refused(create("0x7b7d", word(0), { ...openAccess, regions: list }), "InvalidAccess");
    }
    const unauthorized = "AccessControlUnauthorizedAccount";
    await refused(create("0x7b7d", word(0), openAccess, f.outsider), unauthorized);
  });

  it("are taken in order, by members of the role, once, and not in a task that there is not", async () => {
    const taskId = await f.createTask({}, { enrolled: f.members.slice(0, 2) });
    await expect(enrol(taskId, f.members[2]!))
      .emit(f.federation, "Enrolled")
      .withArgs(taskId, f.members[2]!.address, 2, zeroWord, f.ethers.keccak256(`0x${"00".repeat(96)}`));
    await refused(enrol(taskId, f.members[2]!), "AlreadyEnrolled", f.members[2]!.address);
    await refused(as(f.aggregators[0]!).join(taskId, f.first(taskId)), "AlreadyEnrolled", f.aggregators[0]!.address);
    await refused(enrol(taskId + 1, f.members[3]!), "UnknownTask", taskId + 1);
    await refused(as(f.aggregators[0]!).join(taskId + 1, f.first(taskId + 1)), "UnknownTask");
    await refused(enrol(taskId, f.outsider), "AccessControlUnauthorizedAccount");
    await refused(as(f.outsider).join(taskId, f.first(taskId)), "AccessControlUnauthorizedAccount");
  });

  it("are of a participant or of an aggregator, never of both", async () => {
    const [member] = f.members;
    const taskId = await f.createTask();
    await f.federation.grantRole(f.role("AGGREGATOR_ROLE"), member!.address);
    await refused(as(member!).join(taskId, f.first(taskId)), "AlreadyEnrolled", member!.address);
    await as(member!).leave(taskId, f.first(taskId));
    await refused(as(member!).join(taskId, f.first(taskId)), "AlreadyEnrolled");
    await f.federation.freePlaces(taskId);
    await expect(as(member!).join(taskId, f.first(taskId))).emit(f.federation, "Joined");
    await refused(enrol(taskId, member!), "AlreadyEnrolled");
    // an aggregator commits nothing
    await f.openRound(taskId, f.members[1]!);
    await refused(f.commit(taskId, member!), "NotEnrolled", member!.address);
  });

  it("are as many as may take part: maxUpdates where everybody does, 32 aggregators", async () => {
    const taskId = await f.createTask({ maxUpdates: 4 }, { enrolled: f.members.slice(0, 4) });
    await refused(enrol(taskId, f.members[4]!), "TaskFull", taskId);
    const many = await createFederation({ participants: 2, aggregators: 33 });
    const full = many.createTask();
    await expectRefused(many, full, "TaskFull", 1);
  });

  it("ask for what the task asks for: attributes, a statement, the bond, share keys in masked tasks only", async () => {
    const access = { organisations: [region("a"), region("b")], regions: [region("eu")], clearance: 2 };
    await f.federation.createTask({ ...baseRules, statementRequired: true }, access, word(0), "0x7b7d", "0x");
    const [one, aggregator] = [f.members[0]!, f.aggregators[0]!];
    const set = (who: { address: string }, organisation: string, where: string, clearance: number) =>
      f.federation.setAttributes(who.address, { organisation: region(organisation), region: region(where), clearance });
    await refused(enrol(1, one), "NotEligible", one.address);
    for (const [organisation, where, clearance] of [
      ["c", "eu", 2],
      ["b", "us", 2],
      ["b", "eu", 1],
    ] as const) {
      await set(one, organisation, where, clearance);
      await refused(enrol(1, one), "NotEligible");
    }
    await expect(set(one, "b", "eu", 3)).emit(f.federation, "AttributesSet");
    await refused(
      as(one).setAttributes(one.address, { organisation: word(1), region: word(1), clearance: 255 }),
      "AccessControlUnauthorizedAccount",
    );
    await refused(enrol(1, one), "NoStatement");
    await refused(as(aggregator).join(1, f.first(1)), "NotEligible");
    const encoded = f.ethers.AbiCoder.defaultAbiCoder().encode(
      ["bytes32", "bytes32", "uint8"],
      [region("b"), region("eu"), 3],
    );
    await expect(as(one).enrol(1, f.first(1), word(7), "0x"))
      .emit(f.federation, "Enrolled")
      .withArgs(1, one.address, 0, word(7), f.ethers.keccak256(encoded));
    await refused(as(f.members[1]!).enrol(1, f.first(1), word(7), `0x${"11".repeat(96)}`), "NotEligible");

    await f.federation.createTask(baseRules, openAccess, word(0), "0x7b7d", "0x");
    await refused(as(one).enrol(2, f.first(2), zeroWord, `0x${"11".repeat(96)}`), "InvalidShareKey");
    await f.federation.createTask(maskedRules, openAccess, word(0), "0x7b7d", "0x");
    await refused(as(one).enrol(3, f.first(3), zeroWord, `0x${"11".repeat(95)}`), "InvalidShareKey");
    await expect(as(one).enrol(3, f.first(3), zeroWord, `0x${"11".repeat(96)}`)).emit(f.federation, "ShareKeySet");
    await expect(as(one).setShareKey(3, f.first(3), `0x${"22".repeat(96)}`)).emit(f.federation, "ShareKeySet");
    await refused(as(one).setShareKey(3, f.first(3), "0x"), "InvalidShareKey");
    await refused(as(f.members[1]!).setShareKey(3, f.first(3), `0x${"22".repeat(96)}`), "NotEnrolled");
    await as(aggregator).join(3, f.first(3));
    await refused(as(aggregator).setShareKey(3, f.first(3), `0x${"22".repeat(96)}`), "NotEnrolled", aggregator.address);

    const bonded = await f.bonded(baseRules);
    await f.federation.createTask(bonded, openAccess, word(0), "0x7b7d", "0x");
    const bondWei = f.bonds(bonded).participant;
    for (const value of [0n, bondWei - 1n, bondWei + 1n]) {
      await refused(enrol(4, one, value), "WrongBond", bondWei);
      await refused(as(aggregator).join(4, f.first(4), { value }), "WrongBond");
    }
    await enrol(4, one, bondWei);
    await refused(enrol(2, one, 1n), "WrongBond", 0);
  });

  it("of one account are in at most 16 tasks", async () => {
    const [one] = f.members;
    for (let taskId = 1; taskId <= 17; taskId++) {
      await f.federation.createTask(baseRules, openAccess, word(0), "0x7b7d", "0x");
      if (taskId <= 16) await enrol(taskId, one!);
    }
    await refused(enrol(17, one!), "TooManyTasks");
    await as(one!).leave(5, f.first(5));
    await enrol(17, one!);
    await f.federation.freePlaces(5);
    await refused(enrol(5, one!), "TooManyTasks");
    // all of them end with the role
    const left = await eventsOf(f.federation.revokeRole(f.role("PARTICIPANT_ROLE"), one!.address), "Leaving");
    expect(left.length).equals(16);
  });

  it("are left at once, freed between rounds, and the last of the list moves there", async () => {
    const taskId = await f.createTask();
    const [a, b, c, d, e, g] = f.members.map(({ address }) => address);
    await f.openRound(taskId);
    await expect(as(f.members[1]!).leave(taskId, f.first(taskId)))
      .emit(f.federation, "Leaving")
      .withArgs(taskId, b);
    await refused(as(f.members[1]!).leave(taskId, f.first(taskId)), "NotEnrolled", b);
    await refused(f.commit(taskId, f.members[1]!), "NotEnrolled", b);
    await refused(f.federation.freePlaces(taskId), "WrongPhase", 2);
    await refused(f.federation.freePlaces(taskId + 1), "UnknownTask", taskId + 1);
    await f.pass(601);
    await f.federation.closeRound(taskId, 1);
    await as(f.members[5]!).leave(taskId, f.first(taskId));
    await as(f.members[4]!).leave(taskId, f.first(taskId));
    // e is behind g, which leaves itself: g goes first, then e, so that d moves to b's place
    expect(await eventsOf(f.federation.freePlaces(taskId), "Left")).deep.equals([
      ["Left", g],
      ["Left", e],
      ["Left", b],
    ]);
    expect(await eventsOf(f.federation.freePlaces(taskId), "Left")).deep.equals([]);
    await f.openRound(taskId);
    for (const [slot, member] of [0, 3, 2].entries()) {
      await expect(f.commit(taskId, f.members[member]!))
        .emit(f.federation, "Committed")
        .withArgs(taskId, 2, [a, d, c][slot], slot, 10, word(200 + member), word(250 + member));
    }
  });

  it("are freed 32 at a time, by anyone", async () => {
    f = await createFederation({ participants: 40, aggregators: 1 });
    const taskId = await f.createTask();
    for (const member of f.members.slice(0, 38)) await as(member).leave(taskId, f.first(taskId));
    const free = () => eventsOf(as(f.outsider).freePlaces(taskId), "Left");
    expect((await free()).length).equals(32);
    expect((await free()).length).equals(6);
    await f.openRound(taskId, f.members[38]!);
    for (const member of f.members.slice(38)) await f.commit(taskId, member);
    expect((await f.facts(taskId)).committed).equals(3n);
  });

  it("of aggregators carry their idle bit along", async () => {
    const taskId = await f.createTask({ attempts: 4 });
    const places = f.aggregators;
    const skip = async (round: number) => {
      const { assigned } = await f.facts(taskId, round);
      await f.pass(301);
      await f.federation.reassign(taskId, round);
      return assigned;
    };
    await f.openRound(taskId);
    for (const member of f.members) await f.commit(taskId, member);
    await f.federation.closeRound(taskId, 1);
    // (1 + 0) % 3 is the second, then the third
    expect(await skip(1)).equals(places[1]!.address);
    expect(await skip(1)).equals(places[2]!.address);
    expect((await f.facts(taskId)).assigned).equals(places[0]!.address);
    await refused(as(places[0]!).resume(taskId), "NotIdle", places[0]!.address);
    await refused(as(f.outsider).resume(taskId), "NotEnrolled", f.outsider.address);
    await refused(as(f.members[0]!).resume(taskId), "NotIdle", f.members[0]!.address);
    await expect(as(places[1]!).resume(taskId)).emit(f.federation, "Resumed").withArgs(taskId, places[1]!.address);
    await refused(as(places[1]!).resume(taskId), "NotIdle");
    await f.propose(taskId);
    await f.accept(taskId);
    // the third, idle, moves to the first place: of two it comes last, whatever the round
    await as(places[0]!).leave(taskId, f.first(taskId));
    for (const round of [2, 3]) {
      await f.openRound(taskId);
      for (const member of f.members) await f.commit(taskId, member);
      await f.federation.closeRound(taskId, round);
      expect((await f.facts(taskId)).assigned).equals(places[1]!.address);
      await f.propose(taskId);
      await f.accept(taskId);
    }
    await as(places[2]!).resume(taskId);
    await f.openRound(taskId);
    for (const member of f.members) await f.commit(taskId, member);
    await f.federation.closeRound(taskId, 4);
    expect((await f.facts(taskId)).assigned).equals(places[2]!.address);
  });

  it("end with the role that they were had by, and not with another", async () => {
    const [one] = f.members;
    const taskId = await f.createTask();
    await f.federation.grantRole(f.role("AGGREGATOR_ROLE"), one!.address);
    await f.federation.createTask(baseRules, openAccess, word(0), "0x7b7d", "0x");
    await as(one!).join(taskId + 1, f.first(taskId + 1));
    const end = (name: string) => eventsOf(f.federation.revokeRole(f.role(name), one!.address), "Leaving");
    expect((await end("AGGREGATOR_ROLE")).length).equals(1);
    await f.openRound(taskId);
    await f.commit(taskId, one!);
    expect((await end("PARTICIPANT_ROLE")).length).equals(1);
    expect((await end("PARTICIPANT_ROLE")).length).equals(0);
    await refused(f.openRound(taskId, one!), "NotEnrolled", one!.address);
  });

  it("have a record on which members, creators and admins write", async () => {
    const taskId = await f.createTask({}, { enrolled: f.members.slice(0, 1) });
    for (const who of [f.members[0]!, f.aggregators[0]!, f.admin]) {
      await expect(as(who).record(taskId, f.first(taskId), 2, word(3)))
        .emit(f.federation, "Recorded")
        .withArgs(taskId, who.address, 2, word(3));
    }
    await refused(as(f.members[1]!).record(taskId, f.first(taskId), 1, word(3)), "NotEnrolled", f.members[1]!.address);
    await refused(as(f.admin).record(taskId + 1, f.first(taskId + 1), 1, word(3)), "UnknownTask", taskId + 1);
  });

  it("are reached by a registry that members of any role write", async () => {
    const register = (who: { address: string }, peerId = 38, addrs = 1024, grant = 256) =>
      as(who).register(`0x${"00".repeat(peerId)}`, word(1), "a".repeat(addrs), `0x${"00".repeat(grant)}`);
    for (const who of [f.members[0]!, f.aggregators[0]!, f.admin]) {
      await expect(register(who)).emit(f.federation, "MemberRegistered");
    }
    await refused(register(f.outsider), "NotAMember", f.outsider.address);
    for (const lengths of [[33], [65], [38, 1025], [38, 1, 257]]) {
      await refused(register(f.admin, ...lengths), "InvalidContact");
    }
    await register(f.admin, 34, 0, 0);
    await register(f.admin, 64, 0, 0);
  });
});

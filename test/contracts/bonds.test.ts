import { expect } from "chai";
import {
  baseRules,
  createFederation,
  type SolidityRules,
  type TestFederation,
  zeroWord,
} from "./support/federation.ts";
import { expectRefused } from "./support/refused.ts";

const windowS = 3600;

describe("Bonds", () => {
  let f: TestFederation;
  let taskId: number;
  let rules: SolidityRules;
  let bondWei: bigint;
  const refused = (call: Promise<unknown>, error: string, ...args: readonly unknown[]) =>
    expectRefused(f, call, error, ...args);
  const as = (who: { address: string }) => f.federation.connect(f.signerOf(who.address));
  const release = (who: { address: string }) => as(f.outsider).releaseBond(taskId, who.address);
  const now = async () => (await f.ethers.provider.getBlock("latest"))!.timestamp;

  beforeEach(async () => {
    f = await createFederation({ participants: 4, aggregators: 2 });
    rules = await f.bonded({ ...baseRules, challengeWindowS: windowS, maxUpdates: 8 });
    taskId = await f.createTask(rules);
    bondWei = f.bonds(rules).participant;
  });

  it("stay for one window after the place was freed, to the second, and are their owner's then, whoever asks", async () => {
    const [one] = f.members;
    await refused(release(one!), "StillBonded", 0);
    await as(one!).leave(taskId, f.first(taskId));
    await refused(release(one!), "StillBonded", 0);
    await f.federation.freePlaces(taskId);
    const from = (await now()) + windowS + 1;
    await refused(release(one!), "StillBonded", from);
    await f.networkHelpers.time.setNextBlockTimestamp(from - 1);
    await refused(release(one!), "StillBonded", from);
    await f.networkHelpers.time.setNextBlockTimestamp(from);
    await expect(release(one!)).emit(f.federation, "BondReleased").withArgs(taskId, one!.address, bondWei);
    await refused(release(one!), "StillBonded", from);
    await refused(as(f.outsider).withdraw(), "NoAmount");
    await expect(as(one!).withdraw()).changeEtherBalances(f.ethers, [one!, f.federation], [bondWei, -bondWei]);
    await refused(as(one!).withdraw(), "NoAmount");
    await refused(release(f.outsider), "StillBonded", 0);
  });

  it("serve again where their owner comes back in the same role, and never in another", async () => {
    const [one] = f.members;
    await as(one!).leave(taskId, f.first(taskId));
    await f.federation.freePlaces(taskId);
    const from = (await now()) + windowS + 1;
    await f.federation.grantRole(f.role("AGGREGATOR_ROLE"), one!.address);
    await refused(as(one!).join(taskId, f.first(taskId), { value: bondWei }), "StillBonded", from);
    await refused(as(one!).enrol(taskId, f.first(taskId), zeroWord, "0x", { value: bondWei }), "WrongBond", 0);
    await as(one!).enrol(taskId, f.first(taskId), zeroWord, "0x");
    await f.pass(windowS + 2);
    await refused(release(one!), "StillBonded", 0);
    await as(one!).leave(taskId, f.first(taskId));
    await f.federation.freePlaces(taskId);
    await f.pass(windowS + 2);
    await release(one!);
    await refused(as(one!).join(taskId, f.first(taskId)), "WrongBond", bondWei);
    await as(one!).join(taskId, f.first(taskId), { value: bondWei });
    const balance = await f.ethers.provider.getBalance(f.address);
    expect(balance).equals(7n * bondWei);
  });

  it("of aggregators leave likewise, also when a round ran while they left", async () => {
    await f.openRound(taskId);
    const [one] = f.aggregators;
    await as(one!).leave(taskId, f.first(taskId));
    await refused(f.federation.freePlaces(taskId), "WrongPhase", 2);
    await f.pass(601);
    await f.federation.closeRound(taskId, 1);
    await f.openRound(taskId);
    await refused(release(one!), "StillBonded");
    await f.pass(windowS + 1);
    await expect(release(one!)).emit(f.federation, "BondReleased").withArgs(taskId, one!.address, bondWei);
  });

  it("all leave when nobody is there any more: the last aggregator, the admin and all roles gone", async () => {
    await f.openRound(taskId);
    for (const member of f.members) await f.commit(taskId, member);
    await f.federation.closeRound(taskId, 1);
    await f.propose(taskId);
    const all = [...f.members, ...f.aggregators];
    for (const member of f.members) await f.federation.revokeRole(f.role("PARTICIPANT_ROLE"), member.address);
    for (const one of f.aggregators) await f.federation.revokeRole(f.role("AGGREGATOR_ROLE"), one.address);
    await f.federation.connect(f.admin).renounceRole(zeroWord, f.admin.address);
    // nobody is left to be assigned
    await f.pass(301);
    await expect(as(f.outsider).reassign(taskId, 1))
      .emit(f.federation, "RoundInvalid")
      .withArgs(taskId, 1, 6, () => true);
    await as(f.outsider).freePlaces(taskId);
    await f.pass(windowS + 1);
    for (const one of all) await release(one);
    for (const one of all) await as(one).withdraw();
    expect(await f.ethers.provider.getBalance(f.address)).equals(0n);
  });

  it("are paid to who takes ether, and stay where it is refused", async () => {
    const refuses = 6;
    const wallet = (await f.ethers.deployContract("TestWallet", [refuses])) as unknown as {
      getAddress(): Promise<string>;
      execute(target: string, data: string, options?: object): Promise<unknown>;
    };
    const address = await wallet.getAddress();
    await f.federation.grantRole(f.role("PARTICIPANT_ROLE"), address);
    const call = (name: string, args: readonly unknown[] = []) => f.federation.interface.encodeFunctionData(name, args);
    await wallet.execute(f.address, call("enrol", [taskId, await f.first(taskId), zeroWord, "0x"]), { value: bondWei });
    await wallet.execute(f.address, call("leave", [taskId, await f.first(taskId)]));
    await f.federation.freePlaces(taskId);
    await f.pass(windowS + 1);
    await release({ address });
    await refused(wallet.execute(f.address, call("withdraw")), "PaymentRefused");
    expect(await f.ethers.provider.getBalance(f.address)).equals(7n * bondWei);
  });
});

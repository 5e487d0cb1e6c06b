import { expect } from "chai";
import { createFederation, type TestFederation, word, zeroWord } from "./support/federation.ts";
import { expectRefused } from "./support/refused.ts";

/** Answers of TestWallet.sol, in its order. */
const answers = ["yes", "no", "short", "flood", "revert", "burn"] as const;

describe("A quorum", () => {
  let f: TestFederation;
  let taskId: number;
  const refused = (call: Promise<unknown>, error: string, ...args: readonly unknown[]) =>
    expectRefused(f, call, error, ...args);
  const start = async (quorum: number, by = f.members) => {
    taskId = await f.createTask({ attestationQuorum: quorum, minUpdates: 2 });
    await f.openRound(taskId);
    for (const member of by) await f.commit(taskId, member);
    if (by.length < f.members.length) await f.pass(601);
    await f.federation.closeRound(taskId, 1);
    await f.propose(taskId);
  };

  beforeEach(async () => {
    f = await createFederation({ participants: 5, aggregators: 1 });
  });

  it("is more than half of those who committed, or the task's own where that is more", async () => {
    await start(1);
    await refused(f.accept(taskId, f.members.slice(0, 2)), "QuorumNotReached", 2, 3);
    await f.accept(taskId, f.members.slice(0, 3));
    await start(2, f.members.slice(0, 2));
    await refused(f.accept(taskId, f.members.slice(0, 1)), "QuorumNotReached", 1, 2);
    await f.accept(taskId, f.members.slice(0, 2));
  });

  it("counts each who committed once, and nobody else; who left since counts, whoever brings it", async () => {
    await start(1, f.members.slice(0, 4));
    const [a, b, c] = f.members;
    await f.federation.connect(c!).leave(taskId, f.first(taskId));
    const { evidence } = await f.facts(taskId);
    const accept = async (by: typeof f.members) =>
      f.federation.connect(f.outsider).accept(taskId, 1, evidence.proposal, await f.attest(taskId, by), []);
    const none = [f.members[4]!, f.outsider, f.aggregators[0]!, f.admin];
    await refused(accept([a!, a!, a!, b!, ...none]), "QuorumNotReached", 2, 3);
    await expect(accept([a!, ...none, b!, a!, c!]))
      .emit(f.federation, "RoundAccepted")
      .withArgs(
        taskId,
        1,
        evidence.proposal.modelRoot,
        [a, b, c].map((one) => one!.address),
        () => true,
        () => true,
      );
  });

  it("signs this very proposal, of this very round", async () => {
    await start(1);
    const { evidence } = await f.facts(taskId);
    const signatures = await f.attest(taskId);
    const accept = (change: object, round = 1) =>
      f.federation.accept(taskId, round, { ...evidence.proposal, ...change }, signatures, []);
    const { proposalHash } = await f.facts(taskId);
    for (const change of [{ modelRoot: word(1) }, { totalWeight: 1n }, { excluded: 1n }, { attempt: 1 }]) {
      await refused(accept(change), "WrongProposal", proposalHash);
    }
    await refused(accept({}, 2), "WrongRound", 1);
    await f.pass(301);
    await f.federation.reassign(taskId, 1);
    await f.propose(taskId);
    await refused(accept({ attempt: 1 }), "QuorumNotReached", 0, 3);
    await refused(accept({}), "WrongProposal");
  });

  it("counts what a wallet takes as its signature, within 50,000 gas, and skips every other answer", async () => {
    const abi = f.ethers.AbiCoder.defaultAbiCoder();
    const wallets = [];
    for (const [answer] of answers.entries()) {
      const wallet = (await f.ethers.deployContract("TestWallet", [answer])) as unknown as Wallet;
      await f.federation.grantRole(f.role("PARTICIPANT_ROLE"), await wallet.getAddress());
      wallets.push(wallet);
    }
    taskId = await f.createTask({ attestationQuorum: 1, maxUpdates: 11 });
    const call = (name: string, args: readonly unknown[]) => f.federation.interface.encodeFunctionData(name, args);
    for (const wallet of wallets)
      await wallet.execute(f.address, call("enrol", [taskId, await f.first(taskId), zeroWord, "0x"]));
    // a wallet may open a round, as any member
    await wallets[0]!.execute(f.address, call("openRound", [taskId, 1]));
    const { anchor } = await f.facts(taskId);
    for (const member of f.members) await f.commit(taskId, member);
    for (const wallet of wallets) {
      await wallet.execute(f.address, call("commit", [taskId, 1, anchor, word(1), word(2), 5]));
    }
    await f.federation.closeRound(taskId, 1);
    await f.propose(taskId);
    const { evidence } = await f.facts(taskId);
    const signature = abi.encode(["string"], ["its own way to sign"]);
    for (const wallet of wallets) await wallet.accept(signature);
    const words = await Promise.all(wallets.map(async (wallet) => ({ account: await wallet.getAddress(), signature })));
    // who is nobody's wallet, who did not commit, and a key's account
    const others = [f.address, f.outsider.address, f.members[4]!.address].map((account) => ({ account, signature }));
    const signatures = await f.attest(taskId, f.members.slice(0, 4));
    const accept = (given: typeof words) => f.federation.accept(taskId, 1, evidence.proposal, signatures, given);
    await refused(accept(words), "QuorumNotReached", 5, 6);
    await refused(accept([words[0]!, words[0]!, ...others]), "QuorumNotReached", 5, 6);
    await refused(accept([{ ...words[0]!, signature: "0x" }]), "QuorumNotReached", 4, 6);
    const five = await f.attest(taskId);
    await expect(f.federation.accept(taskId, 1, evidence.proposal, five, [...words, ...others]))
      .emit(f.federation, "RoundAccepted")
      .withArgs(
        ...[taskId, 1, evidence.proposal.modelRoot],
        [...f.members.map(({ address }) => address), words[0]!.account],
        ...[() => true, () => true],
      );
  });

  it("counts the key of an account whose code is delegated", async () => {
    await start(1);
    // EIP-7702: the account's code is a designation
    await f.networkHelpers.setCode(f.members[0]!.address, `0xef0100${f.address.slice(2)}`);
    await f.accept(taskId, f.members.slice(0, 3));
  });
});

interface Wallet {
  getAddress(): Promise<string>;
  execute(target: string, data: string): Promise<unknown>;
  accept(signature: string): Promise<unknown>;
}

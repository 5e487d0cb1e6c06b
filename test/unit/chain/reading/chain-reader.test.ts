import { expect } from "chai";
import { AbiCoder, concat, JsonRpcProvider } from "ethers";
import { loadContractInterface } from "../../../../node/chain/contracts/contract-abi.ts";
import { createChainReader } from "../../../../node/chain/index.ts";
import { peerIdFromHex } from "../../../../node/core/bytes/peer-id-text.ts";
import type { Bytes32 } from "../../../../node/core/ids.ts";
import { foldTask } from "../../../../node/core/record/fold-task.ts";
import { createClock } from "../../../../node/system/index.ts";
import {
  type FederationFixture,
  fixtureRules,
  silentLog,
  startFederation,
} from "../../../support/federation-fixture.ts";
import { rejection } from "../../../support/rejection.ts";

const bytes32 = (byte: number) => `0x${byte.toString(16).padStart(2, "0").repeat(32)}` as Bytes32;

describe("a reader of a real federation", () => {
  let federation: FederationFixture;

  before(async () => {
    federation = await startFederation({ aggregators: 2 });
  });
  after(() => federation.close());

  it("lists members with roles, contacts and grants, and forgets who has no role left", async () => {
    const { participants, aggregators, admin } = federation;
    const everyone = [admin, ...participants, ...aggregators];
    const before = await admin.chain.members();
    expect(before.map(({ account }) => account)).to.have.members(everyone.map(({ account }) => account));
    expect(before[0]).to.deep.equal({ account: admin.account, roles: ["admin", "task-creator"] });
    const listed = before.find(({ account }) => account === participants[1]!.account)!;
    expect(listed.roles).to.deep.equal(["participant"]);
    expect(listed.contact).to.include({ peerId: participants[1]!.peerId }).and.not.have.property("grant");
    expect(listed.contact!.multiaddrs).to.deep.equal(["/ip4/127.0.0.1/tcp/1"]);
    await admin.chain.send({ kind: "revokeRole", role: "participant", account: listed.account });
    expect((await admin.chain.members()).map(({ account }) => account)).to.not.include(listed.account);
    await admin.chain.send({ kind: "grantRole", role: "participant", account: listed.account });
    expect(await admin.chain.members()).to.deep.include(listed);
    const { peerId, encryptionKey } = listed.contact!;
    // two members may name one PeerId: it proves itself at the connection
    const contact = { peerId, encryptionKey, multiaddrs: [], grant: "0x0102" } as const;
    await participants[0]!.chain.send({ kind: "register", ...contact });
    const again = (await admin.chain.members()).find(({ account }) => account === participants[0]!.account)!;
    expect(again.contact).to.deep.equal(contact);
  });

  it("reads on behind a member that registered bytes which are no text: it has no addresses then", async () => {
    const { participants, admin, url, federation: to } = federation;
    const liar = participants[1]!;
    const { selector } = (await loadContractInterface()).getFunction("register")!;
    // the same calldata as of a string, whose bytes nobody checks
    const words = AbiCoder.defaultAbiCoder().encode(
      ["bytes", "bytes32", "bytes", "bytes"],
      [`0x${"12".repeat(36)}`, bytes32(9), "0xff", "0x"],
    );
    await new JsonRpcProvider(url).send("eth_sendTransaction", [
      { from: liar.account, to, data: concat([selector, words]), gas: "0x100000" },
    ]);
    const found = (await admin.chain.members()).find(({ account }) => account === liar.account)!;
    expect(found.contact).to.deep.equal({
      ...{ peerId: peerIdFromHex(`0x${"12".repeat(36)}`), encryptionKey: bytes32(9), multiaddrs: [] },
    });
  });

  it("names the contract's error and its arguments", async () => {
    const { participants, admin } = federation;
    const member = participants[0]!;
    const taskId = await federation.createTask();
    await member.chain.send({ kind: "openRound", taskId, round: 1 });
    const roots = { updateRoot: bytes32(1), contentId: bytes32(2), weight: 1 };
    const commit = (round: number, anchor: Bytes32) =>
      member.chain.send({ kind: "commit", taskId, round, anchor, ...roots });
    const { anchor } = foldTask(await admin.chain.history(taskId)).rounds[0]!;
    await commit(1, anchor);
    const again = await rejection(commit(1, anchor), "TRANSACTION_REVERTED");
    expect(again.data).to.include({ call: "commit", error: "AlreadyCommitted" });
    expect(again.data.reason).to.include(member.account);
    const reverts = async (call: Promise<unknown>) => (await rejection(call, "TRANSACTION_REVERTED")).data;
    expect(await reverts(commit(2, anchor))).to.include({ error: "WrongRound" });
    expect(await reverts(admin.chain.send({ kind: "openRound", taskId, round: 1 }))).to.include({
      error: "NotEnrolled",
    });
    expect(await reverts(member.chain.send({ kind: "openRound", taskId, round: 1 }))).to.include({
      reason: "WrongPhase(actual: open)",
    });
    const denied = await reverts(member.chain.send({ kind: "grantRole", role: "aggregator", account: member.account }));
    expect(denied).to.include({ error: "AccessControlUnauthorizedAccount" });
    expect(denied.reason).to.include("neededRole: admin");
    const rules = { ...fixtureRules, fractionBits: 31 };
    const invalid = admin.chain.send({
      kind: "createTask",
      rules,
      modelRoot: bytes32(1),
      spec: "{}",
      access: { organisations: [], regions: [], clearance: 0 },
    });
    expect(await reverts(invalid)).to.include({ error: "InvalidRule", reason: "InvalidRule(field: fractionBits)" });
  });

  it("recovers an attestation's signer, and nobody of what the contract would refuse", async () => {
    const { participants, admin } = federation;
    const { chain, account } = participants[0]!;
    const signature = await chain.signAttestation(3, 7, bytes32(9));
    const attestation = { taskId: 3, round: 7, proposalHash: bytes32(9), attester: account, signature };
    expect(admin.chain.recoverAttester(attestation)).to.equal(account);
    expect(admin.chain.recoverAttester({ ...attestation, round: 8 })).to.not.equal(account);
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const highS = (order - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, "0");
    const otherV = signature.endsWith("1b") ? "1c" : "1b";
    for (const bad of [
      `${signature}00`,
      signature.slice(0, -2),
      `${signature.slice(0, -2)}00`,
      `${signature.slice(0, 66)}${highS}${otherV}`,
      `0x${"00".repeat(64)}1b`,
    ]) {
      expect(admin.chain.recoverAttester({ ...attestation, signature: bad as `0x${string}` })).to.equal(undefined);
    }
  });

  it("refuses unknown tasks", async () => {
    const { chain } = federation.admin;
    await rejection(chain.history(999), "UNKNOWN_TASK");
    await rejection(chain.storedState(999), "UNKNOWN_TASK");
    const updates = chain.follow(999, { signal: new AbortController().signal });
    await rejection(updates[Symbol.asyncIterator]().next(), "UNKNOWN_TASK");
  });

  it("reads at the configured finality", async () => {
    const { chain, admin } = federation;
    await chain.mine(10);
    const newest = await admin.chain.head();
    const deep = await federation.reader({ finality: { confirmations: 4 } });
    expect((await deep.head()).number).to.equal(newest.number - 4);
    const finalized = await federation.reader({ finality: "finalized" });
    const block = (await chain.request("eth_getBlockByNumber", ["finalized", false])) as { hash: string };
    expect((await finalized.head()).hash).to.equal(block.hash);
  });

  it("finds no federation where there is none", async () => {
    const { url, admin } = federation;
    const options = { urls: [url], finality: "safe", log: silentLog, clock: createClock() } as const;
    const error = await rejection(createChainReader({ ...options, federation: admin.account }), "NO_CODE");
    expect(error.data).to.include({ address: admin.account, chainId: 31_337 });
    await rejection(createChainReader({ ...options, federation: "0x12" }), "INVALID_CONFIG");
  });
});

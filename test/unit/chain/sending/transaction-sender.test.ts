import { expect } from "chai";
import { createSigner, sendEther } from "../../../../node/chain/index.ts";
import type { Address, Bytes32 } from "../../../../node/core/ids.ts";
import { foldTask } from "../../../../node/core/record/fold-task.ts";
import type { Log } from "../../../../node/ports/index.ts";
import { createClock } from "../../../../node/system/index.ts";
import { startHostileEndpoint } from "../../../support/endpoint/hostile-endpoint.ts";
import {
  type FederationFixture,
  fixtureRules,
  silentLog,
  startFederation,
} from "../../../support/federation-fixture.ts";
import { rejection } from "../../../support/rejection.ts";

const account = (index: number) => `0x${(index + 1).toString(16).padStart(40, "0")}` as Address;
const grant = (index: number) => ({ kind: "grantRole", role: "participant", account: account(index) }) as const;

/** A log, and a promise of the hash of the first replacement that was taken. */
function listen(): { log: Log; replaced: Promise<unknown> } {
  let hear: (hash: unknown) => void = () => {};
  const replaced = new Promise<unknown>((resolve) => {
    hear = resolve;
  });
  const warn: Log["warn"] = (message, data) =>
    message === "Transaction replaced at a higher price" && data?.refusal === undefined && hear(data?.hash);
  return { log: { ...silentLog, warn }, replaced };
}

describe("sending transactions", () => {
  let federation: FederationFixture;

  before(async () => {
    federation = await startFederation({ participants: 1, register: false });
  });
  after(() => federation.close());

  /** Resolves when so many transactions wait to be mined. */
  async function pooled(count: number): Promise<void> {
    for (;;) {
      const block = await federation.chain.request("eth_getBlockByNumber", ["pending", false]);
      if ((block as { transactions: readonly string[] }).transactions.length >= count) return;
    }
  }

  it("sends twenty at once from one account, each once", async () => {
    const receipts = await Promise.all(Array.from({ length: 20 }, (_, i) => federation.admin.chain.send(grant(i))));
    expect(new Set(receipts.map(({ transactionHash }) => transactionHash)).size).to.equal(20);
    const members = (await federation.admin.chain.members()).map((member) => member.account.toLowerCase());
    expect(members).to.include.members(Array.from({ length: 20 }, (_, i) => account(i)));
  });

  it("keeps the order of one account while blocks are rare", async () => {
    const { chain, admin } = federation;
    await chain.request("evm_setAutomine", [false]);
    try {
      const sender = await federation.chainAs(admin.privateKey, { replaceAfterMs: 60_000 });
      const sends = Array.from({ length: 5 }, (_, i) => sender.send(grant(100 + i)));
      await pooled(5);
      await chain.mine(1);
      const blocks = new Set((await Promise.all(sends)).map(({ blockNumber }) => blockNumber));
      expect(blocks.size).to.equal(1);
    } finally {
      await chain.request("evm_setAutomine", [true]);
    }
  });

  it("replaces a transaction that is not mined by one that pays more", async () => {
    const { chain, admin } = federation;
    await chain.request("evm_setAutomine", [false]);
    try {
      const { log, replaced } = listen();
      const sender = await federation.chainAs(admin.privateKey, { log, replaceAfterMs: 1 });
      const sent = sender.send(grant(200));
      const replacement = (await chain.request("eth_getTransactionByHash", [await replaced])) as { nonce: string };
      const nonce = await chain.request("eth_getTransactionCount", [admin.account, "latest"]);
      expect(replacement.nonce).to.equal(nonce);
      await chain.mine(1);
      const { transactionHash } = await sent;
      const mined = (await chain.request("eth_getTransactionByHash", [transactionHash])) as { nonce: string };
      expect(mined.nonce).to.equal(nonce);
    } finally {
      await chain.request("evm_setAutomine", [true]);
    }
  });

  it("gives up on a transaction that is never mined, and goes on afterwards", async () => {
    const { chain, admin } = federation;
    await chain.request("evm_setAutomine", [false]);
    const sender = await federation.chainAs(admin.privateKey, { giveUpAfterMs: 1 });
    try {
      await rejection(sender.send(grant(300)), "TRANSACTION_STUCK");
    } finally {
      await chain.request("evm_setAutomine", [true]);
      await chain.mine(1);
    }
    await sender.send(grant(301));
  });

  it("goes on when another program has used the account", async () => {
    const { admin } = federation;
    const other = await federation.chainAs(admin.privateKey);
    for (let i = 0; i < 3; i++) {
      await admin.chain.send(grant(400 + i));
      await other.send(grant(410 + i));
    }
    const both = [admin.chain, other].flatMap((sender, s) =>
      [0, 1, 2].map((i) => sender.send(grant(420 + 10 * s + i))),
    );
    expect(await Promise.all(both)).to.have.length(6);
  });

  it("sends again when another transaction took its nonce", async () => {
    const { chain, admin } = federation;
    await chain.request("evm_setAutomine", [false]);
    try {
      const sender = await federation.chainAs(admin.privateKey, { replaceAfterMs: 60_000 });
      const sent = sender.send(grant(500));
      await pooled(1);
      const nonce = Number(await chain.request("eth_getTransactionCount", [admin.account, "latest"]));
      const rival = await createSigner(admin.privateKey).signTransaction({
        to: admin.account,
        nonce,
        gasLimit: 21_000,
        chainId: 31_337,
        type: 2,
        maxFeePerGas: 100_000_000_000n,
        maxPriorityFeePerGas: 50_000_000_000n,
      });
      await chain.request("eth_sendRawTransaction", [rival]);
      await chain.request("evm_setAutomine", [true]);
      await chain.mine(1);
      await sent;
      expect((await admin.chain.members()).map((member) => member.account.toLowerCase())).to.include(account(500));
    } finally {
      await chain.request("evm_setAutomine", [true]);
    }
  });

  it("does not send what would revert, and does not repeat a call that reached the chain although the answer was lost", async () => {
    const { chain, admin } = federation;
    const relay = await startHostileEndpoint(chain.url);
    const sender = await federation.chainAs(admin.privateKey, { urls: [relay.url] });
    const nonce = async () => Number(await chain.request("eth_getTransactionCount", [admin.account, "latest"]));
    const before = await nonce();
    const revoke = { kind: "grantRole", role: "participant", account: admin.account } as const;
    const outsider = await federation.chainAs(federation.participants[0]!.privateKey, { urls: [relay.url] });
    await rejection(outsider.send(revoke), "TRANSACTION_REVERTED");
    expect(relay.asked).to.not.include("eth_sendRawTransaction");
    let lost = 0;
    relay.bend(async (method, params) => {
      if (method !== "eth_sendRawTransaction" || lost++ > 0) return undefined;
      await chain.request(method, params);
      // The node took it, and the answer says that it is busy: the same transaction is offered again.
      throw Object.assign(new TypeError("too many requests"), { code: -32_005 });
    });
    const receipt = await sender.send(grant(600));
    expect(receipt.gasUsed).to.be.greaterThan(21_000);
    expect(lost).to.equal(2);
    expect(await nonce()).to.equal(before + 1);
    await relay.cut();
  });

  it("tells a transaction that fails although its simulation did not", async () => {
    const { chain, admin } = federation;
    const relay = await startHostileEndpoint(chain.url);
    relay.bend((method) => (method === "eth_estimateGas" ? "0x30000" : undefined));
    const sender = await federation.chainAs(admin.privateKey, { urls: [relay.url] });
    const error = await rejection(sender.send({ kind: "openRound", taskId: 77, round: 1 }), "TRANSACTION_REVERTED");
    expect(error.data).to.include({ call: "openRound", error: "NotEnrolled" });
    await relay.cut();
  });

  it("says when the account cannot pay", async () => {
    const { chain, admin } = federation;
    const poor = `0x${"42".repeat(32)}`;
    const sender = await federation.chainAs(poor);
    await admin.chain.send({ kind: "grantRole", role: "task-creator", account: sender.account });
    const modelRoot = `0x${"01".repeat(32)}` as Bytes32;
    const rules = { ...fixtureRules, participantBondGwei: 1_000_000_000, challengeWindowS: 3_600 };
    const access = { organisations: [], regions: [], clearance: 0 };
    const create = { kind: "createTask", rules, modelRoot, spec: "{}", access } as const;
    await rejection(sender.send(create), "INSUFFICIENT_FUNDS");
    await chain.request("hardhat_setBalance", [sender.account, "0xde0b6b3a7640000"]);
    expect((await sender.send(create)).taskId).to.equal(1);
    await admin.chain.send({ kind: "grantRole", role: "participant", account: sender.account });
    const { firstHead: first } = foldTask(await sender.history(1));
    await rejection(sender.send({ kind: "enrol", taskId: 1, first, amountWei: 10n ** 18n }), "INSUFFICIENT_FUNDS");
  });

  it("pays ether to several accounts", async () => {
    const { chain, url, admin } = federation;
    const base = { urls: [url], privateKey: admin.privateKey, log: silentLog, clock: createClock() };
    const to = [account(800), account(801)];
    expect(new Set(await sendEther({ ...base, to, ether: "0.25" })).size).to.equal(2);
    for (const receiver of to) {
      expect(await chain.request("eth_getBalance", [receiver, "latest"])).to.equal("0x3782dace9d90000");
    }
    // enough for one of the two: neither is paid
    await rejection(sendEther({ ...base, to, ether: "6000" }), "INSUFFICIENT_FUNDS");
    expect(await chain.request("eth_getBalance", [to[0], "latest"])).to.equal("0x3782dace9d90000");
    for (const ether of ["", "0", "-1", "much"]) await rejection(sendEther({ ...base, to, ether }), "INVALID_CONFIG");
  });

  it("stops waiting when told", async () => {
    const { chain, admin } = federation;
    await chain.request("evm_setAutomine", [false]);
    try {
      const abort = new AbortController();
      const sent = admin.chain.send(grant(700), { signal: abort.signal });
      await pooled(1);
      const reason = new TypeError("stopped");
      abort.abort(reason);
      expect(await sent.catch((error: unknown) => error)).to.equal(reason);
    } finally {
      await chain.request("evm_setAutomine", [true]);
      await chain.mine(1);
    }
  });
});

import { expect } from "chai";
import { startEmbeddedChain } from "../../../node/chain/index.ts";
import type { Bytes32, TaskId } from "../../../node/core/ids.ts";
import { foldTask } from "../../../node/core/record/fold-task.ts";
import type { ChainReader, ChainUpdate, Log } from "../../../node/ports/index.ts";
import { type HostileEndpoint, startHostileEndpoint } from "../../support/endpoint/hostile-endpoint.ts";
import { type FederationFixture, silentLog, startFederation } from "../../support/federation-fixture.ts";
import { rejection } from "../../support/rejection.ts";

/** A log that tells a listener each message. */
function heardLog(hear: (message: string) => void): Log {
  const log: Log = { ...silentLog, warn: hear, info: hear, debug: hear, child: () => log };
  return log;
}

describe("following a task", () => {
  let federation: FederationFixture;
  let taskId: TaskId;
  const stop = new AbortController();

  before(async () => {
    federation = await startFederation({ participants: 3 });
    taskId = await federation.createTask();
  });
  after(async () => {
    stop.abort();
    await federation.close();
  });

  const commit = async (index: number, byte: string) =>
    federation.participants[index]!.chain.send({
      kind: "commit",
      taskId,
      round: 1,
      anchor: foldTask(await federation.admin.chain.history(taskId)).rounds[0]!.anchor,
      updateRoot: `0x${byte.repeat(32)}` as Bytes32,
      contentId: `0x${byte.repeat(32)}` as Bytes32,
      weight: 1,
    });

  function followed(reader: ChainReader, signal = stop.signal) {
    const updates = reader.follow(taskId, { signal })[Symbol.asyncIterator]();
    return {
      next: () => updates.next(),
      /** The first update that fits. */
      async until(fits: (update: ChainUpdate) => boolean): Promise<ChainUpdate> {
        for (;;) {
          const { value, done } = await updates.next();
          if (done) return expect.fail("the updates ended");
          if (fits(value)) return value;
        }
      },
    };
  }

  it("gives all events first, then what each head brings, and ends when told", async () => {
    const abort = new AbortController();
    const updates = followed(await federation.reader(), abort.signal);
    const first = (await updates.next()).value as ChainUpdate;
    expect(first.reset).to.equal(true);
    const members = ["Enrolled", "Enrolled", "Enrolled", "Joined"];
    expect(first.events.map(({ name }) => name)).to.deep.equal(["TaskCreated", ...members]);
    await federation.chain.increaseTime(5);
    const second = (await updates.next()).value as ChainUpdate;
    expect(second).to.deep.include({ events: [], reset: false });
    expect(second.head.number).to.equal(first.head.number + 1);
    expect(second.head.timestampS).to.be.at.least(first.head.timestampS + 5);
    const waiting = updates.next();
    abort.abort();
    expect((await waiting).done).to.equal(true);
  });

  it("starts anew when a reorganisation undoes an event, and only then", async () => {
    const { chain, admin } = federation;
    await federation.participants[0]!.chain.send({ kind: "openRound", taskId, round: 1 });
    const updates = followed(await federation.reader());
    await updates.next();
    const snapshot = await chain.snapshot();
    await commit(0, "a1");
    const seen = await updates.until(({ events }) => events.length > 0);
    expect(seen.events[0]).to.include({ name: "Committed", participant: federation.participants[0]!.account });
    await chain.revert(snapshot);
    await chain.increaseTime(2);
    await commit(1, "b2");
    const anew = await updates.until(({ reset }) => reset);
    const named = anew.events.filter(({ name }) => name === "Committed");
    expect(anew.events[0]).to.include({ name: "TaskCreated" });
    const all = named.length > 0 ? named : (await updates.until(({ events }) => events.length > 0)).events;
    expect(all.map((event) => event.name === "Committed" && event.participant)).to.deep.equal([
      federation.participants[1]!.account,
    ]);
    expect(await admin.chain.history(taskId)).to.have.length(7);

    const harmless = await chain.snapshot();
    await chain.mine(2);
    await updates.until(({ events }) => events.length === 0);
    await chain.revert(harmless);
    await chain.increaseTime(3);
    await chain.mine(2);
    await commit(2, "c3");
    const next = await updates.until(({ events, reset }) => events.length > 0 || reset);
    expect(next.reset).to.equal(false);
    expect(next.events).to.have.length(1);
  });

  it("forgets members that a reorganisation took back", async () => {
    const { chain, admin } = federation;
    const reader = await federation.reader();
    const before = await reader.members();
    const snapshot = await chain.snapshot();
    const account = "0x000000000000000000000000000000000000dEaD";
    await admin.chain.send({ kind: "grantRole", role: "participant", account });
    expect(await reader.members()).to.have.length(before.length + 1);
    await chain.revert(snapshot);
    await chain.increaseTime(7);
    expect(await reader.members()).to.deep.equal(before);
  });

  it("polls once for all followers, and asks for logs only when the head has changed", async () => {
    const relay = await startHostileEndpoint(federation.chain.url);
    const reader = await federation.reader({ urls: [relay.url] });
    const abort = new AbortController();
    const followers = [followed(reader, abort.signal), followed(reader, abort.signal)];
    await Promise.all(followers.map((updates) => updates.next()));
    relay.asked.length = 0;
    const waiting = followers.map((updates) => updates.next());
    await polls(relay, 4);
    expect(new Set(relay.asked)).to.deep.equal(new Set(["eth_getBlockByNumber"]));
    const before = relay.asked.length;
    await federation.chain.increaseTime(1);
    await Promise.all(waiting);
    expect(relay.asked.slice(before).filter((method) => method === "eth_getLogs")).to.have.length(2);
    abort.abort();
    await relay.cut();
  });

  /** Resolves when the relay has been asked for blocks so many times. */
  const polls = (relay: HostileEndpoint, count: number) =>
    new Promise<void>((resolve) => {
      relay.bend((method) => {
        if (method === "eth_getBlockByNumber" && --count === 0) resolve();
        return undefined;
      });
    });

  it("waits out an endpoint that is away", async () => {
    const relay = await startHostileEndpoint(federation.chain.url);
    let noticed: () => void = () => {};
    const outage = new Promise<void>((resolve) => {
      noticed = resolve;
    });
    const log = heardLog((message) => message === "Waiting for an Ethereum endpoint" && noticed());
    const reader = await federation.reader({ urls: [relay.url], log });
    const updates = followed(reader);
    await updates.next();
    await relay.cut();
    const next = updates.next();
    await outage;
    await federation.chain.increaseTime(1);
    await relay.restore();
    expect((await next).value).to.deep.include({ reset: false, events: [] });
    await relay.cut();
  });

  it("goes over to the next endpoint when one dies, and back when that one does", async () => {
    const relays = [await startHostileEndpoint(federation.chain.url), await startHostileEndpoint(federation.chain.url)];
    const messages: string[] = [];
    const urls = relays.map(({ url }) => url);
    const reader = await federation.reader({ urls, log: heardLog((message) => messages.push(message)) });
    const head = await reader.head();
    await relays[0]!.cut();
    expect(await reader.head()).to.deep.equal(head);
    await relays[0]!.restore();
    await relays[1]!.cut();
    expect(await reader.head()).to.deep.equal(head);
    expect(messages).to.deep.equal(["Ethereum endpoint changed", "Ethereum endpoint changed"]);
    await relays[0]!.cut();
    await rejection(reader.head(), "RPC_UNREACHABLE");
  });

  it("finds the deployment on a long chain, and reads all of it where a node cannot tell", async () => {
    await federation.chain.mine(12_000);
    const expected = await federation.admin.chain.history(taskId);
    // in the blocks before, the codes of its court and of the proofs were deployed
    const deployedAt = 3;
    const codeAt = {
      "full history": (block: number) => (block >= deployedAt ? "0x60" : "0x"),
      pruned: () => {
        throw new TypeError("missing trie node");
      },
      wrong: () => "0x",
    };
    for (const [kind, code] of Object.entries(codeAt)) {
      const relay = await startHostileEndpoint(federation.chain.url);
      let from: number | undefined;
      relay.bend((method, [first, second]) => {
        if (method === "eth_getLogs") from = Number((first as { fromBlock: string }).fromBlock);
        return method === "eth_getCode" ? code(Number(second)) : undefined;
      });
      const reader = await federation.reader({ urls: [relay.url] });
      const history = await reader.history(taskId);
      await relay.cut();
      expect(history).to.deep.equal(expected);
      expect(from).to.equal(kind === "full history" ? deployedAt : 0);
    }
  });

  it("starts with what answers, and refuses endpoints of different chains", async () => {
    const dead = await startHostileEndpoint(federation.chain.url);
    await dead.cut();
    const reader = await federation.reader({ urls: [dead.url, federation.url] });
    expect(reader.chainId).to.equal(31_337);
    await rejection(federation.reader({ urls: [dead.url] }), "RPC_UNREACHABLE");
    const other = await startEmbeddedChain({ port: 0, accounts: 1, chainId: 4_242, blockIntervalMs: 0 });
    const mixed = await rejection(federation.reader({ urls: [federation.url, other.url] }), "CHAIN_MISMATCH");
    expect([mixed.data.actual, mixed.data.expected]).to.have.members([31_337, 4_242]);
    await rejection(federation.reader({ urls: [other.url] }), "NO_CODE");
    await other.close();
  });
});

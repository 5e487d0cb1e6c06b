import { expect } from "chai";
import { type EmbeddedChain, startEmbeddedChain } from "../../../../node/chain/index.ts";
import type { TaskId } from "../../../../node/core/ids.ts";
import type { RecordDoubt } from "../../../../node/ports/index.ts";
import { type HostileEndpoint, startHostileEndpoint } from "../../../support/endpoint/hostile-endpoint.ts";
import { noCode, otherChain } from "../../../support/endpoint/lies.ts";
import { type FederationFixture, startFederation } from "../../../support/federation-fixture.ts";
import { rejection } from "../../../support/rejection.ts";

describe("a chain that is begun anew below a running node", () => {
  let federation: FederationFixture;
  let other: EmbeddedChain;
  let endpoint: HostileEndpoint;
  let taskId: TaskId;

  before(async () => {
    federation = await startFederation({ participants: 2, register: false });
    taskId = await federation.createTask();
    // another number of accounts: of two equal chains begun in one second the first blocks are equal
    other = await startEmbeddedChain({ port: 0, accounts: 5, blockIntervalMs: 0 });
  });
  beforeEach(async () => {
    endpoint = await startHostileEndpoint(federation.url);
  });
  afterEach(() => endpoint.cut());
  after(async () => {
    await other.close();
    await federation.close();
  });

  const register = {
    kind: "register",
    peerId: "12D3KooWQJaXSbRzp4qfRvFvzXXC2e8nvrBqmLZLZwFsmTLyHXfy",
    encryptionKey: `0x${"09".repeat(32)}`,
    multiaddrs: [],
  } as const;

  /** A follower behind these endpoints, at its first look. */
  async function followed(...urls: readonly string[]) {
    const stop = new AbortController();
    const doubts: RecordDoubt[] = [];
    const reader = await federation.reader({ urls });
    const updates = reader.follow(taskId, { signal: stop.signal, onDoubt: (doubt) => doubts.push(doubt) });
    const iterator = updates[Symbol.asyncIterator]();
    await iterator.next();
    return { doubts, next: () => iterator.next(), stop: () => stop.abort() };
  }

  it("is noticed by its first block, whether it is shorter or longer than the one before", async () => {
    for (const blocks of [0, 100]) {
      await other.mine(blocks);
      const { next, doubts } = await followed(endpoint.url);
      endpoint.turn(other.url);
      const error = await rejection(next(), "CHAIN_RESET");
      expect(error.data.url).to.equal(endpoint.url);
      expect(error.data.reason).to.include("first block");
      expect(doubts).to.deep.equal([]);
      endpoint.turn(federation.url);
    }
  });

  it("is noticed where a snapshot took the contract away, or the chain's number is another", async () => {
    const gone = await followed(endpoint.url);
    endpoint.bend(noCode, (method) => (method === "eth_call" ? "0x" : undefined));
    await federation.chain.mine(1);
    expect((await rejection(gone.next(), "CHAIN_RESET")).data.reason).to.include("no contract");
    endpoint.bend();
    const renamed = await followed(endpoint.url);
    endpoint.turn(other.url);
    endpoint.bend(otherChain(77));
    expect((await rejection(renamed.next(), "CHAIN_RESET")).data.reason).to.include("77");
    endpoint.turn(federation.url);
  });

  it("one endpoint of several that is on another chain gives way to the next", async () => {
    const sim = await followed(endpoint.url, federation.url);
    endpoint.turn(other.url);
    await federation.chain.mine(200);
    expect((await sim.next()).done).to.equal(false);
    sim.stop();
    endpoint.turn(federation.url);
  });

  it("nothing is paid for there: a call to an address without code is refused before it is sent", async () => {
    const { privateKey } = federation.participants[0]!;
    const chain = await federation.chainAs(privateKey, { urls: [endpoint.url] });
    endpoint.turn(other.url);
    endpoint.asked.length = 0;
    const error = await rejection(chain.send(register), "NO_CODE");
    expect(error.data).to.include({ address: federation.federation, chainId: 31_337 });
    expect(endpoint.asked).to.not.include("eth_sendRawTransaction");
    endpoint.turn(federation.url);
  });
});

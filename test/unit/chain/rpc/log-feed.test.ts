import { expect } from "chai";
import fc from "fast-check";
import type { LinkedHead } from "../../../../node/chain/rpc/head-watch.ts";
import type { JsonRpc } from "../../../../node/chain/rpc/json-rpc.ts";
import { createLogFeed, type LogFeed } from "../../../../node/chain/rpc/log-feed.ts";
import { createLogReader, type RawLog } from "../../../../node/chain/rpc/log-ranges.ts";
import type { Bytes32, Hex } from "../../../../node/core/ids.ts";
import { refusals } from "../../../support/endpoint/refusals.ts";
import { rejection } from "../../../support/rejection.ts";

/** One block of a chain in memory: its branch's name and whether it holds a log. */
interface Block {
  readonly branch: number;
  readonly logged: boolean;
}

const hashOf = (blocks: readonly Block[], number: number): Bytes32 => {
  // A block's hash covers its ancestors.
  const line = blocks.slice(0, number + 1).map(({ branch, logged }) => branch * 2 + Number(logged));
  return `0x${line.map((each) => each.toString(16).padStart(2, "0")).join("")}` as Bytes32;
};

/** A chain in memory behind JSON-RPC, at most `rangeBlocks` of logs at once. */
function createFakeChain(rangeBlocks = Number.POSITIVE_INFINITY) {
  const state = {
    blocks: [{ branch: 0, logged: false }] as readonly Block[],
    ranges: [] as number[],
    refused: 0,
    refusal: { code: -32_005, message: "query returned more than 10 results" },
    mostLogs: Number.POSITIVE_INFINITY,
  };
  const head = (number = state.blocks.length - 1): LinkedHead => ({
    number,
    hash: hashOf(state.blocks, number),
    parentHash: number > 0 ? hashOf(state.blocks, number - 1) : ("0x" as Bytes32),
    timestampS: number,
  });
  const logAt = (number: number): RawLog[] =>
    state.blocks[number]?.logged
      ? [{ blockNumber: `0x${number.toString(16)}` as Hex, blockHash: hashOf(state.blocks, number) } as RawLog]
      : [];
  const ask: JsonRpc["ask"] = async (method, [first]) => {
    if (method === "eth_getBlockByNumber") {
      const number = Number(first);
      if (number >= state.blocks.length) return { result: null };
      const { hash, parentHash } = head(number);
      return { result: { number: first, hash, parentHash, timestamp: first } };
    }
    if (method === "eth_getBlockByHash") {
      const number = state.blocks.findIndex((_, i) => hashOf(state.blocks, i) === first);
      return { result: number < 0 ? null : { hash: first, parentHash: head(number).parentHash } };
    }
    const { fromBlock, toBlock, blockHash } = first as { fromBlock: string; toBlock: string; blockHash?: string };
    if (blockHash)
      return { result: state.blocks.flatMap((_, i) => (hashOf(state.blocks, i) === blockHash ? logAt(i) : [])) };
    const [from, to] = [Number(fromBlock), Number(toBlock)];
    state.ranges.push(to - from + 1);
    const logs = state.blocks.slice(from, to + 1).flatMap((_, i) => logAt(from + i));
    if (to - from + 1 <= rangeBlocks && logs.length <= state.mostLogs) return { result: logs };
    state.refused++;
    return { error: state.refusal };
  };
  const rpc: JsonRpc = {
    chainId: 1,
    ask,
    doubt: () => "fake",
    request: async <T>(method: string, params: readonly unknown[]) =>
      ((await ask(method, params)) as { result: T }).result,
  };
  return { state, rpc, head };
}

const filter = { address: `0x${"11".repeat(20)}`, topics: [] } as const;

function createFeed(rpc: JsonRpc): LogFeed {
  return createLogFeed({ rpc, readLogs: createLogReader(rpc) }, { filter, startBlock: 0 });
}

/** Reads on to a head, and keeps what there is. */
async function advance(feed: LogFeed, head: LinkedHead) {
  const step = await feed.read(head, "on");
  if (typeof step === "string") return step;
  step.keep();
  const { logs, reset } = step;
  return { logs, reset };
}

describe("reading logs in ranges", () => {
  it("asks for all, and for less where that is refused", async () => {
    const { rpc, state } = createFakeChain(10);
    state.blocks = Array.from({ length: 101 }, (_, i) => ({ branch: 0, logged: i % 7 === 0 }));
    const logs = await createLogReader(rpc)(filter, 0, 100);
    expect(logs.map(({ blockNumber }) => Number(blockNumber))).to.deep.equal(
      Array.from({ length: 15 }, (_, i) => 7 * i),
    );
    expect(state.ranges[0]).to.equal(101);
    expect(state.ranges.length).to.be.below(40);
  });

  it("says that an endpoint refuses a single block", async () => {
    const { rpc } = createFakeChain(0);
    await rejection(createLogReader(rpc)(filter, 0, 4), "RPC_REFUSED");
  });

  it("learns once how many blocks are allowed, from the text or by halving", async () => {
    const texts = refusals.filter(({ kind }) => kind === "range");
    expect(texts.length).to.be.greaterThan(5);
    for (const { code, message: text, blocks } of texts) {
      const allowed = blocks ?? 1_000;
      const { rpc, state } = createFakeChain(allowed);
      state.refusal = { code, message: text };
      const read = createLogReader(rpc);
      const last = 30 * allowed;
      await read(filter, 0, last);
      const refused = () => state.ranges.filter((span) => span > allowed).length;
      const once = refused();
      expect(once, text).to.be.at.most(blocks === undefined ? 5 : 1);
      for (let from = 0; from < last; from += 3 * allowed) await read(filter, from, last);
      expect(refused(), text).to.equal(once);
      // And not many more requests than the limit makes necessary.
      expect(state.ranges.length, text).to.be.below(
        2 * state.ranges.reduce((sum, span) => sum + span / allowed, 0) + 10,
      );
    }
  });

  it("asks for less where there are many logs, and for more behind", async () => {
    const most = 10;
    const { rpc, state } = createFakeChain();
    state.blocks = Array.from({ length: 4_000 }, (_, i) => ({ branch: 0, logged: i >= 500 && i < 700 }));
    state.mostLogs = most;
    const logs = await createLogReader(rpc)(filter, 0, 3_999);
    expect(logs).to.have.length(200);
    expect(state.refused / state.ranges.length).to.be.below(0.3);
    expect(state.ranges.at(-1)).to.be.greaterThan(100);
  });
});

describe("a log feed", () => {
  it("has at every step what the newest chain has, whatever the reorganisations", async () => {
    const step = fc.record({
      undo: fc.nat({ max: 4 }),
      add: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { rpc, state, head } = createFakeChain();
        const feed = createFeed(rpc);
        let held: RawLog[] = [];
        for (const [branch, { undo, add }] of steps.entries()) {
          const kept = state.blocks.slice(0, Math.max(1, state.blocks.length - undo));
          state.blocks = [...kept, ...add.map((logged) => ({ branch: branch + 1, logged }))];
          const next = await advance(feed, head());
          // A head below the one before may be an endpoint that lags: the feed waits for what comes next.
          if (typeof next === "string") continue;
          if (next.reset) held = [];
          held.push(...next.logs);
          const all = await createLogReader(rpc)(filter, 0, state.blocks.length - 1);
          expect(held.map(({ blockHash }) => blockHash)).to.deep.equal(all.map(({ blockHash }) => blockHash));
        }
      }),
    );
  });

  it("waits at a lower head, until another branch is seen to have taken an event away", async () => {
    const { rpc, state, head } = createFakeChain();
    state.blocks = Array.from({ length: 10 }, (_, i) => ({ branch: 0, logged: i === 8 }));
    const feed = createFeed(rpc);
    expect(await advance(feed, head())).to.have.nested.property("logs.length", 1);
    state.blocks = state.blocks.slice(0, 5);
    expect(await advance(feed, head())).to.equal("lower");
    state.blocks = [...state.blocks, ...Array.from({ length: 4 }, () => ({ branch: 1, logged: false }))];
    expect(await advance(feed, head())).to.deep.equal({ logs: [], reset: true });
  });

  it("reads again what was not kept, and by the hash of each block where that is asked for", async () => {
    const { rpc, state, head } = createFakeChain();
    state.blocks = [0, 1, 2].map(() => ({ branch: 0, logged: true }));
    const feed = createFeed(rpc);
    await advance(feed, head());
    state.blocks = [...state.blocks, ...Array.from({ length: 4 }, () => ({ branch: 0, logged: true }))];
    const first = await feed.read(head(), "on");
    const ranges = state.ranges.length;
    const again = await feed.read(head(), "by-hash");
    expect(state.ranges).to.have.length(ranges);
    expect(again)
      .to.have.property("logs")
      .that.deep.equals((first as { logs: readonly RawLog[] }).logs);
    expect(again).to.have.nested.property("logs.length", 4);
    expect(await feed.read(head(), "anew"))
      .to.deep.include({ reset: true })
      .and.have.nested.property("logs.length", 7);
  });

  it("reads by ranges what lies below the newest blocks, and where an endpoint gives none by hash", async () => {
    const { rpc, state, head } = createFakeChain();
    state.blocks = Array.from({ length: 80 }, () => ({ branch: 0, logged: true }));
    expect(await createFeed(rpc).read(head(), "by-hash")).to.have.nested.property("logs.length", 80);
    expect(state.ranges).to.deep.equal([48]);
    const ask: JsonRpc["ask"] = async (method, params) =>
      (params[0] as { blockHash?: string }).blockHash ? { error: { code: 1, message: "no" } } : rpc.ask(method, params);
    expect(await createFeed({ ...rpc, ask }).read(head(), "by-hash")).to.have.nested.property("logs.length", 80);
  });

  it("says that an endpoint does not have the block before any more", async () => {
    const { rpc, state, head } = createFakeChain();
    state.blocks = [0, 1, 2].map(() => ({ branch: 0, logged: true }));
    const feed = createFeed(rpc);
    await advance(feed, head());
    state.blocks = [...state.blocks, { branch: 0, logged: false }, { branch: 0, logged: false }];
    const next = head();
    state.blocks = state.blocks.slice(0, 2);
    expect(await advance(feed, next)).to.equal("turned");
  });

  it("changes nothing when reading fails", async () => {
    const { rpc, state, head } = createFakeChain();
    const broken: JsonRpc = { ...rpc, ask: async () => ({ error: { code: 1, message: "no" } }) };
    let now = rpc;
    const feed = createFeed({ ...rpc, ask: (...args) => now.ask(...args) });
    await advance(feed, head());
    state.blocks = [...state.blocks, { branch: 0, logged: true }];
    now = broken;
    await rejection(advance(feed, head()), "RPC_REFUSED");
    now = rpc;
    expect(await advance(feed, head())).to.have.nested.property("logs.length", 1);
  });
});

import { expect } from "chai";
import { createHeadWatch } from "../../../../node/chain/rpc/head-watch.ts";
import type { JsonRpc } from "../../../../node/chain/rpc/json-rpc.ts";
import { pollingFor } from "../../../../node/chain/rpc/polling.ts";
import { createVirtualClock } from "../../../simulation/world/virtual-clock.ts";
import { silentLog } from "../../../support/silent-log.ts";

/** A chain whose blocks come by a clock, `lateMs` after their time; blocks of `missed` numbers come one time later. */
function createTickingChain(blockTimeMs: number, { lateMs = 0, startBlock = 100, chainId = 1 } = {}) {
  const clock = createVirtualClock(0);
  const asked: string[] = [];
  const newest = () => startBlock + Math.max(0, Math.floor((clock.nowMs() - lateMs) / blockTimeMs));
  const ask: JsonRpc["ask"] = async (method, [tag]) => {
    asked.push(method);
    const number = tag === "latest" ? newest() : Number(tag);
    const hex = `0x${number.toString(16)}`;
    const timestamp = `0x${Math.floor(1_000 + (number * blockTimeMs) / 1_000).toString(16)}`;
    return { result: { number: hex, hash: hex, parentHash: "0x", timestamp } };
  };
  const request = async <T>(method: string, params: readonly unknown[]) =>
    ((await ask(method, params)) as { result: T }).result;
  return { clock, asked, rpc: { chainId, ask, request } as JsonRpc, newest };
}

describe("polling", () => {
  for (const [chain, blockTimeMs, isLocal] of [
    ["of 12 seconds", 12_000, false],
    ["of 12 seconds, on this machine", 12_000, true],
    ["of 2 seconds", 2_000, false],
    ["of 5 seconds", 5_000, false],
  ] as const) {
    it(`asks an idle chain ${chain} hardly oftener than it makes blocks, and is hardly late`, async () => {
      const { clock, asked, rpc, newest } = createTickingChain(blockTimeMs, { lateMs: 700 });
      const polling = await pollingFor(rpc, { isLocal });
      const watch = createHeadWatch({ rpc, clock, log: silentLog }, { finality: { confirmations: 0 }, polling });
      asked.length = 0;
      const stop = new AbortController();
      const lateMs: number[] = [];
      const following = (async () => {
        for await (const head of watch.heads(stop.signal)) {
          expect(head.number).to.equal(newest());
          lateMs.push((clock.nowMs() - 700) % blockTimeMs);
        }
      })();
      const blocks = 100;
      await clock.run(() => false, blocks * blockTimeMs);
      stop.abort();
      await following;
      expect(lateMs.length).to.be.within(blocks - 2, blocks + 2);
      expect(lateMs.slice(3).reduce((sum, each) => sum + each, 0) / blocks).to.be.below(blockTimeMs / 4 + 100);
      const most = isLocal ? (blocks * blockTimeMs) / 1_000 : 2.5 * blocks;
      expect(asked.length).to.be.below(most);
    });
  }

  it("is as often as the user says, and ten times a second on this machine's test chain", async () => {
    const { rpc } = createTickingChain(12_000);
    expect(await pollingFor(rpc, { pollIntervalMs: 7_000, isLocal: false })).to.include({
      ...{ pauseMs: 7_000, shortestMs: 7_000, longestMs: 7_000 },
    });
    const test = createTickingChain(1_000, { chainId: 31_337 });
    expect(await pollingFor(test.rpc, { isLocal: true })).to.include({ pauseMs: 100, longestMs: 100 });
    expect(test.asked).to.have.length(0);
    expect((await pollingFor(test.rpc, { isLocal: false })).shortestMs).to.equal(500);
  });

  it("asks a chain that has only its first block, too", async () => {
    const { rpc } = createTickingChain(12_000, { startBlock: 0 });
    expect(await pollingFor(rpc, { isLocal: false })).to.include({ blockTimeMs: undefined, pauseMs: 1_000 });
  });
});

import { expect } from "chai";
import { createDialler } from "../../../node/p2p/dialler.ts";
import type { Clock } from "../../../node/ports/index.ts";
import { silentLog as log } from "../../support/silent-log.ts";

const limits = { redialMinMs: 100, redialMaxMs: 400, dialYieldMs: 50 };

/** A clock whose sleeps end at once, and a record of them. */
function quickClock() {
  const slept: number[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    sleep: async (ms, options) => {
      options?.signal?.throwIfAborted();
      slept.push(ms);
    },
  };
  return { clock, slept };
}

describe("dialler", () => {
  /** Dials that fail until the given one succeeds; the peer's name decides who dials first. */
  async function untilConnected(peer: string, succeedAt: number): Promise<number[]> {
    const { clock, slept } = quickClock();
    let dials = 0;
    let connected = false;
    const done = Promise.withResolvers<void>();
    const dialler = createDialler({
      self: "m",
      clock,
      log,
      limits,
      isConnected: () => connected,
      dial: async () => {
        if (++dials < succeedAt) throw new TypeError("nobody there");
        connected = true;
        done.resolve();
      },
    });
    dialler.want([{ peer, key: "address" }]);
    await done.promise;
    await dialler.stop();
    return slept;
  }

  it("dials larger peers at once, smaller ones after a while", async () => {
    expect((await untilConnected("z", 1)).slice(0, 1)).not.to.include(50);
    expect((await untilConnected("a", 1))[0]).to.equal(50);
  });

  it("doubles its pauses up to the longest", async () => {
    expect((await untilConnected("z", 6)).slice(0, 5)).to.deep.equal([100, 200, 400, 400, 400]);
  });

  it("dials again after a drop, from the shortest pause", async () => {
    const { clock, slept } = quickClock();
    let connected = false;
    let dials = 0;
    let again = Promise.withResolvers<void>();
    const dialler = createDialler({
      self: "m",
      clock,
      log,
      limits,
      isConnected: () => connected,
      dial: async () => {
        dials++;
        connected = true;
        again.resolve();
      },
    });
    dialler.want([{ peer: "z", key: "address" }]);
    await again.promise;
    // let the dialler see the connection before it drops
    await new Promise((resolve) => setImmediate(resolve));
    again = Promise.withResolvers();
    connected = false;
    dialler.changed("z");
    await again.promise;
    expect(dials).to.equal(2);
    expect(slept.at(-1)).to.equal(limits.redialMinMs);
    await dialler.stop();
  });

  it("lets go of peers that are no longer wanted", async () => {
    const { clock } = quickClock();
    const given = Promise.withResolvers<AbortSignal>();
    const dialler = createDialler({
      self: "m",
      clock,
      log,
      limits,
      isConnected: () => false,
      dial: (_peer, signal) => {
        given.resolve(signal);
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    });
    dialler.want([{ peer: "z", key: "address" }]);
    const signal = await given.promise;
    dialler.want([]);
    expect(signal.aborted).to.equal(true);
    await dialler.stop();
  });
});

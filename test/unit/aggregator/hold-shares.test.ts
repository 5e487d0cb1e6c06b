import { expect } from "chai";
import { createSharesHolder } from "../../../node/aggregator/hold-shares.ts";
import { contentIdOf } from "../../../node/core/bytes/content-id.ts";
import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import type { TaskView } from "../../../node/core/record/task-view.ts";
import { shareBundleBytes } from "../../../node/privacy/masking/index.ts";
import { reduceRound } from "../../../node/rounds/state/round-state.ts";
import {
  decodeHoldSharesAnswer,
  encodeHoldShares,
  type HoldSharesRequest,
} from "../../../node/rounds/words/mask-messages.ts";
import { createModelNetwork } from "../../simulation/model/model-network.ts";
import { createSeededRandom } from "../../simulation/world/seeded-random.ts";
import { createVirtualClock } from "../../simulation/world/virtual-clock.ts";
import { expectCode } from "../../support/expect-code.ts";
import { silentLog } from "../../support/silent-log.ts";
import { lookAt, stateAt } from "../../support/states/machine-states.ts";
import { advertisementFor, closedMasked, maskedRound, maskedView } from "../../support/states/masked-states.ts";
import { accounts, contactOf, members, roundOf, viewOf } from "../../support/states/round-states.ts";

const { a, x } = accounts;
const open = maskedRound([]);
const lengthBytes = shareBundleBytes(open.drawn);
const bundle = (byte: number, length = lengthBytes) => new Uint8Array(length).fill(byte);

async function setUp(view: TaskView = maskedView(open)) {
  const clock = createVirtualClock(0);
  const network = createModelNetwork(clock, createSeededRandom(1), { latencyMs: 1, loss: 0 });
  const [owner, holder] = [network.host(contactOf(a).peerId), network.host(contactOf(x).peerId)];
  for (const [host, other] of [
    [owner, holder],
    [holder, owner],
  ] as const) {
    host.up();
    host.transport.admit([{ peerId: other.peerId, multiaddrs: [] }]);
  }
  let state = stateAt(x, "aggregator", view, 75);
  const look = (of: TaskView) => {
    state = reduceRound(state, lookAt(of, 75));
  };
  /** Registers the owner's PeerId for other accounts, listed before it. */
  const claim = (...by: readonly Address[]) => {
    const contact = contactOf(a);
    const claiming = members.map((member) => (by.includes(member.account) ? { ...member, contact } : member));
    state = reduceRound(state, lookAt(view, 75, claiming.toReversed()));
  };
  const shares = createSharesHolder({ store: holder.store, log: silentLog });
  const signal = new AbortController().signal;
  const run = async <T>(work: Promise<T>): Promise<T> => {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => undefined);
    await clock.run(() => isDone, 60_000);
    return await done;
  };
  const ask = async (
    request: Partial<HoldSharesRequest> & { readonly sharesId: Bytes32 },
    from = contactOf(a).peerId,
  ) =>
    decodeHoldSharesAnswer(
      await run(shares.answer(encodeHoldShares({ taskId: 1, round: 1, ...request }), from, state, signal)),
    );
  const give = (bytes: Uint8Array) => run(owner.store.put(bytes));
  return {
    shares,
    sweep: () => run(shares.sweep(state.view)),
    state,
    holder,
    owner,
    look,
    claim,
    ask,
    give,
    run,
    signal,
  };
}

describe("holding share bundles", () => {
  it("fetches the bundle from its owner, and keeps it", async () => {
    const { ask, give, owner, holder } = await setUp();
    const sharesId = await give(bundle(1));
    expect(await ask({ sharesId })).to.deep.equal({ held: true });
    owner.blobs.clear();
    expect(holder.blobs.get(sharesId)).to.deep.equal(bundle(1));
    expect(await ask({ sharesId }), "again").to.deep.equal({ held: true });
  });

  it("knows the length: three others, 178 bytes each", () => expect(lengthBytes).to.equal(3 * 178));

  it("refuses what is no participant's of the open round, and what it cannot get", async () => {
    const { ask, give } = await setUp();
    const sharesId = await give(bundle(1));
    const refused = async (...given: Parameters<typeof ask>) => {
      const answer = await ask(...given);
      return answer?.held === false ? answer.reason : "held";
    };
    expect(await refused({ sharesId, taskId: 2 })).to.equal("unknown-task");
    expect(await refused({ sharesId, round: 2 })).to.equal("wrong-round");
    expect(await refused({ sharesId }, contactOf(x).peerId)).to.equal("not-drawn");
    expect(await refused({ sharesId }, "a stranger")).to.equal("not-drawn");
    expect(await refused({ sharesId: await contentIdOf(bundle(9)) })).to.equal("not-fetched");
    expect(await refused({ sharesId: await give(bundle(2, lengthBytes + 1)) }), "another length").to.equal(
      "not-fetched",
    );
    const transparent = await setUp(viewOf([roundOf()]));
    expect(await transparent.ask({ sharesId })).to.deep.equal({ held: false, reason: "unknown-task" });
    const closed = await setUp(maskedView(closedMasked([0, 1, 2], [0, 1, 2])));
    expect(await closed.ask({ sharesId })).to.deep.equal({ held: false, reason: "wrong-round" });
  });

  it("holds two of a participant in a round, no more", async () => {
    const { ask, give } = await setUp();
    for (const byte of [1, 2]) expect(await ask({ sharesId: await give(bundle(byte)) })).to.deep.equal({ held: true });
    expect(await ask({ sharesId: await give(bundle(3)) })).to.deep.equal({ held: false, reason: "too-many" });
  });

  it("holds for the owner of a PeerId that others claim to have", async () => {
    const { ask, give, claim } = await setUp();
    claim(x, accounts.b);
    for (const byte of [1, 2, 3, 4]) {
      expect(await ask({ sharesId: await give(bundle(byte)) }), `${byte}`).to.deep.equal({ held: true });
    }
    expect(await ask({ sharesId: await give(bundle(5)) })).to.deep.equal({ held: false, reason: "too-many" });
  });

  it("forgets after the round what was not advertised", async () => {
    const { ask, give, sweep, holder, look } = await setUp();
    const kept = await give(bundle(1));
    const other = await give(bundle(2));
    for (const sharesId of [kept, other]) await ask({ sharesId });
    await sweep();
    expect(holder.blobs.size, "the round runs").to.equal(2);
    const advertisements = [{ ...advertisementFor(0), sharesId: kept, signature: `0x${"11".repeat(65)}` as const }];
    look(maskedView({ ...open, advertisements, phase: "invalid" }, roundOf({ round: 2 })));
    await sweep();
    expect([...holder.blobs.keys()]).to.deep.equal([kept]);
  });

  it("rejects garbage as the asking peer's fault", async () => {
    const { shares, state, signal } = await setUp();
    await expectCode("PEER_PROTOCOL", () => shares.answer(Uint8Array.of(1), "peer-aa", state, signal));
  });
});

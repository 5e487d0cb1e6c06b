import { expect } from "chai";
import { FedledgerError } from "../../../../node/core/errors/error.ts";
import type { Chain, ChainCall, StoredPlace } from "../../../../node/ports/chain.ts";
import type { Purse } from "../../../../node/rounds/court/court-state.ts";
import { createCollector } from "../../../../node/rounds/machine/collect.ts";
import { createEntry } from "../../../../node/rounds/machine/enter-task.ts";
import type { Progress } from "../../../../node/rounds/progress/progress.ts";
import type { RoundEvent } from "../../../../node/rounds/state/round-state.ts";
import { rejection } from "../../../support/rejection.ts";
import { silentLog } from "../../../support/silent-log.ts";
import { stateAt } from "../../../support/states/machine-states.ts";
import { accounts, hashOf, rules, viewOf } from "../../../support/states/round-states.ts";

const { a } = accounts;
const signal = new AbortController().signal;

/** An account with this place and credit; what it sends, what is told, and what becomes known. */
function setUp(place: Partial<StoredPlace>, creditWei = 0n, fails?: FedledgerError) {
  const sent: ChainCall[] = [];
  const told: Progress[] = [];
  const purses: Purse[] = [];
  const stored = { leaving: false, expelled: false, bondWei: 0n, freeFromS: 0, roundsCommitted: 0, ...place };
  const chain = {
    account: a,
    placeOf: async () => stored,
    creditOf: async () => creditWei,
    async send(call: ChainCall) {
      if (fails) throw fails;
      sent.push(call);
      return { gasUsed: 9, blockNumber: 12, transactionHash: `0x${"00".repeat(32)}` };
    },
  } as unknown as Chain;
  const deps = { chain, log: silentLog, onProgress: (step: Progress) => void told.push(step) };
  const collect = (nowS: number) => {
    const state = stateAt(a, "participant", viewOf(), nowS);
    const emit = (event: RoundEvent) => {
      if (event.kind === "purse") purses.push(event.purse);
      return state;
    };
    return createCollector(deps)({ kind: "collect", key: "", of: "x" }, { state, signal, emit });
  };
  return { sent, told, purses, collect, deps };
}

describe("collecting", () => {
  it("releases a bond whose time is over, then withdraws the credit", async () => {
    const { sent, told, purses, collect } = setUp({ bondWei: 7n, freeFromS: 100 }, 3n);
    expect(await collect(100)).to.deep.equal({ minedInBlock: 12 });
    expect(sent).to.deep.equal([{ kind: "releaseBond", taskId: 1, account: a }]);
    expect(told).to.deep.equal([{ kind: "bond-released", amountWei: 7n, gasUsed: 9 }]);
    expect(purses, "there is more to take").to.deep.equal([{ of: "x", bondWei: 0n, freeFromS: 0, creditWei: 10n }]);
    const credit = setUp({}, 10n);
    await credit.collect(101);
    expect(credit.sent).to.deep.equal([{ kind: "withdraw" }]);
    expect(credit.told).to.deep.equal([{ kind: "rewarded", amountWei: 10n, gasUsed: 9 }]);
    expect(credit.purses).to.deep.equal([{ of: "x", bondWei: 0n, freeFromS: 0, creditWei: 0n }]);
  });

  it("makes known that the account cannot pay for it, and fails, to be tried again", async () => {
    const poor = setUp({ bondWei: 7n, freeFromS: 100 }, 3n, new FedledgerError("INSUFFICIENT_FUNDS", { account: a }));
    await rejection(poor.collect(100), "INSUFFICIENT_FUNDS");
    const purse = { of: "x", bondWei: 7n, freeFromS: 100, creditWei: 3n, isUnpayable: true };
    expect(poor.purses).to.deep.equal([purse]);
    const other = setUp({}, 3n, new FedledgerError("RPC_UNREACHABLE", { url: "x", reason: "away" }));
    await rejection(other.collect(100), "RPC_UNREACHABLE");
    expect(other.purses).to.deep.equal([]);
  });

  it("leaves a bond that is not free, and that of a place", async () => {
    for (const place of [
      { bondWei: 7n, freeFromS: 101 },
      { bondWei: 7n, freeFromS: 90, role: "participant" as const },
      {},
    ]) {
      const { sent, purses, collect } = setUp(place);
      expect(await collect(100)).to.equal(undefined);
      expect(sent).to.deep.equal([]);
      expect(purses).to.have.length(1);
    }
  });
});

describe("taking a place", () => {
  const view = viewOf([], { rules: { ...rules, participantBondGwei: 7, aggregatorBondGwei: 9 } });
  const look = { view, signal };

  it("sends the bond that the role asks for, and tells of it", async () => {
    const { deps, sent, told } = setUp({});
    await createEntry(deps)("participant", look);
    await createEntry(deps)("aggregator", look);
    expect(sent).to.deep.equal([
      { kind: "enrol", taskId: 1, first: hashOf(1), amountWei: 7_000_000_000n },
      { kind: "join", taskId: 1, first: hashOf(1), amountWei: 9_000_000_000n },
    ]);
    expect(told.map(({ kind }) => kind)).to.deep.equal(["enrolled", "bond-paid", "joined", "bond-paid"]);
  });

  it("sends nothing where a former bond is held, or the task has none", async () => {
    const held = setUp({ bondWei: 7n, freeFromS: 5 });
    await createEntry(held.deps)("participant", look);
    const none = setUp({});
    await createEntry(none.deps, { statement: hashOf(10) })("participant", { view: viewOf(), signal });
    expect([...held.sent, ...none.sent]).to.deep.equal([
      { kind: "enrol", taskId: 1, first: hashOf(1), amountWei: 0n },
      { kind: "enrol", taskId: 1, first: hashOf(1), amountWei: 0n, statement: hashOf(10) },
    ]);
  });

  it("gives a share key in masked tasks alone", async () => {
    const { deps, sent } = setUp({});
    const enter = createEntry(deps, { shareKey: async () => "0x0b" });
    await enter("participant", { view: viewOf([], { rules: { ...rules, mode: "masked" } }), signal });
    await enter("participant", { view: viewOf(), signal });
    expect(sent.map((call) => call.kind === "enrol" && call.shareKey)).to.deep.equal(["0x0b", undefined]);
  });

  it("says once that the account cannot pay", async () => {
    const poor = setUp({}, 0n, new FedledgerError("INSUFFICIENT_FUNDS", { account: a }));
    const enter = createEntry(poor.deps);
    await rejection(enter("participant", look), "INSUFFICIENT_FUNDS");
    await rejection(enter("participant", look), "INSUFFICIENT_FUNDS");
    const missingWei = 7_000_000_000n;
    expect(poor.told).to.deep.equal([{ kind: "bond-unpaid", role: "participant", bondWei: missingWei, missingWei }]);
  });
});

import { expect } from "chai";
import { FedledgerError } from "../../../node/core/error.ts";
import type { BondState, Chain, ChainCall } from "../../../node/ports/chain.ts";
import { createBondBringer } from "../../../node/rounds/bring-bond.ts";
import type { Progress } from "../../../node/rounds/progress.ts";
import { rejection } from "../../support/rejection.ts";
import { accounts } from "../../support/round-states.ts";
import { silentLog } from "../../support/silent-log.ts";

function create(bond: Partial<BondState>, isPoor = false) {
  const sent: ChainCall[] = [];
  const told: Progress[] = [];
  const state = { freeWei: 0n, lockedWei: 0n, unbondingWei: 0n, withdrawableFromS: 0, creditWei: 0n, ...bond };
  const chain = {
    account: accounts.a,
    bondOf: async () => state,
    send: async (call: ChainCall) => {
      if (isPoor) throw new FedledgerError("INSUFFICIENT_FUNDS", { account: accounts.a, purpose: call.kind });
      sent.push(call);
      return { transactionHash: "0x", blockNumber: 7, gasUsed: 1 };
    },
  } as unknown as Chain;
  const deps = { chain, log: silentLog, onProgress: (step: Progress) => void told.push(step) };
  const bring = createBondBringer(deps, "participant", ({ freeWei }) => freeWei);
  const look = { view: undefined, signal: new AbortController().signal };
  return { bring: () => bring(10n, look), sent, told };
}

describe("bringing a bond", () => {
  it("adds exactly what is missing of what counts", async () => {
    const { bring, sent, told } = create({ freeWei: 4n, lockedWei: 100n });
    expect(await bring()).to.deep.include({ minedInBlock: 7 });
    expect(sent).to.deep.equal([{ kind: "bond", amountWei: 6n }]);
    expect(told.map(({ kind }) => kind)).to.deep.equal(["bonded"]);
  });

  it("adds nothing to what is enough", async () => {
    const { bring, sent } = create({ freeWei: 10n });
    expect(await bring()).to.equal(undefined);
    expect(sent).to.deep.equal([]);
  });

  it("says once, and whose it is, when the account cannot pay", async () => {
    const { bring, told } = create({ freeWei: 1n }, true);
    await rejection(bring(), "INSUFFICIENT_FUNDS");
    await rejection(bring(), "INSUFFICIENT_FUNDS");
    expect(told).to.deep.equal([{ kind: "bond-unpaid", role: "participant", bondWei: 10n, missingWei: 9n }]);
  });
});

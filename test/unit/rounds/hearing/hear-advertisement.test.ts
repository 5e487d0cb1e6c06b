import { expect } from "chai";
import type { SignedAdvertisement } from "../../../../node/core/records.ts";
import { hearAdvertisement } from "../../../../node/rounds/hearing/hear-advertisement.ts";
import { reduceRound } from "../../../../node/rounds/state/round-state.ts";
import { encodeAdvertisement } from "../../../../node/rounds/words/advertisement-messages.ts";
import { modelRecordDigest, modelSign, modelSigner } from "../../../simulation/model/model-signature.ts";
import { stateAt } from "../../../support/states/machine-states.ts";
import { advertisementFor, maskedRound, maskedView } from "../../../support/states/masked-states.ts";
import { accounts, hashOf, participants } from "../../../support/states/round-states.ts";

/** The keys of a slot, signed over a start value. */
function keysOf(slot: number, changes: Partial<SignedAdvertisement> = {}, by = participants[slot]!) {
  const { slot: _, ...keys } = advertisementFor(slot);
  const record = { ...keys, start: hashOf(70), ...changes };
  return { ...record, signature: modelSign(by, modelRecordDigest({ type: "advertisement", ...record })) };
}

describe("gossiped keys of a masked round", () => {
  const hear = (signed: SignedAdvertisement, changes: object = {}) => {
    const round = { ...maskedRound([]), ...changes };
    const state = stateAt(accounts.a, "participant", maskedView(round), 75);
    return hearAdvertisement(encodeAdvertisement({ signed, sequence: 1 }), state, { recoverSigner: modelSigner })
      .verdict;
  };

  it("are taken from whoever is drawn, over the start value of the open round, signed by their owner", () => {
    expect(hear(keysOf(1))).to.equal("accept");
    expect(hear(keysOf(1, {}, participants[2]))).to.equal("reject");
    expect(hear(keysOf(1, { start: hashOf(71) }))).to.equal("ignore");
    expect(hear(keysOf(1, { round: 2 }))).to.equal("ignore");
    expect(hear(keysOf(1, { taskId: 2 }))).to.equal("ignore");
    expect(hear(keysOf(1, { participant: accounts.x }, accounts.x))).to.equal("ignore");
  });

  it("are checked once, however often and differently their owner signs them; others of it are heard", () => {
    const state = stateAt(accounts.a, "participant", maskedView(maskedRound([])), 75);
    const known = reduceRound(state, { kind: "advertisement", signed: keysOf(1) });
    const unasked = {
      recoverSigner: (): never => {
        throw new TypeError("no signature is to be looked at");
      },
    };
    const again = (signed: SignedAdvertisement, by: typeof unasked | { recoverSigner: typeof modelSigner }) =>
      hearAdvertisement(encodeAdvertisement({ signed, sequence: 2 }), known, by).verdict;
    expect(again(keysOf(1), unasked)).to.equal("accept");
    expect(again({ ...keysOf(1), signature: keysOf(2).signature }, unasked)).to.equal("ignore");
    expect(again(keysOf(1, { maskKey: hashOf(71) }), { recoverSigner: modelSigner })).to.equal("accept");
  });

  it("are passed on by nobody for one that has a place and is not drawn", () => {
    const verdicts = participants.map((_, slot) => hear(keysOf(slot), { drawn: 3, enrolled: 4, seed: 5n }));
    expect(verdicts.toSorted()).to.deep.equal(["accept", "accept", "accept", "ignore"]);
  });
});

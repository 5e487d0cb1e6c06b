import { expect } from "chai";
import { compactSignature } from "../../../../node/core/bytes/compact-signature.ts";
import type { Address, Hex } from "../../../../node/core/ids.ts";
import { shareKeyOf, shareKeyWordOf } from "../../../../node/rounds/steps/mask-queries.ts";
import { modelRecordDigest, modelSign, modelSigner } from "../../../simulation/model/model-signature.ts";
import { advertisementFor, maskedRound, maskedView } from "../../../support/states/masked-states.ts";
import { accounts, hashOf, participants } from "../../../support/states/round-states.ts";

const { a } = accounts;

/** A round in which the first participant named a key for its next one, signed by an account. */
function naming(round: number, shareKey: Hex, by: Address = a) {
  const start = hashOf(70 + round);
  const { slot: _, ...keys } = { ...advertisementFor(0, round), shareKey };
  const signature = modelSign(by, modelRecordDigest({ type: "advertisement", ...keys, start }));
  return { ...maskedRound([]), round, start, advertisements: [{ ...keys, slot: 0, signature }] };
}

describe("the key to which an account's shares are sealed", () => {
  const [first, second] = [naming(1, hashOf(31)), naming(2, hashOf(32))];
  const view = maskedView(first, second);

  it("is the one that a round before named: what a round's own keys name is for the next", () => {
    expect(shareKeyOf(view, second, a, modelSigner)).to.equal(hashOf(31));
    expect(shareKeyOf(view, { round: 3 }, a, modelSigner)).to.equal(hashOf(32));
    expect(shareKeyOf(view, first, a, modelSigner)).to.equal(undefined);
    expect(shareKeyWordOf(view, a)?.shareKey, "the newest word").to.equal(hashOf(32));
    expect(shareKeyOf(view, { round: 3 }, participants[1]!, modelSigner)).to.equal(undefined);
  });

  it("is the one that the account set by itself since, and none that it did not sign", () => {
    const shareKey = hashOf(33);
    const signature = modelSign(a, modelRecordDigest({ type: "share-key", taskId: 1, shareKey }));
    const set = (word: Hex) => ({ ...view, shareKeys: new Map([[a, word]]) });
    const whole = `0x${shareKey.slice(2)}${compactSignature(signature).slice(2)}` as const;
    expect(shareKeyOf(set(whole), { round: 3 }, a, modelSigner)).to.equal(shareKey);
    expect(shareKeyOf(set(`${whole.slice(0, -2)}ff` as Hex), { round: 3 }, a, modelSigner)).to.equal(undefined);
    expect(shareKeyOf(set("0x"), { round: 3 }, a, modelSigner), "of another length").to.equal(hashOf(32));
    const forged = maskedView(naming(1, hashOf(34), participants[1]!));
    expect(shareKeyOf(forged, { round: 2 }, a, modelSigner)).to.equal(undefined);
  });
});

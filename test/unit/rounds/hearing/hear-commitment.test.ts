import { expect } from "chai";
import type { Address } from "../../../../node/core/ids.ts";
import type { SignedCommitment } from "../../../../node/core/records.ts";
import { hearCommitment } from "../../../../node/rounds/hearing/hear-commitment.ts";
import { type RoundState, reduceRound } from "../../../../node/rounds/state/round-state.ts";
import { encodeAttestation } from "../../../../node/rounds/words/attestation-messages.ts";
import { encodeCommitment } from "../../../../node/rounds/words/commitment-messages.ts";
import { lookAt, stateAt } from "../../../support/states/machine-states.ts";
import {
  acceptedRound,
  accounts,
  attestationOf,
  hashOf,
  proposedRound,
  roundOf,
  rules,
  viewOf,
} from "../../../support/states/round-states.ts";
import { signedCommitmentOf, wordChain } from "../../../support/states/signed-words.ts";

const { b, x } = accounts;
const state = (view = viewOf([roundOf()])): RoundState => stateAt(x, "aggregator", view, 1);
const zero = hashOf(0);

describe("hearCommitment", () => {
  const hear = (signed: SignedCommitment, of = state()) =>
    hearCommitment(encodeCommitment({ signed, sequence: 1 }), of, wordChain);

  it("accepts the word of a drawn participant, with the account spelled as the chain spells it", () => {
    const spelled = `0x${"Aa".repeat(20)}` as Address;
    const view = viewOf([roundOf()]);
    const enrolled = [{ account: spelled, leaving: false, statement: zero }, ...view.enrolled.slice(1)];
    const { verdict, signed } = hear(signedCommitmentOf(0), state({ ...view, enrolled }));
    expect(verdict).to.equal("accept");
    expect(signed).to.deep.equal({ ...signedCommitmentOf(0), participant: spelled });
  });

  it("does not check a repetition again, nor take one for it that differs", () => {
    const known = reduceRound(state(), { kind: "commitment", signed: signedCommitmentOf(0) });
    const checked: unknown[] = [];
    const counting = {
      recoverSigner: (record: Parameters<typeof wordChain.recoverSigner>[0]) => {
        checked.push(record);
        return wordChain.recoverSigner(record);
      },
    };
    const again = (signed: SignedCommitment) =>
      hearCommitment(encodeCommitment({ signed, sequence: 2 }), known, counting).verdict;
    expect(again(signedCommitmentOf(0))).to.equal("accept");
    expect(checked).to.have.length(0);
    const { signature } = signedCommitmentOf(0);
    expect(again(signedCommitmentOf(0, { weight: 11, signature }))).to.equal("reject");
    expect(again(signedCommitmentOf(1, { signature }))).to.equal("reject");
    expect(checked).to.have.length(2);
  });

  it("checks no third word of a participant over one anchor, nor another signature to the first", () => {
    const unasked = {
      recoverSigner: (): never => {
        throw new TypeError("no signature is to be looked at");
      },
    };
    const again = (signed: SignedCommitment, of: RoundState) =>
      hearCommitment(encodeCommitment({ signed, sequence: 2 }), of, unasked).verdict;
    const one = reduceRound(state(), { kind: "commitment", signed: signedCommitmentOf(0) });
    const { signature } = signedCommitmentOf(1);
    expect(again(signedCommitmentOf(0, { signature }), one)).to.equal("ignore");
    const two = reduceRound(one, { kind: "commitment", signed: signedCommitmentOf(0, { weight: 11 }) });
    expect(again(signedCommitmentOf(0, { weight: 11 }), two)).to.equal("accept");
    expect(again(signedCommitmentOf(0, { weight: 12 }), two)).to.equal("ignore");
  });

  it("accepts one that comes after the round was closed: it may contradict what was committed", () => {
    expect(hear(signedCommitmentOf(0), state(viewOf([proposedRound()]))).verdict).to.equal("accept");
  });

  const rejected: [string, SignedCommitment][] = [
    ["signed by another", signedCommitmentOf(0, {}, b)],
    ["of another task, replayed", signedCommitmentOf(0, { signature: signedCommitmentOf(0, { taskId: 2 }).signature })],
    ["of another round, replayed", signedCommitmentOf(0, { signature: signedCommitmentOf(0, { round: 2 }).signature })],
    [
      "over another anchor, replayed",
      signedCommitmentOf(0, { signature: signedCommitmentOf(0, { anchor: hashOf(8) }).signature }),
    ],
    [
      "with a weight that was not signed",
      signedCommitmentOf(0, { weight: 9, signature: signedCommitmentOf(0).signature }),
    ],
    ["with no weight", signedCommitmentOf(0, { weight: 0 })],
    ["with more than the greatest weight", signedCommitmentOf(0, { weight: rules.maxWeight + 1 })],
    ["without a root", signedCommitmentOf(0, { updateRoot: zero })],
    ["without a content id", signedCommitmentOf(0, { contentId: zero })],
  ];
  for (const [name, signed] of rejected) {
    it(`rejects one ${name}`, () => expect(hear(signed)).to.deep.equal({ verdict: "reject" }));
  }

  it("rejects garbage", () => {
    expect(hearCommitment(Uint8Array.of(1, 2), state(), wordChain).verdict).to.equal("reject");
    const word = encodeAttestation({ attestation: attestationOf(b, hashOf(1)), sequence: 1 });
    expect(hearCommitment(word, state(), wordChain).verdict).to.equal("reject");
  });

  it("ignores what no round in flight here could take", () => {
    expect(hear(signedCommitmentOf(0, { taskId: 2 })).verdict).to.equal("ignore");
    expect(hear(signedCommitmentOf(0, { round: 2 })).verdict, "a future round").to.equal("ignore");
    expect(hear(signedCommitmentOf(0, { anchor: hashOf(8) })).verdict).to.equal("ignore");
    expect(hear(signedCommitmentOf(0, { participant: x }, x)).verdict, "no participant").to.equal("ignore");
    const few = viewOf([roundOf({ enrolled: 3, drawn: 3 })]);
    expect(hear(signedCommitmentOf(3), state(few)).verdict, "enrolled after the opening").to.equal("ignore");
    const past = viewOf([acceptedRound()]);
    expect(hear(signedCommitmentOf(0), state(past)).verdict).to.equal("ignore");
  });
});

describe("what is heard", () => {
  it("stays while its round is one of the two newest, and keeps no second word of anyone", () => {
    const hearing = (of: RoundState, signed: SignedCommitment) => reduceRound(of, { kind: "commitment", signed });
    const other = signedCommitmentOf(0, { weight: 11 });
    let heard = hearing(hearing(state(), signedCommitmentOf(0)), signedCommitmentOf(0));
    expect([...heard.words.values()]).to.deep.equal([{ signed: signedCommitmentOf(0), heardAtS: 1 }]);
    heard = hearing(heard, other);
    const third = hearing(heard, signedCommitmentOf(0, { weight: 12 }));
    expect([...third.words.values()]).to.deep.equal([{ signed: signedCommitmentOf(0), other, heardAtS: 1 }]);
    const next = (round: number) => viewOf([acceptedRound(), roundOf({ round })]);
    const later = viewOf([...next(2).rounds, roundOf({ round: 3 })]);
    const sizes = (of: RoundState) => [next(2), later].map((view) => reduceRound(of, lookAt(view, 2)).words.size);
    expect(sizes(hearing(state(), signedCommitmentOf(0)))).to.deep.equal([1, 0]);
    expect(sizes(heard), "a contradiction is not forgotten").to.deep.equal([1, 1]);
  });
});

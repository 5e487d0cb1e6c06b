import { expect } from "chai";
import type { Address } from "../../../../node/core/ids.ts";
import type { Attestation } from "../../../../node/core/records.ts";
import { hearAttestation } from "../../../../node/rounds/hearing/hear-attestation.ts";
import { type RoundState, reduceRound } from "../../../../node/rounds/state/round-state.ts";
import { encodeAttestation } from "../../../../node/rounds/words/attestation-messages.ts";
import { stateAt } from "../../../support/states/machine-states.ts";
import {
  acceptedRound,
  accounts,
  aggregatingRound,
  attestationOf,
  hashOf,
  proposedRound,
  viewOf,
} from "../../../support/states/round-states.ts";

const { a, x } = accounts;
const proposed = proposedRound();
const state = (view = viewOf([proposed])): RoundState => stateAt(x, "aggregator", view, 1);
const genuine = { recoverAttester: ({ attester }: Attestation): Address => attester };
const unasked = {
  recoverAttester: (): never => {
    throw new TypeError("no signature is to be looked at");
  },
};
const forged = { recoverAttester: (): undefined => undefined };

function hear(
  of: RoundState,
  changes: Partial<Attestation> = {},
  chain: typeof genuine | typeof forged | typeof unasked = genuine,
) {
  const attestation = { ...attestationOf(a, proposed.proposal.hash), ...changes };
  return hearAttestation(encodeAttestation({ attestation, sequence: 1 }), of, chain);
}

describe("hearAttestation", () => {
  it("accepts the word of one that committed, with the account spelled as the chain spells it", () => {
    const spelled = `0x${"Aa".repeat(20)}` as Address;
    const commitments = proposed.commitments.map((one) => (one.slot === 0 ? { ...one, participant: spelled } : one));
    const view = viewOf([{ ...proposed, commitments }]);
    const heard = hear(state(view));
    expect(heard.verdict).to.equal("accept");
    expect(heard.attestation?.attester).to.equal(spelled);
  });

  it("rejects garbage and signatures of others", () => {
    expect(hearAttestation(Uint8Array.of(1, 2), state(), genuine).verdict).to.equal("reject");
    expect(hear(state(), {}, forged).verdict).to.equal("reject");
    expect(
      hearAttestation(encodeAttestation({ attestation: attestationOf(a, hashOf(1)), sequence: 0 }), state(), {
        recoverAttester: () => accounts.b,
      }).verdict,
    ).to.equal("reject");
  });

  it("checks one signature of an attester to a proposal, however often and differently it is signed", () => {
    const attestation = attestationOf(a, proposed.proposal.hash);
    const known = reduceRound(state(), { kind: "attestation", attestation });
    expect(hear(known, {}, unasked)).to.deep.equal({ verdict: "accept" });
    expect(hear(known, { signature: `0x${"12".repeat(65)}` }, unasked).verdict).to.equal("ignore");
    expect(hear(known, { attester: accounts.b }, forged).verdict).to.equal("reject");
  });

  it("checks no signature of an attester that has attested to too many proposals", () => {
    const many = Array.from({ length: 16 }, (_, i) => attestationOf(a, hashOf(200 + i)));
    const full = many
      .map((attestation) => ({ kind: "attestation", attestation }) as const)
      .reduce<RoundState>(reduceRound, state());
    expect(hear(full, { proposalHash: hashOf(99) }, unasked).verdict).to.equal("ignore");
    expect(hear(full, { proposalHash: hashOf(99), attester: accounts.b }).verdict).to.equal("accept");
  });

  it("ignores what does not concern the running round as it is seen here", () => {
    expect(hear(state(), { taskId: 2 }).verdict).to.equal("ignore");
    expect(hear(state(), { round: 2 }).verdict).to.equal("ignore");
    expect(hear(state(), { attester: x }).verdict).to.equal("ignore");
    expect(hear(state(viewOf([acceptedRound()]))).verdict).to.equal("ignore");
  });

  it("ignores one of a participant that did not commit in the round", () => {
    expect(hear(state(viewOf([aggregatingRound([1, 2, 3])]))).verdict).to.equal("ignore");
  });

  it("accepts one that is ahead of this node's look", () => {
    expect(hear(state(viewOf([aggregatingRound()]))).verdict).to.equal("accept");
  });
});

import { expect } from "chai";
import type { Address } from "../../../node/core/ids.ts";
import type { Attestation } from "../../../node/core/records.ts";
import { hearAttestation } from "../../../node/rounds/hear-attestation.ts";
import { encodeAttestation } from "../../../node/rounds/messages.ts";
import { initialRoundState, type RoundState, reduceRound } from "../../../node/rounds/round-state.ts";
import { accounts, attestationOf, hashOf, headAt, proposedRound, roundOf, viewOf } from "../../support/round-states.ts";

const { a, x } = accounts;
const proposed = proposedRound();
const start = initialRoundState(x, "aggregator", { graceS: 3 });
const state = (view = viewOf([proposed])): RoundState => reduceRound(start, { kind: "looked", view, head: headAt(1) });
const genuine = { recoverAttester: ({ attester }: Attestation): Address => attester };
const forged = { recoverAttester: (): undefined => undefined };

function hear(of: RoundState, changes: Partial<Attestation> = {}, chain: typeof genuine | typeof forged = genuine) {
  const attestation = { ...attestationOf(a, proposed.proposal.hash), ...changes };
  return hearAttestation(encodeAttestation({ attestation, sequence: 1 }), of, chain);
}

describe("hearAttestation", () => {
  it("accepts a participant's word, with the account spelled as the chain spells it", () => {
    const spelled = `0x${"Aa".repeat(20)}` as Address;
    const view = viewOf([proposed], { enrolled: [{ participant: spelled, leaving: false }] });
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

  it("ignores what does not concern the running round as it is seen here", () => {
    expect(hear(start).verdict).to.equal("ignore");
    expect(hear(state(), { taskId: 2 }).verdict).to.equal("ignore");
    expect(hear(state(), { round: 2 }).verdict).to.equal("ignore");
    expect(hear(state(), { attester: x }).verdict).to.equal("ignore");
    expect(hear(state(viewOf([{ ...proposed, phase: "finalized" }]))).verdict).to.equal("ignore");
  });

  it("accepts words on either round in flight", () => {
    const second = { ...proposed, round: 2, baseModelRoot: proposed.proposal.modelRoot };
    const both = state(viewOf([proposed, second]));
    expect(hear(both).verdict).to.equal("accept");
    expect(hear(both, { round: 2 }).verdict).to.equal("accept");
    expect(hear(both, { round: 3 }).verdict).to.equal("ignore");
  });

  it("accepts one that is ahead of this node's look", () => {
    expect(hear(state(viewOf([roundOf()]))).verdict).to.equal("accept");
  });
});

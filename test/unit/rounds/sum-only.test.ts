import { expect } from "chai";
import { contentIdOf } from "../../../node/core/bytes/content-id.ts";
import type { BlobStore } from "../../../node/ports/storage.ts";
import { createCipherSum } from "../../../node/privacy/encrypted/cipher-sum.ts";
import type { ModelSource } from "../../../node/rounds/blobs/model-source.ts";
import { subjectOf } from "../../../node/rounds/blobs/proposed-round.ts";
import { isAttestable, type Judgement } from "../../../node/rounds/court/court-state.ts";
import { judgeProposal } from "../../../node/rounds/court/judge-proposal.ts";
import { dueJudgements } from "../../../node/rounds/machine/due-in-common.ts";
import { type RoundEvent, reduceRound } from "../../../node/rounds/state/round-state.ts";
import { silentLog } from "../../support/silent-log.ts";
import { encryptedRoundOfFour } from "../../support/states/encrypted-round.ts";
import { encryptedView, encryptedRules as rules } from "../../support/states/encrypted-states.ts";
import { stateAt } from "../../support/states/machine-states.ts";
import { acceptedRound, accounts, members, proposedRound, viewOf } from "../../support/states/round-states.ts";

const { d } = accounts;

describe("an encrypted round of which only the sum was compared", () => {
  const sumOnly: Judgement = { isRight: true, isSumOnly: true };
  const kept = acceptedRound();
  const standing = proposedRound();
  const judged: RoundEvent = { kind: "judged", subject: subjectOf(kept), judgement: sumOnly };
  const due = (round: typeof kept) => {
    const state = stateAt(d, "participant", viewOf([round]), 205);
    return dueJudgements(reduceRound(state, judged)).map(({ kind }) => kind);
  };

  it("is told from one that was opened", async () => {
    const made = await encryptedRoundOfFour();
    const sum = createCipherSum(rules.parameterCount);
    for (const { contentId } of made.commitments) sum.add(made.blobs.get(contentId)!);
    const closed = made.closed(made.commitments);
    const { hash } = standing.proposal;
    const totalWeight = made.commitments.reduce((total, { weight }) => total + BigInt(weight), 0n);
    const openings = await contentIdOf(sum.finish());
    const proposal = { ...standing.proposal, hash, totalWeight, openings };
    const source = { reads: () => true, update: made.get } as unknown as ModelSource;
    const store = { has: async () => true } as unknown as BlobStore;
    const judge = async (phase: "accepted" | "proposed") => {
      const round = { ...closed, phase, proposal };
      const look = { view: encryptedView(round), members, signal: new AbortController().signal };
      return (await judgeProposal({ store, source, log: silentLog }, round, look)).judgement;
    };
    expect(await judge("accepted")).to.deep.equal(sumOnly);
    expect(await judge("proposed"), "by who holds no key").to.deep.equal({ isRight: true });
  });

  it("is not attested to", () => {
    expect(isAttestable(sumOnly, standing)).to.equal(false);
    expect(isAttestable({ isRight: true }, standing)).to.equal(true);
  });

  it("is judged again where a reorganisation makes it stand as proposed again, and else not", () => {
    expect(subjectOf(kept)).to.equal(subjectOf(standing));
    expect(due(kept)).to.deep.equal([]);
    expect(due(standing)).to.deep.equal(["judge"]);
  });
});

import { expect } from "chai";
import { participantMachine } from "../../../../node/participant/participant-machine.ts";
import { subjectOf } from "../../../../node/rounds/blobs/proposed-round.ts";
import type { Judgement } from "../../../../node/rounds/court/court-state.ts";
import { encryptedRound, encryptedRules } from "../../../support/states/encrypted-states.ts";
import { lookAt, stateAfter } from "../../../support/states/machine-states.ts";
import {
  acceptedRound,
  accounts,
  commitmentOf,
  hashOf,
  optionsOf,
  viewOf,
} from "../../../support/states/round-states.ts";

const { a } = accounts;
const machine = participantMachine(a, { ...optionsOf(a), autoEnrol: true });
const accepted = acceptedRound({ commitments: [commitmentOf(1)] });
const open = { ...encryptedRound([1]), round: 2, baseModelRoot: hashOf(50) };
const view = viewOf([accepted, open], { rules: encryptedRules });

/** What a participant of an encrypted task does in round 2, having judged round 1 so. */
function kindsWith(judgement?: Judgement): readonly string[] {
  const judged = { kind: "judged", subject: subjectOf(accepted), judgement: judgement as Judgement } as const;
  const events = [lookAt(view, 75), { kind: "recalled", checked: [] } as const, ...(judgement ? [judged] : [])];
  return machine.due(stateAfter(machine, events)).map(({ kind }) => kind);
}

describe("training above an accepted round of an encrypted task", () => {
  it("goes on though only its sum was compared, or nothing of it was", () => {
    for (const judgement of [undefined, { isRight: true, isSumOnly: true } as const, { isRight: false, missing: [] }]) {
      expect(kindsWith(judgement)).to.include("train").and.not.include("hold-back");
    }
  });

  it("is held back where it was found wrong", () => {
    expect(kindsWith({ isRight: false }))
      .to.include("hold-back")
      .and.not.include("train");
  });
});

import { expect } from "chai";
import { participantMachine } from "../../../node/participant/participant-machine.ts";
import {
  createParticipantPerformers,
  type ParticipantPerformerDeps,
} from "../../../node/participant/perform-participant.ts";
import { createCheckedJournal } from "../../../node/participant/state/checked-journal.ts";
import type { ParticipantEvent } from "../../../node/participant/state/participant-state.ts";
import { createMemoryJournal } from "../../../node/rounds/actions/memory-journal.ts";
import { subjectOf } from "../../../node/rounds/blobs/proposed-round.ts";
import type { RoundEvent } from "../../../node/rounds/state/round-state.ts";
import { silentLog } from "../../support/silent-log.ts";
import { seenAt } from "../../support/states/machine-states.ts";
import { acceptedRound, accounts, commitmentOf, optionsOf, times, viewOf } from "../../support/states/round-states.ts";

const { a, b } = accounts;
const accepted = acceptedRound({
  commitments: [commitmentOf(1)],
  result: { ...acceptedRound().result!, attesters: [b] },
});

describe("what a participant's journal says at its start", () => {
  it("is the first round that any run was to recompute, and what of those above it was found right", async () => {
    const journal = createMemoryJournal();
    const chain = { account: a };
    const none = { performers: {} };
    const parts = { desk: {}, masked: none, encrypted: none, times, log: silentLog };
    const deps = { taskId: 1, chain, journal, ...parts } as unknown as ParticipantPerformerDeps;
    const machine = participantMachine(a, { ...optionsOf(a), autoEnrol: true });
    const startAt = async (timestampS: number) => {
      const state = machine.first(seenAt(viewOf([accepted]), timestampS));
      const events: (ParticipantEvent | RoundEvent)[] = [];
      const emit = (event: ParticipantEvent | RoundEvent) => {
        events.push(event);
        return state;
      };
      const { signal } = new AbortController();
      const context = { state, signal, look: { ...state, signal }, emit };
      await createParticipantPerformers(deps).recall({ kind: "recall", key: "recall" }, context);
      return events;
    };
    const nothing = { kind: "recalled", checked: [], firstRound: 1 };
    expect(await startAt(800), "in its window").to.deep.equal([nothing]);
    expect(await startAt(801), "started again behind it").to.deep.equal([nothing]);
    await createCheckedJournal(journal, { taskId: 1, me: a }).enter(accepted);
    expect(await startAt(801)).to.deep.equal([{ ...nothing, checked: [subjectOf(accepted)] }]);
  });
});

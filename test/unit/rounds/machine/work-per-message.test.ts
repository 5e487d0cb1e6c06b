import { expect } from "chai";
import { aggregatorMachine } from "../../../../node/aggregator/aggregator-machine.ts";
import type { RoundView } from "../../../../node/core/record/task-view.ts";
import { participantMachine } from "../../../../node/participant/participant-machine.ts";
import type { DueAction } from "../../../../node/rounds/actions/action-runner.ts";
import { hasProposal, subjectOf } from "../../../../node/rounds/blobs/proposed-round.ts";
import type { Machine } from "../../../../node/rounds/machine/machine.ts";
import type { RoundEvent, RoundState } from "../../../../node/rounds/state/round-state.ts";
import { watcherMachine } from "../../../../node/watcher/watcher-machine.ts";
import { lookAt, stateAfter } from "../../../support/states/machine-states.ts";
import {
  acceptedRound,
  accounts,
  attestationOf,
  hashOf,
  optionsOf,
  proposedRound,
  rules,
  viewOf,
} from "../../../support/states/round-states.ts";

const { a, b, x, y } = accounts;
const known = { kind: "recalled", checked: [] } as const;

/** Rounds that are over, whose every look at one is counted, below one with a proposal; all rules that count rounds. */
function watchedTask() {
  let looks = 0;
  const watched = (round: RoundView): RoundView =>
    new Proxy(round, {
      get(target, name) {
        looks++;
        return target[name as keyof RoundView];
      },
    });
  const over = [1, 2, 3].map((round) => acceptedRound({ round }));
  const checked = over.filter(hasProposal).map(subjectOf);
  const proposed = proposedRound(0n, { round: 4 });
  const limited = { ...rules, rounds: 9, roundsPerParticipant: 9 };
  const view = viewOf([...over.map(watched), proposed], { rules: limited, complete: false });
  return { view, proposed, checked, looks: () => looks };
}

/** How many looks at rounds that are over one gossiped message costs; and whether it costs a decision at all. */
function costOf<S extends RoundState, E extends { readonly kind: string }, A extends DueAction>(
  machine: Machine<S, E, A>,
  recalled: (checked: readonly string[]) => readonly (E | RoundEvent)[] = () => [],
) {
  const { view, proposed, checked, looks } = watchedTask();
  const state = stateAfter(machine, [lookAt(view, 900), ...recalled(checked), lookAt(view, 901)]);
  const before = looks();
  const attestation = attestationOf(b, proposed.proposal.hash, 4);
  const next = machine.reduce(state, { kind: "attestation", attestation });
  machine.due(next);
  machine.outcome(next);
  const again = machine.reduce(next, { kind: "attestation", attestation });
  return { looks: looks() - before, isNew: next !== state, isNewAgain: again !== next };
}

describe("a gossiped message", () => {
  const participant = participantMachine(a, { ...optionsOf(a), autoEnrol: true });
  const costs = [
    costOf(participant, (checked) => [{ ...known, checked, firstRound: 1 }]),
    costOf(aggregatorMachine(x, optionsOf(x))),
    costOf(watcherMachine(y, optionsOf(y))),
  ];

  it("costs no look at rounds that are over", () => {
    expect(costs.map(({ looks }) => looks)).to.deep.equal([0, 0, 0]);
  });

  it("costs a decision once, and none where it was heard before", () => {
    for (const cost of costs) expect(cost).to.include({ isNew: true, isNewAgain: false });
  });

  it("changes nothing of a state that has it, whatever kind of word it is", () => {
    const machine = watcherMachine(y, optionsOf(y));
    const state = machine.first(lookAt(viewOf([proposedRound()]), 205));
    const words: RoundEvent[] = [
      { kind: "attestation", attestation: attestationOf(a, hashOf(3)) },
      { kind: "measured", subject: "x" },
      { kind: "closing", word: { taskId: 1, round: 1, accumulator: hashOf(1), participant: a, signature: "0x01" } },
    ];
    for (const word of words) {
      const heard = machine.reduce(state, word);
      expect(heard, word.kind).to.not.equal(state);
      expect(machine.reduce(heard, word), word.kind).to.equal(heard);
    }
  });
});

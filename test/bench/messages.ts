// What a gossiped word costs a node, by the rounds that its task has behind it: node test/bench/messages.ts
// The rounds are over (their windows are past); the newest has a proposal. 64 participants, each with a budget.
import type { Address } from "../../node/core/ids.ts";
import type { RoundView } from "../../node/core/record/task-view.ts";
import { participantMachine } from "../../node/participant/participant-machine.ts";
import { subjectOf } from "../../node/rounds/blobs/proposed-round.ts";
import { lookAt, stateAfter } from "../support/states/machine-states.ts";
import {
  acceptedRound,
  attestationOf,
  commitmentOf,
  optionsOf,
  proposedRound,
  rules,
  viewOf,
} from "../support/states/round-states.ts";

const members = 64;
const words = 200;
const accounts = Array.from({ length: members }, (_, i) => `0x${(i + 1).toString(16).padStart(40, "0")}` as Address);
const me = accounts[0]!;
const commitmentsOf = (round: number) =>
  accounts.map((participant, slot) => ({ ...commitmentOf(0, round), participant, slot }));

const costs: number[] = [];
// the first pass warms up
for (const [pass, count] of [10, 10, 500, 4_000].entries()) {
  const over = Array.from({ length: count }, (_, i) => {
    const round = i + 1;
    return acceptedRound({ round, commitments: commitmentsOf(round), drawn: members, enrolled: members });
  });
  const newest = count + 1;
  const proposed = proposedRound(0n, { round: newest, commitments: commitmentsOf(newest), drawn: members });
  const rounds: readonly RoundView[] = [...over, proposed];
  const enrolled = accounts.map((account) => ({ ...viewOf().enrolled[0]!, account, leaving: false }));
  const view = viewOf(rounds, {
    enrolled,
    complete: false,
    rules: { ...rules, rounds: 60_000, roundsPerParticipant: 50_000 },
  });
  const machine = participantMachine(me, { ...optionsOf(me), autoEnrol: true });
  const recalled = { kind: "recalled", checked: over.map(subjectOf), firstRound: 1 } as const;
  const startMs = performance.now();
  let state = stateAfter(machine, [lookAt(view, 100_000), recalled]);
  const firstMs = performance.now() - startMs;
  const lookMs = timed(() => machine.due(machine.reduce(state, lookAt(view, 100_012))), 20);
  const word = (i: number) => attestationOf(accounts[i % members]!, proposed.proposal.hash, newest);
  const newMs = timed((i) => {
    state = machine.reduce(state, { kind: "attestation", attestation: word(i) });
    machine.due(state);
  }, members);
  const knownMs = timed((i) => machine.reduce(state, { kind: "attestation", attestation: word(i) }), words);
  if (pass === 0) continue;
  costs.push(newMs);
  process.stdout.write(
    `${String(count).padStart(5)} rounds: first look ${firstMs.toFixed(1)} ms, a look ${lookMs.toFixed(3)} ms, ` +
      `a new word ${newMs.toFixed(3)} ms (${(newMs / costs[0]!).toFixed(1)} of that with 10), ` +
      `a known one ${knownMs.toFixed(4)} ms\n`,
  );
}

/** Milliseconds of one run, on average. */
function timed(run: (i: number) => void, times: number): number {
  const startMs = performance.now();
  for (let i = 0; i < times; i++) run(i);
  return (performance.now() - startMs) / times;
}

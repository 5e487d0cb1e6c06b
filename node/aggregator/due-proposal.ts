import { hexEquals } from "../core/bytes/hex.ts";
import { modeOf } from "../core/modes/mode-of.ts";
import type { RoundView } from "../core/record/task-view.ts";
import { excludeAtS } from "../rounds/court/exclusion-times.ts";
import { sharesTold, unmaskingsOf } from "../rounds/words/unmask-pool.ts";
import { updateKey } from "../rounds/words/update-key.ts";
import type { AggregatorAction, AggregatorState, Opening } from "./aggregator-state.ts";
import { chooseUpdates } from "./choose-updates.ts";

/** The next step towards this aggregator's proposal: compute, propose; nothing while updates may still come. */
export function dueProposal(state: AggregatorState, round: RoundView): readonly AggregatorAction[] {
  const { view, head, me, result, updates } = state;
  const { assignment } = round;
  if (assignment === undefined || !hexEquals(assignment.aggregator, me)) return [];
  if (head.timestampS > assignment.deadlineS) return [];
  // who was expelled meanwhile may not propose
  if (view.joined.find(({ account }) => hexEquals(account, me))?.leaving !== false) return [];
  const { attempt } = assignment;
  const isMasked = modeOf(view.rules).keys === "each";
  const opening = isMasked ? openingOf(state, round) : undefined;
  // what opens the sum is asked for at once: updates may come meanwhile
  if (isMasked && opening?.openings === undefined) return dueOpening(state, round);
  const excluded = chooseUpdates({
    round,
    rules: view.rules,
    factOf: (commitment) => updates.get(updateKey(commitment)),
    isTimeUp: head.timestampS >= excludeAtS(round, view.rules),
  });
  if (excluded === undefined) return [];
  const about = `${round.round}:${attempt}:${excluded.toString(16)}`;
  const { openings } = opening ?? {};
  const subject = [about, round.accumulator, openings].join("|");
  if (result?.subject !== subject) {
    const inputs = { round, attempt, excluded, ...(openings && { openings }) };
    return [{ kind: "aggregate", key: `aggregate:${about}`, subject, ...inputs }];
  }
  const { taskId } = view;
  const { accumulator } = round;
  const { proposal } = result;
  // of an encrypted round the sum is known only when it was computed
  const call = {
    kind: "propose",
    taskId,
    round: round.round,
    accumulator,
    proposal,
    openings: openings ?? result.openings ?? "0x",
  } as const;
  return [{ kind: "send", key: `propose:${about}`, call }];
}

/** What opens this very set of commitments, as it was put together last. */
function openingOf({ opening }: AggregatorState, round: RoundView): Opening | undefined {
  return opening?.about === openingSubject(round) ? opening : undefined;
}

/** Putting together what opens the sum, again whenever survivors have told more, or more of their bundles are here. */
function dueOpening(state: AggregatorState, round: RoundView): readonly AggregatorAction[] {
  const told = unmaskingsOf(state.masks.unmaskings, round);
  const here = (round.advertisements ?? []).filter(({ sharesId }) => state.bundles.has(sharesId.toLowerCase()));
  const about = openingSubject(round);
  const knowledge = [here.length, ...told.map((one) => `${one.participant}:${sharesTold(one)}`).sort()].join();
  if (told.length === 0 || openingOf(state, round)?.knowledge === knowledge) return [];
  return [{ kind: "open", key: `open:${about}:${knowledge}`, round, told, subject: { about, knowledge } }];
}

function openingSubject({ round, accumulator }: RoundView): string {
  return `${round}:${accumulator}`;
}

import type { Address } from "../../../node/core/ids.ts";
import type { TaskView } from "../../../node/core/record/task-view.ts";
import type { DueAction } from "../../../node/rounds/actions/action-runner.ts";
import type { Machine } from "../../../node/rounds/machine/machine.ts";
import {
  firstRoundState,
  type RoundEvent,
  type RoundState,
  type Seen,
} from "../../../node/rounds/state/round-state.ts";
import { type Surveyed, surveyOf } from "../../../node/rounds/steps/survey.ts";
import { accounts, headAt, members, optionsOf } from "./round-states.ts";

/** What a look shows at this second. */
export function seenAt(view: TaskView, timestampS: number, shown = members): Seen {
  return { view, head: headAt(timestampS), members: shown };
}

/** A look at the chain at this second. */
export function lookAt(view: TaskView, timestampS: number, shown = members): RoundEvent & { readonly kind: "looked" } {
  return { kind: "looked", ...seenAt(view, timestampS, shown) };
}

/** A record at this second, with what an account reckons of it. */
export function surveyedAt(view: TaskView, timestampS: number, me: Address = accounts.a): Surveyed {
  const head = headAt(timestampS);
  return { view, head, survey: surveyOf(view, head, me) };
}

/** What a machine of any role knows after its first look. */
export function stateAt(
  account: Address,
  role: RoundState["role"],
  view: TaskView,
  timestampS: number,
  shown = members,
): RoundState {
  return firstRoundState(account, role, optionsOf(account), seenAt(view, timestampS, shown));
}

/** What a machine knows after these events, of which the first look is its first. */
export function stateAfter<S extends RoundState, E extends { readonly kind: string }, A extends DueAction>(
  machine: Machine<S, E, A>,
  events: readonly (E | RoundEvent)[],
): S {
  const isLook = (event: E | RoundEvent): event is RoundEvent & { readonly kind: "looked" } => event.kind === "looked";
  const first = events.find(isLook);
  if (first === undefined) throw new Error("a machine has no state before its first look");
  return events.reduce((state, event) => machine.reduce(state, event), machine.first(first));
}

import { hexEquals } from "../../core/bytes/hex.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { isKeyTimeOver, keyDeadlineS } from "../../core/record/round-keys.ts";
import type { RoundView, TaskView } from "../../core/record/task-view.ts";
import type { Advertisement, SignedAdvertisement } from "../../core/records.ts";
import { advertisementOf, drawnBySlot } from "../../rounds/steps/mask-queries.ts";
import { isDrawn } from "../../rounds/steps/round-queries.ts";
import { isMyTurn } from "../../rounds/steps/turns.ts";
import type { DealtKey } from "../state/encrypted-state.ts";
import type { ParticipantAction, ParticipantState } from "../state/participant-state.ts";
import { closedKey } from "../state/trained-update.ts";
import { dueCommitting, dueHoldingBack, dueTraining, mayStillCommit, updateFor } from "../update/due-update.ts";

/** The group key of an encrypted round: the one that its first advertisement deals. */
export function dealtKeyOf({ advertisements }: Pick<RoundView, "advertisements">): DealtKey | undefined {
  return advertisements?.[0];
}

/**
 * The next steps towards this participant's commitment in an open encrypted round: one deals the group key, the others
 * open their copy, say so by advertising the same, and train meanwhile; then the update is encrypted under it, and
 * committed as in every round when all have said so or the time for keys is over.
 */
export function dueEncryptedUpdate(
  state: ParticipantState,
  view: TaskView,
  round: RoundView,
): readonly ParticipantAction[] {
  if (!mayStillCommit(state, view, round)) return [];
  const isOver = isKeyTimeOver(round, view.rules, state.head.timestampS);
  const dealt = dealtKeyOf(round);
  // nobody encrypts without a key
  if (dealt === undefined && isOver) return [];
  const held = dueHoldingBack(state, round);
  if (held !== undefined) return held;
  const update = updateUnder(state, round, dealt);
  const training = update !== undefined || isTrained(state, round) ? [] : [dueTraining(round)];
  if (dealt === undefined) return [...dueDealing(state, view, round), ...training];
  const opening = dueKey(state, round, dealt);
  if (opening === "refused") return [];
  if (opening.kind === "due") return [opening.action, ...training];
  const isSaid = advertisementOf(round, state.me) !== undefined;
  const saying = isSaid || isOver ? [] : [advertising(opening.signed)];
  if (training.length > 0) return [...saying, ...training];
  if (update === undefined) return [...saying, ...dueEncryption(state, round, dealt)];
  return [...saying, ...(isOver ? dueCommitting(state, view, round) : [])];
}

/**
 * Opening this participant's copy of the dealt key; its word on it when it is open, `refused` when it was found wrong.
 */
function dueKey(
  { refusedKeys, openKeys }: ParticipantState,
  round: RoundView,
  dealt: DealtKey,
):
  | { readonly kind: "due"; readonly action: ParticipantAction }
  | { readonly kind: "open"; readonly signed: SignedAdvertisement }
  | "refused" {
  const key = `open-key:${round.round}:${round.start}:${dealt.sharesId}`.toLowerCase();
  if (refusedKeys.has(key)) return "refused";
  const signed = openKeys.get(key);
  return signed ? { kind: "open", signed } : { kind: "due", action: { kind: "open-key", key, round, dealt } };
}

/**
 * Dealing, when it is this participant's turn: another one's in each round, and the next one's when it does nothing.
 */
function dueDealing(state: ParticipantState, view: TaskView, round: RoundView): readonly ParticipantAction[] {
  const { me, head, members, options, dealt } = state;
  const { keyWindowS } = view.rules;
  const openedAtS = keyDeadlineS(round, view.rules) - keyWindowS;
  const waitedS = head.timestampS - openedAtS;
  const drawn = [...drawnBySlot(view, round)].sort(([a], [b]) => a - b).map(([, account]) => account);
  const turn = { sinceS: openedAtS, round: round.round, among: drawn };
  const patienceS = Math.min(options.patienceS, keyWindowS / (round.drawn + 1));
  if (!isMyTurn(turn, me, state, { patienceS })) return [];
  if (dealt !== undefined && hexEquals(dealt.start, round.start)) return [advertising(dealt)];
  // a copy can be made only for a registered key: some may be on their way
  const isComplete = drawn.every((account) =>
    members.some((member) => hexEquals(member.account, account) && member.contact !== undefined),
  );
  if (!isComplete && waitedS < keyWindowS / 2) return [];
  return [{ kind: "deal-key", key: `deal-key:${round.round}:${round.start}`, round }];
}

/** The encryption; a refusal stands for this round and key. */
function dueEncryption(
  { refusedKeys }: ParticipantState,
  round: RoundView,
  { sharesId }: Advertisement,
): readonly ParticipantAction[] {
  const key = `encrypt:${round.round}:${round.start}:${sharesId}`.toLowerCase();
  return refusedKeys.has(key) ? [] : [{ kind: "encrypt", key, round }];
}

function advertising(signed: SignedAdvertisement): ParticipantAction {
  const { taskId, round, start } = signed;
  return { kind: "send", key: `advertise:${start}`, call: { kind: "advertise", taskId, round, signed: [signed] } };
}

/** The update, where it is encrypted under the key that was dealt: a reorganisation may bring another. */
function updateUnder(state: ParticipantState, round: RoundView, dealt: Advertisement | undefined) {
  const update = updateFor(state, round);
  return update?.sharesId !== undefined && hexEquals(update.sharesId, dealt?.sharesId ?? "") ? update : undefined;
}

function isTrained({ unencrypted }: ParticipantState, { start }: RoundView): boolean {
  return unencrypted !== undefined && hexEquals(unencrypted, start);
}

/**
 * What who holds the key does when an encrypted round is closed: it makes the sum of the committed ciphertexts itself,
 * and opens that and nothing else, before anybody asks, so that the aggregator's request is answered at once and its
 * own attestation needs nothing more.
 */
export function dueSumOpening(state: ParticipantState, view: TaskView, round: RoundView): readonly ParticipantAction[] {
  if (modeOf(view.rules).keys !== "one" || round.phase !== "aggregating") return [];
  const dealt = dealtKeyOf(round);
  if (dealt === undefined || !isDrawn(view, round, state.me)) return [];
  const about = closedKey(round);
  const key = `open-sum:${about}`;
  if (state.openedSums.has(about) || state.refusedKeys.has(key)) return [];
  const opening = dueKey(state, round, dealt);
  if (opening === "refused") return [];
  return [opening.kind === "due" ? opening.action : { kind: "open-sum", key, round }];
}

import { slotOf } from "../core/draw.ts";
import { hexEquals } from "../core/hex.ts";
import type { Advertisement } from "../core/records.ts";
import { isKeyTimeOver, keyDeadlineS } from "../core/round-keys.ts";
import type { RoundView, TaskView } from "../core/task-view.ts";
import { advertisementOf, drawnBySlot } from "../rounds/mask-queries.ts";
import { commitmentOf, hasBudget, isDrawn, placeOf } from "../rounds/round-queries.ts";
import { aboutOf, dueAsking, dueOffering, dueTraining, updateFor } from "./due-update.ts";
import { holdingKey, type ParticipantAction, type ParticipantState, type RoundKeys } from "./participant-state.ts";

/** The group key of an encrypted round: the one that its first advertisement deals. */
export function dealtKeyOf({ advertisements }: Pick<RoundView, "advertisements">): Advertisement | undefined {
  return advertisements?.[0];
}

/**
 * The next steps towards this participant's commitment in an open encrypted round: one deals the group key, the others open their copy, say so
 * by advertising the same, and train meanwhile; then the update is encrypted under it, and committed as in every round when all have said so
 * or the time for keys is over.
 */
export function dueEncryptedUpdate(
  state: ParticipantState,
  view: TaskView,
  round: RoundView,
): readonly ParticipantAction[] {
  const { me, head } = state;
  const nowS = head!.timestampS;
  if (nowS > round.commitDeadlineS) return [];
  if (placeOf(view, me)?.leaving !== false || !isDrawn(view, round, me)) return [];
  if (commitmentOf(round, me) !== undefined) return dueAsking(state, round);
  if (!hasBudget(view, me)) return [];
  const isOver = isKeyTimeOver(round, view.rules, nowS);
  const dealt = dealtKeyOf(round);
  // nobody encrypts without a key
  if (dealt === undefined && isOver) return [];
  const update = updateUnder(state, round, dealt);
  const training = update !== undefined || isTrained(state, round) ? [] : [dueTraining(round)];
  if (dealt === undefined) return [...dueDealing(state, view, round), ...training];
  const opening = dueKey(state, round);
  if (opening === "refused") return [];
  if (opening !== undefined) return [opening, ...training];
  const { maskKey, seedHash, sharesId } = dealt;
  const isSaid = advertisementOf(round, me) !== undefined;
  const saying = isSaid || isOver ? [] : [advertising(view, { ...keysOf(round), maskKey, seedHash, sharesId })];
  if (training.length > 0) return [...saying, ...training];
  if (update === undefined) return [...saying, ...dueEncryption(state, round, dealt)];
  return [...saying, ...(isOver ? dueOffering(state, view, round) : [])];
}

/** Opening this participant's copy of the dealt key; undefined when it is open, `refused` when it was found wrong. */
export function dueKey(state: ParticipantState, round: RoundView): ParticipantAction | "refused" | undefined {
  const dealt = dealtKeyOf(round)!;
  const key = `open-key:${aboutOf(round)}:${round.seed}:${dealt.sharesId}`.toLowerCase();
  if (state.refused.has(key)) return "refused";
  return state.openKeys.has(key) ? undefined : { kind: "open-key", key, round, dealt };
}

/** Dealing, when it is this participant's turn: another one's in each round, and the next one's when it does nothing. */
function dueDealing(state: ParticipantState, view: TaskView, round: RoundView): readonly ParticipantAction[] {
  const { me, head, members, options, keys } = state;
  const { keyWindowS } = view.rules;
  const openedAtS = keyDeadlineS(round, view.rules) - keyWindowS;
  const waitedS = head!.timestampS - openedAtS;
  const slot = slotOf(placeOf(view, me)!.index, round.enrolled, round.drawn, round.seed);
  const turn = (slot + round.round) % round.drawn;
  if (waitedS < turn * Math.min(options.patienceS, keyWindowS / (round.drawn + 1))) return [];
  if (keys !== undefined && keys.round === round.round && keys.seed === round.seed) return [advertising(view, keys)];
  // a copy can be made only for a registered key: some may be on their way
  const drawn = [...drawnBySlot(view, round).values()];
  const isComplete = drawn.every((account) =>
    members.some((member) => hexEquals(member.account, account) && member.contact !== undefined),
  );
  if (!isComplete && waitedS < keyWindowS / 2) return [];
  return [{ kind: "deal-key", key: `deal-key:${aboutOf(round)}:${round.seed}`, round }];
}

/** The encryption; a refusal stands for this round, model and key. */
function dueEncryption(
  { refused }: ParticipantState,
  round: RoundView,
  { sharesId }: Advertisement,
): readonly ParticipantAction[] {
  const key = `encrypt:${aboutOf(round)}:${round.seed}:${sharesId}`.toLowerCase();
  return refused.has(key) ? [] : [{ kind: "encrypt", key, round }];
}

function advertising({ taskId }: TaskView, keys: RoundKeys): ParticipantAction {
  const { round, seed, maskKey, seedHash, sharesId } = keys;
  const call = { kind: "advertise", taskId, round, seed, maskKey, seedHash, sharesId } as const;
  return { kind: "send", key: `advertise:${aboutOf(keys)}:${seed}`, call };
}

function keysOf({ round, baseModelRoot, seed }: RoundView) {
  return { round, baseModelRoot, seed };
}

/** The update, where it is encrypted under the key that was dealt: a reorganisation may bring another. */
function updateUnder(state: ParticipantState, round: RoundView, dealt: Advertisement | undefined) {
  const update = updateFor(state, round);
  return update?.sharesId !== undefined && hexEquals(update.sharesId, dealt?.sharesId ?? "") ? update : undefined;
}

function isTrained({ unmasked }: ParticipantState, round: RoundView): boolean {
  return unmasked?.round === round.round && hexEquals(unmasked.baseModelRoot, round.baseModelRoot);
}

/**
 * What who holds the key does when an encrypted round is closed: it makes the sum of the committed ciphertexts itself, and opens that and nothing
 * else, before anybody asks, so that the aggregator's request is answered at once and its own attestation needs nothing more.
 */
export function dueSumOpening(state: ParticipantState, view: TaskView, round: RoundView): readonly ParticipantAction[] {
  if (view.rules.mode !== "encrypted" || round.phase !== "aggregating") return [];
  if (dealtKeyOf(round) === undefined || !isDrawn(view, round, state.me)) return [];
  const about = holdingKey(round);
  const key = `open-sum:${about}`;
  if (state.openedSums.has(about) || state.refused.has(key)) return [];
  const opening = dueKey(state, round);
  if (opening === "refused") return [];
  return [opening ?? { kind: "open-sum", key, round }];
}

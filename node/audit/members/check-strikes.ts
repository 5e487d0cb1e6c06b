import { chunkCountOf } from "../../core/bytes/chunk-tree.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { lastOf } from "../../core/bytes/items.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import type { TaskEvent } from "../../core/record/task-events.ts";
import type { ProofKind } from "../../core/records.ts";
import { zeroBytes32 } from "../../core/words/commitment.ts";
import { isFalseOpening } from "../../privacy/masking/index.ts";
import { extendHeads } from "../record/audit-head.ts";
import {
  type EventOf,
  includedIn,
  inFlight,
  logOf,
  type OpenProof,
  type RoundDraft,
  roundNumbered,
  type StrikeRecord,
  type Walk,
  weightOf,
} from "../record/task-record.ts";
import type { FindingData } from "../replay/findings.ts";
import { openedRoundOf } from "../replay/masked-round.ts";
import { wrong as bondWrong, checkReward } from "./check-bonds.ts";
import { checkExpelled } from "./check-expelled.ts";
import { stateOf } from "./check-members.ts";

/**
 * A proof against a proposal: of the one that stands, or of an accepted one within its window. What it takes with it
 * follows.
 */
export function checkStruck(walk: Walk, event: EventOf<"Struck">): void {
  const draft = roundNumbered(walk.rounds, event.round);
  const proposal = draft?.proposal;
  const accepted = draft?.ended?.name === "RoundAccepted" ? draft.ended : undefined;
  const stood = accepted === undefined;
  const isThere = draft !== undefined && proposal !== undefined && (stood ? draft === inFlight(walk) : true);
  const find = (message: string, data: FindingData = {}) =>
    (draft?.log ?? logOf(walk)).add({ code: "STRIKE_WRONG", party: event.prover, message, data });
  if (!isThere || !hexEquals(proposal.aggregator, event.aggregator)) {
    find(`${event.prover} struck a proposal of ${event.aggregator}, which had none that stood or was accepted.`);
  } else if (!canProve(walk, { draft, proposal }, event)) {
    const { kind, index } = event;
    find(`${event.prover} struck a proposal as ${kind} (${index}), for which this record gives no ground.`, {
      ...{ kind, index },
    });
  }
  if (accepted && event.timestampS !== undefined && event.timestampS > accepted.provableUntilS) {
    find(`${event.prover} struck round ${event.round} after its window.`, { provableUntilS: accepted.provableUntilS });
  }
  const signers = [event.aggregator, ...(accepted?.attesters ?? [])].filter((account) => {
    const state = stateOf(walk, account);
    return state !== undefined && !state.expelled;
  });
  const rollsBack = accepted !== undefined && draft?.isVoid === false;
  if (accepted && !rollsBack && signers.length === 0) {
    find(`${event.prover} struck a round that was void already, and nobody was left to expel.`);
  }
  walk.proof = {
    struck: event,
    draft,
    proposal,
    stood,
    rollsBack,
    due: new Map(signers.map((account) => [account.toLowerCase(), account])),
    expelled: [],
    takenWei: 0n,
    entered: false,
  };
}

/** Rounds that a strike makes void: the struck one and all later ones; the model is again the one before them. */
export function checkRolledBack(walk: Walk, event: EventOf<"RolledBack">): void {
  const { proof, rounds } = walk;
  const draft = proof?.draft;
  const newest = rounds.at(-1)?.round ?? 0;
  const isDue = proof?.rollsBack === true && proof.rolledBack === undefined && draft !== undefined;
  const base = draft?.opened.baseModelRoot;
  const areThose = event.firstRound === draft?.round && event.lastRound === newest && inFlight(walk) === undefined;
  const isRight = isDue && areThose && hexEquals(base ?? "", event.modelRoot);
  if (!isRight) {
    (draft?.log ?? logOf(walk)).add({
      code: "ROLL_BACK_WRONG",
      message: `Rounds ${event.firstRound} to ${event.lastRound} became void where ${isDue ? `rounds ${draft.round} to ${newest}` : "none"} had to, back to the model before them.`,
      data: { expected: base, actual: event.modelRoot },
    });
  }
  if (proof) proof.rolledBack = event;
  const { firstRound, lastRound } = event;
  for (const each of rounds.filter(({ round }) => round >= firstRound && round <= lastRound)) each.isVoid = true;
  walk.accepted = roundNumbered(rounds, event.firstRound)?.acceptedBefore ?? walk.accepted;
  walk.models = base === undefined ? [event.modelRoot] : [...new Set([base, event.modelRoot])];
}

/** An account that a proof expels: by a strike, or apart from any proposal. */
export function checkMemberExpelled(walk: Walk, event: EventOf<"MemberExpelled">): void {
  walk.proof ??= {
    ...{ stood: false, rollsBack: false, due: new Map(), expelled: [], takenWei: 0n, entered: false },
    draft: roundNumbered(walk.rounds, event.round),
  };
  checkExpelled(walk, walk.proof, event);
}

/** What a proof took is divided; with this it is an entry of the history. */
export function checkRewarded(walk: Walk, event: EventOf<"Rewarded">): void {
  const { proof } = walk;
  if (proof === undefined || proof.entered) {
    bondWrong(walk, event, `${event.rewardWei} wei were given for no proof`);
    return;
  }
  if (proof.struck && !hexEquals(proof.struck.prover, event.prover)) {
    bondWrong(walk, event, `${event.prover} was rewarded for the proof of ${proof.struck.prover}`);
  }
  checkReward(walk, event, { takenWei: proof.takenWei, kind: toldOf(proof).kind });
  enter(walk, proof, event);
}

/** Ends what was told of a proof, once an event comes that is no part of it; `undefined` for the end of all events. */
export function followProof(walk: Walk, event: TaskEvent | undefined): void {
  const { proof } = walk;
  if (proof === undefined || (event && isPartOf(walk, proof, event))) return;
  if (!proof.entered) enter(walk, proof, undefined);
  const waiting = struckAndStill(walk, proof);
  if (waiting) {
    waiting.log.add({
      code: "INVALIDATION_WRONG",
      message: "A proposal that stood was struck, and its round neither went on nor ended.",
    });
  }
  walk.proof = undefined;
}

function isPartOf(walk: Walk, proof: OpenProof, event: TaskEvent): boolean {
  const { struck, draft } = proof;
  if (!proof.entered) {
    if (event.name === "RoundInvalid") return struck !== undefined && event.round !== draft?.round;
    if (event.name === "MemberExpelled") return struck !== undefined;
    return event.name === "Rewarded" || (event.name === "RolledBack" && struck !== undefined);
  }
  const goesOn = event.name === "AggregatorAssigned" || event.name === "RoundInvalid";
  return goesOn && event.round === proof.draft?.round && struckAndStill(walk, proof) !== undefined;
}

/** The round of a struck proposal that stood, where it has neither gone on nor ended since. */
function struckAndStill(walk: Walk, { struck, draft, stood }: OpenProof): RoundDraft | undefined {
  if (!stood || struck === undefined || draft === undefined || draft !== inFlight(walk)) return undefined;
  return draft.assignments.at(-1)?.attempt === draft.superseded.at(-1)?.attempt ? draft : undefined;
}

/** The event that a proof is known by: its strike, or the newest account that it expelled apart from any. */
function toldOf({ struck, expelled }: OpenProof): EventOf<"Struck" | "MemberExpelled"> {
  return struck ?? lastOf(expelled);
}

/**
 * The proof is complete: who had to be expelled was, what had to become void did; and it is an entry of the history.
 */
function enter(walk: Walk, proof: OpenProof, rewarded: EventOf<"Rewarded"> | undefined): void {
  const { struck, expelled } = proof;
  const last = toldOf(proof);
  proof.entered = true;
  if (rewarded === undefined) bondWrong(walk, last, "what a proof took was not divided");
  for (const account of proof.due.values()) bondWrong(walk, last, `${account}, who signed, was not expelled`);
  const prover = rewarded?.prover ?? struck?.prover;
  for (const event of expelled) {
    const told = { event, ...(prover && { prover }), ...(struck && { strike: struck }) };
    walk.expelled.push({ ...told, ...(rewarded && { rewardWei: rewarded.rewardWei }) });
  }
  if (struck !== undefined) enterStrike(walk, { ...proof, struck }, rewarded);
  else if (prover !== undefined) {
    for (const { account, kind } of expelled) {
      extendHeads(walk, { kind: "expelled", round: last.round, account, proof: kind, prover });
    }
  }
}

/** A complete proof against a proposal is an entry of the history, and of its round. */
function enterStrike(
  walk: Walk,
  { struck, draft, proposal, expelled, rolledBack, rollsBack, stood }: OpenProof & { struck: EventOf<"Struck"> },
  rewarded: EventOf<"Rewarded"> | undefined,
): void {
  const { round } = struck;
  if (rollsBack && rolledBack === undefined) {
    (draft?.log ?? logOf(walk)).add({
      code: "ROLL_BACK_WRONG",
      message: `Round ${round} was accepted and struck, and nothing became void.`,
    });
  }
  const { kind, index } = struck;
  const [firstVoid, lastVoid] = rolledBack ? [rolledBack.firstRound, rolledBack.lastRound] : [0, 0];
  const { prover: by, offender } = struck;
  const proposalHash = proposal?.hash ?? zeroBytes32;
  const about = { round, proof: kind, index, prover: by, firstVoid, lastVoid, proposalHash, offender };
  extendHeads(walk, { kind: "struck", ...about });
  const strike: StrikeRecord = {
    ...{ event: struck, expelled },
    ...(rewarded && { rewarded }),
    ...(rolledBack && { rolledBack }),
  };
  if (draft === undefined) return;
  if (!stood) draft.strike ??= strike;
  else if (proposal) {
    draft.superseded.push({ ...proposal, strike });
    draft.proposal = undefined;
  }
}

/** Whether a proof of this kind can be won in the task's mode; of what the record alone tells, whether it is right. */
function canProve(
  { rules, taskId }: Walk,
  { draft, proposal }: { readonly draft: RoundDraft; readonly proposal: NonNullable<RoundDraft["proposal"]> },
  { kind, index }: EventOf<"Struck">,
): boolean {
  const isChunk = index < chunkCountOf(rules.parameterCount);
  const isShown: Readonly<Record<ProofKind, () => boolean>> = {
    "wrong-chunk": () => isChunk,
    "invalid-update": () => isChunk,
    "wrong-weight": () => index === 0 && weightOf(includedIn(draft, proposal)) !== proposal.totalWeight,
    "false-opening": () => {
      const { round, advertisements, commitments } = draft;
      const opened = openedRoundOf(taskId, rules, { round, advertisements, commitments }, proposal.openings);
      return opened !== undefined && isFalseOpening(opened.closed, opened.openings, index);
    },
    // a participant's, not a proposal's
    equivocation: () => false,
  };
  return modeOf(rules).provable.has(kind) && isShown[kind]();
}

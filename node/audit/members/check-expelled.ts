import { hexEquals } from "../../core/bytes/hex.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import {
  type EventOf,
  inFlight,
  logOf,
  type OpenProof,
  roundNumbered,
  slotBit,
  type Walk,
} from "../record/task-record.ts";
import type { FindingLog } from "../replay/findings.ts";
import { wrong as bondWrong, takenBondWei } from "./check-bonds.ts";
import { startLeaving, stateOf } from "./check-members.ts";

/**
 * An account that a proof expels: of a strike whoever signed, and the one whose update made the proposal wrong; else a
 * participant by what the record shows of it. It was in the task, once; it loses exactly that bond, and
 * its place.
 */
export function checkExpelled(walk: Walk, proof: OpenProof, event: EventOf<"MemberExpelled">): void {
  const { account, round, kind, amountWei } = event;
  const state = stateOf(walk, account);
  const log = roundNumbered(walk.rounds, round)?.log ?? logOf(walk);
  const isHere = state !== undefined && !state.expelled;
  if (!isHere) expulsionWrong(log, event, "it was not there to be expelled");
  else if (!hasGround(walk, proof, event)) expulsionWrong(log, event, "by this record it had done nothing of the kind");
  proof.due.delete(account.toLowerCase());
  const takenWei = takenBondWei(walk, account);
  if (takenWei !== amountWei) bondWrong(walk, event, `${account} lost ${amountWei} wei; its bond was ${takenWei}`);
  proof.takenWei += amountWei;
  proof.expelled.push(event);
  if (state) state.expelled = true;
  startLeaving(walk, account);
  const running = inFlight(walk);
  const commitment = running?.commitments.find(({ participant }) => hexEquals(participant, account));
  if (running && commitment) running.expelled |= slotBit(commitment);
  const struck = proof.struck;
  if (struck && (struck.round !== round || struck.kind !== kind)) {
    expulsionWrong(log, event, "that is another proof than the one before it");
  }
}

/** Tells an expulsion that the contract would not have let through. */
export function expulsionWrong(log: FindingLog, { account, kind }: EventOf<"MemberExpelled">, what: string): void {
  log.add({
    code: "EXPULSION_WRONG",
    party: account,
    message: `${account} was expelled for ${kind}, but ${what}.`,
    data: { kind },
  });
}

function hasGround(walk: Walk, proof: OpenProof, { account, round, kind }: EventOf<"MemberExpelled">): boolean {
  const draft = roundNumbered(walk.rounds, round);
  const committed = draft?.commitments.some(({ participant }) => hexEquals(participant, account)) ?? false;
  if (proof.struck === undefined) {
    // what was signed twice need not be on record
    if (kind === "equivocation") return true;
    const isFrozen = draft?.closed !== undefined || draft?.ended !== undefined;
    return kind === "invalid-update" && committed && isFrozen && modeOf(walk.rules).provable.has(kind);
  }
  if (proof.due.has(account.toLowerCase())) return true;
  // the one whose update made the proposal wrong
  return kind === "invalid-update" && committed && proof.due.size === 0;
}

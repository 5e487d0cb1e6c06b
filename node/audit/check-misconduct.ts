import { hexEquals } from "../core/hex.ts";
import { answers } from "./check-bonds.ts";
import type { FindingLog } from "./findings.ts";
import { type Awaited, type EventOf, logOf, type RoundDraft, slotBit, type Walk } from "./task-record.ts";

/** A won report: against a participant with a place, once; its bond and its place go in the next events. */
export function checkMisconduct(walk: Walk, event: EventOf<"Misconduct">): void {
  const { participant, reporter, kind, round } = event;
  const account = participant.toLowerCase();
  const draft = walk.rounds[round - 1];
  const place = walk.places.get(account);
  const log = draft?.log ?? logOf(walk);
  const find = (what: string) => misconductWrong(log, event, what);
  if (!place || walk.expelled.has(account)) find("had no place to answer with");
  if (kind !== "equivocation" && !hasGround(walk, draft, event)) find("had done nothing of the kind");
  walk.expelled.add(account);
  const misconduct = { event };
  walk.misconduct.push(misconduct);
  const leave: Awaited | undefined = place && !place.leaving ? { name: "Leaving", account: participant } : undefined;
  walk.awaited = answers(walk, 0, participant)
    ? {
        name: "Slashed",
        round,
        account: participant,
        challenger: reporter,
        isPlace: true,
        ...(leave && { next: leave }),
      }
    : leave;
}

/** The finding for a report that the contract would not have let through. */
export function misconductWrong(
  log: FindingLog,
  { participant, reporter, kind }: EventOf<"Misconduct">,
  what: string,
): void {
  log.add({
    code: "MISCONDUCT_WRONG",
    party: reporter,
    message: `${reporter} won a report of ${kind} against ${participant}, who ${what}.`,
    data: { participant, kind },
  });
}

/** What the record alone says of a report's ground: the update was committed in one of the two newest rounds, closed; of a withheld one, that the proposal leaves it out for a checked reason. */
function hasGround(walk: Walk, draft: RoundDraft | undefined, { participant, kind }: EventOf<"Misconduct">): boolean {
  if (draft === undefined || draft.phase === "open" || draft.round < walk.rounds.length - 1) return false;
  const commitment = draft.commitments.find((each) => hexEquals(each.participant, participant));
  if (commitment === undefined) return false;
  // in an encrypted task updates are ciphertexts, whose lanes show nothing
  if (kind === "invalid-update") return walk.rules.mode !== "encrypted";
  const { proposal } = draft;
  return proposal !== undefined && !proposal.needsQuorum && (proposal.excluded & slotBit(commitment)) !== 0n;
}

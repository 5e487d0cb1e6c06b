import { hexEquals } from "../../node/core/bytes/hex.ts";
import type { WaitsFor } from "./attack.ts";

/** Seconds of the chain in which everybody gets what is to be had of a closed round. */
const gatheringS = 6;

/** The deadline of an aggregator that is to propose and does not. */
export const untilTakeover: WaitsFor = ({ round, lies, liars }) =>
  lies.length > 0 && round.phase === "aggregating" && hexEquals(round.assignment!.aggregator, liars.aggregator)
    ? round.assignment!.deadlineS
    : undefined;

/** The time from which what nobody gets is left out: half of the aggregator's. */
export const untilLeftOut: WaitsFor = ({ view, round, nowS }) => {
  if (round.phase !== "aggregating") return undefined;
  const { aggregateWindowS } = view.rules;
  const { deadlineS } = round.assignment!;
  if (nowS < deadlineS - aggregateWindowS + gatheringS) return undefined;
  return deadlineS - Math.floor(aggregateWindowS / 2);
};

/** The time by which a quorum must have attested a liar's proposal, and has not. */
export const untilNotAttested: WaitsFor = ({ round, liars, nowS, view }) => {
  const { proposal } = round;
  if (round.phase !== "proposed" || proposal === undefined) return undefined;
  const { attestDeadlineS } = proposal;
  const hasLooked = nowS >= attestDeadlineS - view.rules.attestWindowS + gatheringS;
  return hasLooked && hexEquals(proposal.aggregator, liars.aggregator) ? attestDeadlineS : undefined;
};

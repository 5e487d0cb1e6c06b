import { hexEquals } from "../../core/bytes/hex.ts";
import type { Bytes32, RoundNumber } from "../../core/ids.ts";
import { inFlight, logOf, type Walk } from "./task-record.ts";

/** What the contract's storage says of a task (ChainReader.storedState). */
export interface StoredState {
  readonly round: RoundNumber;
  readonly accepted: number;
  readonly modelRoot: Bytes32;
  /** Of the newest round; of no meaning before the first commitment. */
  readonly accumulator: Bytes32;
  readonly historyHead: Bytes32;
}

/**
 * Compares the storage with the events: a difference is a violation, or unchecked where the storage may only be ahead.
 * The head binds all that has ended; of the round in flight the accumulator binds the commitments.
 */
export function checkStorage(walk: Walk, stored: StoredState): void {
  const running = inFlight(walk);
  const among = (values: readonly Bytes32[], value: Bytes32) => values.some((each) => hexEquals(each, value));
  const accumulators = running && running.commitments.length > 0 ? running.accumulators : [stored.accumulator];
  const differing = [
    ...(stored.round === walk.rounds.length ? [] : ["round"]),
    ...(stored.accepted === walk.accepted ? [] : ["accepted"]),
    ...(among(walk.models, stored.modelRoot) ? [] : ["modelRoot"]),
    ...(among(accumulators, stored.accumulator) ? [] : ["accumulator"]),
    ...(among(walk.heads, stored.historyHead) ? [] : ["historyHead"]),
  ];
  if (differing.length === 0) return;
  // under one head the model is one; under another, or in a running round, the storage may be of a later block
  const isExplained =
    differing.includes("historyHead") || !(differing.includes("modelRoot") || differing.includes("accepted"));
  const mayBeAhead = isExplained && stored.round >= walk.rounds.length;
  const severity = mayBeAhead ? "unchecked" : "violation";
  logOf(walk).add({
    code: "STORAGE_MISMATCH",
    severity,
    message: `The contract's storage does not agree with the events: ${differing.join(", ")}.${
      mayBeAhead ? " It may be that of a later block, or events were kept back." : ""
    }`,
    data: {
      fields: differing.join(","),
      round: walk.rounds.length,
      storedRound: stored.round,
      historyHead: walk.heads[0],
      storedHistoryHead: stored.historyHead,
    },
  });
}

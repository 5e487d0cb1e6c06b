import { zeroBytes32 } from "../core/commitment.ts";
import { hexEquals } from "../core/hex.ts";
import type { Bytes32, RoundNumber } from "../core/ids.ts";
import { inFlight, logOf, type Walk } from "./task-record.ts";

/** What the contract's storage says of a task (ChainReader.storedState). */
export interface StoredState {
  readonly round: RoundNumber;
  readonly modelRoot: Bytes32;
  readonly accumulator: Bytes32;
  readonly historyHead: Bytes32;
}

/** Compares the storage with the events: a difference is a violation, or unchecked where the storage may only be ahead. */
export function checkStorage(walk: Walk, stored: StoredState): void {
  const draft = walk.rounds.at(-1);
  const among = (values: readonly Bytes32[], value: Bytes32) => values.some((each) => hexEquals(each, value));
  const differing = [
    ...(stored.round === walk.rounds.length ? [] : ["round"]),
    ...(among(walk.models, stored.modelRoot) ? [] : ["modelRoot"]),
    ...(among(draft?.accumulators ?? [zeroBytes32], stored.accumulator) ? [] : ["accumulator"]),
    ...(among(walk.heads, stored.historyHead) ? [] : ["historyHead"]),
  ];
  if (differing.length === 0) return;
  const isRunning = inFlight(walk).length > 0;
  const ahead = stored.round > walk.rounds.length || (stored.round === walk.rounds.length && isRunning);
  logOf(walk).add({
    code: "STORAGE_MISMATCH",
    severity: ahead ? "unchecked" : "violation",
    message: `The contract's storage does not agree with the events: ${differing.join(", ")}.${
      ahead ? " It may be that of a later block, or events were kept back." : ""
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

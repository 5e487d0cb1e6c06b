import type { TaskEvent } from "../../core/record/task-events.ts";

/** Gas of a round's transactions, each counted once, by what they did. */
export interface RoundGas {
  /** The opening, and the draw. */
  readonly open: number;
  /** Advertisements and commitments. */
  readonly commit: number;
  /** Closing, assigning again, proofs. */
  readonly close: number;
  readonly propose: number;
  /** The end: acceptance, or none. */
  readonly end: number;
  readonly total: number;
}

const gasKinds: Readonly<Record<string, Exclude<keyof RoundGas, "total">>> = {
  RoundOpened: "open",
  RoundDrawn: "open",
  Advertised: "commit",
  Committed: "commit",
  RoundClosed: "close",
  AggregatorAssigned: "close",
  Proposed: "propose",
  Struck: "close",
  MemberExpelled: "close",
  RoundAccepted: "end",
  RoundInvalid: "end",
};

/** The gas of a round's events; undefined where they carry none. */
export function gasOf(events: readonly TaskEvent[]): RoundGas | undefined {
  const gas = { open: 0, commit: 0, close: 0, propose: 0, end: 0, total: 0 };
  const counted = new Set<string>();
  for (const { name, gasUsed, transactionHash } of events) {
    const kind = gasKinds[name];
    if (!kind || gasUsed === undefined || counted.has(transactionHash)) continue;
    counted.add(transactionHash);
    gas[kind] += gasUsed;
    gas.total += gasUsed;
  }
  return counted.size > 0 ? gas : undefined;
}

/** Seconds from a round's opening to its end, or its last event before; undefined where the events carry no time. */
export function durationOf(events: readonly TaskEvent[]): number | undefined {
  const first = events[0]?.timestampS;
  const end = events.find(({ name }) => name === "RoundAccepted" || name === "RoundInvalid");
  const last = (end ?? events.findLast(({ name }) => name in gasKinds))?.timestampS;
  return first === undefined || last === undefined ? undefined : last - first;
}

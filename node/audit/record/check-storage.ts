import { hexEquals } from "../../core/bytes/hex.ts";
import type { Bytes32, RoundNumber } from "../../core/ids.ts";
import { ringLength, ringPlace } from "../../core/record/ring.ts";
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
  // numbers of rounds whose words would take a provable one's place are passed over
  const newest = walk.rounds.at(-1)?.round ?? 0;
  const among = (values: readonly Bytes32[], value: Bytes32) => values.some((each) => hexEquals(each, value));
  const accumulators = running && running.commitments.length > 0 ? running.accumulators : [stored.accumulator];
  const differing = [
    ...(stored.round === newest ? [] : ["round"]),
    ...(stored.accepted === walk.accepted ? [] : ["accepted"]),
    ...(among(walk.models, stored.modelRoot) ? [] : ["modelRoot"]),
    ...(among(accumulators, stored.accumulator) ? [] : ["accumulator"]),
    ...(among(walk.heads, stored.historyHead) ? [] : ["historyHead"]),
  ];
  if (differing.length === 0) return;
  // under one head the model is one; under another, or in a running round, the storage may be of a later block
  const isExplained =
    differing.includes("historyHead") || !(differing.includes("modelRoot") || differing.includes("accepted"));
  const mayBeAhead = isExplained && stored.round >= newest;
  const severity = mayBeAhead ? "unchecked" : "violation";
  logOf(walk).add({
    code: "STORAGE_MISMATCH",
    severity,
    message: `The contract's storage does not agree with the events: ${differing.join(", ")}.${
      mayBeAhead ? " It may be that of a later block, or events were kept back." : ""
    }`,
    data: {
      fields: differing.join(","),
      round: newest,
      storedRound: stored.round,
      historyHead: walk.heads[0],
      storedHistoryHead: stored.historyHead,
    },
  });
}

const timeBits = 40n;

/**
 * Holds the times until which rounds can be proven wrong against the words that the contract has of them, which have
 * the second of their acceptance: times are an endpoint's word, and finality rests on these. Returns whether all were
 * compared; the word of a later round in a round's place says as much, for none is overwritten before its window is
 * over.
 *
 * @param words by place in the ring; a place that another round has taken since says nothing
 */
export function checkTimes(walk: Walk, words: ReadonlyMap<number, Bytes32>): boolean {
  const length = ringLength(walk.rules);
  const settled = new Set<number>();
  let isWhole = true;
  for (const { round, ended, isVoid, log } of walk.rounds.toReversed()) {
    if (ended?.name !== "RoundAccepted") continue;
    const place = ringPlace(round, length);
    const word = BigInt(words.get(place) ?? 0n);
    const entry = walk.entries.find((each) => each.kind === "accepted" && each.round === round);
    const hash = entry?.kind === "accepted" ? BigInt(entry.wordHash) : 0n;
    const isTheirs = word >> timeBits === hash >> timeBits;
    isWhole &&= isTheirs || isVoid || settled.has(place);
    if (isTheirs) settled.add(place);
    const expected = Number(word & ((1n << timeBits) - 1n)) + walk.rules.challengeWindowS;
    if (!isTheirs || expected === ended.provableUntilS) continue;
    log.add({
      code: "DEADLINE_WRONG",
      message: "The time until which the round can be proven wrong is not the one that the contract has stored.",
      data: { expected, actual: ended.provableUntilS },
    });
  }
  return isWhole;
}

/**
 * Tells where the federation runs by other codes than this package's: what the audit leaves to the contract, such as
 * that attesters signed and who had a role, then rests on codes that nobody here knows.
 */
export function checkCodes(walk: Walk, differing: readonly string[]): void {
  if (differing.length === 0) return;
  walk.log.add({
    code: "CODE_DIFFERS",
    severity: "unchecked",
    message: `The federation's code is not this version's: ${differing.join(", ")}. What the audit leaves to the contract (signatures, roles, bonds) is as sure as that code.`,
    data: { codes: differing.join(",") },
  });
}

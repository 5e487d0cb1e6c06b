import type { Evidence } from "../../audit/index.ts";
import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { Bytes32 } from "../../core/ids.ts";
import { ringLength, ringPlace } from "../../core/record/ring.ts";
import type { TaskEvent } from "../../core/record/task-events.ts";
import type { Head, StateWitness } from "../../ports/index.ts";
import type { TaskReader } from "../record/open-record.ts";

/** What the contract stores at a block, and what that rests on. */
export interface GatheredEvidence {
  readonly evidence: Evidence;
  readonly storedState: StateWitness["stored"];
  /** Of accepted rounds, by their places in the contract's ring. */
  readonly storedWords: ReadonlyMap<number, Bytes32> | undefined;
  readonly differingCodes: readonly string[];
}

/**
 * Asks each endpoint what the contract stores at the block that the events reach to. One that proves it by the block's
 * hash is believed; else the first, and the others are compared with it. Rejects with RPC_WRONG_ANSWER where an
 * endpoint's proof is none and no other endpoint has one, and as the endpoints fail where none says anything.
 */
export async function gatherEvidence(
  { chain, taskId }: TaskReader,
  read: { readonly head: Head; readonly events: readonly TaskEvent[]; readonly isPinned: boolean },
  signal: AbortSignal | undefined,
): Promise<GatheredEvidence> {
  const { head, events, isPinned } = read;
  const places = placesOf(events);
  const { told, failed } = await chain.witnesses(taskId, head, { places, signal });
  const proving = told.find(({ unproven }) => unproven === undefined);
  const liar = failed.find((error) => isFedledgerError(error, "RPC_WRONG_ANSWER"));
  const best = proving ?? told.find(({ stored }) => stored !== undefined) ?? told[0];
  if (proving === undefined && liar !== undefined) throw liar;
  if (best === undefined) throw failed[0] ?? new FedledgerError("RPC_UNREACHABLE", { url: "any", reason: "none" });
  const others = told.filter((each) => each !== best && each.stored !== undefined);
  const { endpoint, unproven, stored, ringWords, codes } = best;
  return {
    evidence: {
      block: { number: head.number, hash: head.hash },
      ...{ isPinned, endpoint },
      ...(unproven !== undefined && { unproven }),
      agreeing: others.filter((each) => saysTheSame(each, best)).map((each) => each.endpoint),
      differing: others.filter((each) => !saysTheSame(each, best)).map((each) => each.endpoint),
      silent: failed.map(({ message }) => message),
    },
    storedState: stored,
    storedWords: ringWords && new Map(ringWords.map((word, i) => [places[i] ?? 0, word])),
    differingCodes: codes?.differing ?? [],
  };
}

/** The places in the contract's ring of the task's accepted rounds. */
function placesOf(events: readonly TaskEvent[]): readonly number[] {
  const created = events.find((event) => event.name === "TaskCreated");
  if (created === undefined) return [];
  const length = ringLength(created.rules);
  const accepted = events.filter((event) => event.name === "RoundAccepted");
  return [...new Set(accepted.map(({ round }) => ringPlace(round, length)))];
}

function saysTheSame(one: StateWitness, other: StateWitness): boolean {
  const said = ({ stored, ringWords, codes }: StateWitness) => JSON.stringify([stored, ringWords, codes?.hashes]);
  return said(one) === said(other);
}

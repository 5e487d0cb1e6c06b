import { chunkBytes, chunkCountOf, chunkLeaf, nodeAbove, rootOfLeaf, treeDepthOf } from "../core/chunk-tree.ts";
import { demandId, updateRootOf } from "../core/commitment.ts";
import { isFedledgerError } from "../core/error.ts";
import { hexEquals } from "../core/hex.ts";
import type { Bytes32 } from "../core/ids.ts";
import type { Demand } from "../core/records.ts";
import { levelsShown } from "../core/tree-nodes.ts";
import { type DemandRecord, type EventOf, includedIn, type RoundDraft, type Walk } from "./task-record.ts";

const mostOpen = 32;

/** Demands of a round that its standing proposal still owes. */
export function openDemands({ demands }: Walk, { round, proposal }: RoundDraft): readonly DemandRecord[] {
  return [...demands.values()].filter(
    ({ open, event }) => open && event.round === round && hexEquals(event.demand.proposalHash, proposal?.hash ?? ""),
  );
}

/** Something demanded of the standing proposal, in its window: of what it has, and for the first time. */
export function checkDemand(walk: Walk, draft: RoundDraft, event: EventOf<"Demanded">): void {
  const { proposal } = draft;
  const { demand, demander, timestampS } = event;
  const find = (what: string) => wrong(draft, event, `${demander} demanded ${what}`);
  if (!hexEquals(idOf(demand) ?? "", event.demandId)) find("something else than its number says");
  if (walk.demands.has(event.demandId.toLowerCase())) find("what had been demanded already");
  if (proposal === undefined || !hexEquals(demand.proposalHash, proposal.hash))
    find("it of a proposal that did not stand");
  else if (!isOf(walk, draft, demand)) find("what the proposal does not have");
  if (demand.taskId !== walk.taskId || demand.round !== draft.round) find("it of another round");
  if (openDemands(walk, draft).length >= mostOpen) find(`more than ${mostOpen} things at a time`);
  if (timestampS !== undefined) {
    if (proposal && timestampS > proposal.challengeDeadlineS) find("it after the challenge window");
    const expected = timestampS + walk.rules.challengeWindowS;
    if (event.deadlineS !== expected) {
      draft.log.add({
        code: "DEADLINE_WRONG",
        message: "The deadline of a demand is not its time and the challenge window.",
        data: { expected, actual: event.deadlineS },
      });
    }
  }
  walk.demands.set(event.demandId.toLowerCase(), { event, open: true });
}

/** An answer: in time, to an open demand of the standing proposal, with what was demanded. It extends the window of a proposal that time can make final. */
export function checkAnswer(walk: Walk, draft: RoundDraft, event: EventOf<"ChunkShown" | "NodesShown">): void {
  const { proposal } = draft;
  const record = walk.demands.get(event.demandId.toLowerCase());
  const find = (what: string) => wrong(draft, event, `${event.shownBy} ${what}`);
  if (!record?.open) {
    find("answered what was not demanded");
    return;
  }
  const { demand, deadlineS } = record.event;
  if (!proposal || !hexEquals(demand.proposalHash, proposal.hash)) find("answered for a proposal that did not stand");
  if (event.timestampS !== undefined && event.timestampS > deadlineS) find("answered after the deadline");
  const isRight = event.name === "ChunkShown" ? isChunk(walk, draft, demand, event) : isRow(walk, demand, event);
  if (!isRight) find("showed something else than what was demanded");
  record.open = false;
  record.ended = event;
  if (!proposal) return;
  const from = proposal.challengeDeadlineS;
  if (event.timestampS !== undefined) {
    const extended = proposal.needsQuorum ? from : Math.max(from, event.timestampS + walk.rules.challengeWindowS);
    if (event.challengeDeadlineS !== extended) {
      draft.log.add({
        code: "DEADLINE_WRONG",
        message: "The end of the challenge window after an answer is not what follows from it.",
        data: { expected: extended, actual: event.challengeDeadlineS },
      });
    }
  } else if (event.challengeDeadlineS < from || (proposal.needsQuorum && event.challengeDeadlineS !== from)) {
    find("shortened the challenge window");
  }
  draft.proposal = { ...proposal, challengeDeadlineS: event.challengeDeadlineS };
}

/** A demand's bond that went back: its proposal is not to be decided any more, or is struck for it in the next event. */
export function checkReturn(walk: Walk, draft: RoundDraft, event: EventOf<"DemandReturned">): void {
  const record = walk.demands.get(event.demandId.toLowerCase());
  if (record === undefined || record.ended !== undefined || !hexEquals(record.event.demander, event.demander)) {
    wrong(draft, event, `the bond of a demand that is not open went back to ${event.demander}`);
  }
  if (record) {
    if (stands(draft, record.event.demand)) walk.returned = { round: draft.round, record };
    record.open = false;
    record.ended = event;
  }
}

/** A strike for an unanswered demand: what was demanded is given back just before it, and its time has passed. */
export function checkWithheld(walk: Walk, draft: RoundDraft, event: EventOf<"Challenged">): void {
  const { returned } = walk;
  const demand = returned?.record.event;
  const isGround =
    returned?.round === draft.round &&
    demand !== undefined &&
    hexEquals(demand.demander, event.challenger) &&
    demand.demand.index === event.chunkIndex &&
    (event.timestampS === undefined || event.timestampS > demand.deadlineS);
  if (!isGround) {
    draft.log.add({
      code: "CHALLENGE_WRONG",
      party: event.challenger,
      message: `${event.challenger} struck the proposal of ${event.aggregator} for a demand that was not overdue.`,
      data: { aggregator: event.aggregator, index: event.chunkIndex },
    });
  } else if (demand.demand.kind === "update-chunk") draft.withheld |= 1n << BigInt(demand.demand.place);
  walk.returned = undefined;
}

/** Any other event than a strike after the return of a standing proposal's demand: that return was none. */
export function checkReturned(walk: Walk, event: { readonly name: string } | undefined): void {
  const { returned } = walk;
  if (returned === undefined || event?.name === "Challenged") return;
  const draft = walk.rounds[returned.round - 1]!;
  wrong(draft, returned.record.event, "the bond of a demand went back while its proposal stood");
  walk.returned = undefined;
}

function stands({ proposal, ended }: RoundDraft, { proposalHash }: Demand): boolean {
  return ended === undefined && proposal !== undefined && hexEquals(proposal.hash, proposalHash);
}

/** Whether the proposal has what is demanded; of a node below the top only its place is judged, as its path is not on record. */
function isOf({ rules }: Walk, draft: RoundDraft, { kind, place, index, root }: Demand): boolean {
  const proposal = draft.proposal!;
  if (kind === "update-chunk") {
    const commitment = includedIn(draft, proposal).find(({ slot }) => slot === place);
    // ciphertexts are another length than the chunks that an answer shows
    if (rules.mode === "encrypted" || commitment === undefined) return false;
    return hexEquals(commitment.updateRoot, root) && index < chunkCountOf(rules.parameterCount);
  }
  const depth = treeDepthOf(rules.parameterCount);
  return place <= depth && index < 2 ** (depth - place) && (place < depth || hexEquals(root, proposal.modelRoot));
}

function isChunk(
  { rules: { parameterCount } }: Walk,
  { commitments }: RoundDraft,
  { kind, place, index, root }: Demand,
  { shown: { chunk, proof } }: EventOf<"ChunkShown">,
): boolean {
  const owner = commitments.find(({ slot }) => slot === place)?.participant;
  if (kind !== "update-chunk" || owner === undefined || chunk.length !== chunkBytes) return false;
  if (proof.length !== treeDepthOf(parameterCount)) return false;
  return hexEquals(updateRootOf(owner, rootOfLeaf(parameterCount, index, chunkLeaf(index, chunk), proof)), root);
}

function isRow({ rules }: Walk, { kind, place, root }: Demand, { nodes }: EventOf<"NodesShown">): boolean {
  if (kind !== "model-nodes" || nodes.length !== 2 ** levelsShown(place)) return false;
  let row: readonly Bytes32[] = nodes;
  while (row.length > 1)
    row = Array.from({ length: row.length / 2 }, (_, i) => nodeAbove(row[2 * i]!, row[2 * i + 1]!));
  const isTop = place === treeDepthOf(rules.parameterCount);
  return hexEquals(isTop ? rootOfLeaf(rules.parameterCount, 0, row[0]!, []) : row[0]!, root);
}

function idOf(demand: Demand): Bytes32 | undefined {
  try {
    return demandId(demand);
  } catch (error) {
    if (!isFedledgerError(error)) throw error;
    return undefined;
  }
}

function wrong(
  { log }: RoundDraft,
  { name, blockNumber, logIndex }: { readonly name: string; readonly blockNumber: number; readonly logIndex: number },
  what: string,
): void {
  const message = `${what[0]!.toUpperCase()}${what.slice(1)}.`;
  log.add({ code: "DEMAND_WRONG", message, data: { event: name, blockNumber, logIndex } });
}

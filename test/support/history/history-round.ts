import { leastUpdates, slotsOf } from "../../../node/core/record/round-keys.ts";
import { extendAccumulator, startValue, zeroBytes32 } from "../../../node/core/words/commitment.ts";
import { drawnCount, slotOf } from "../../../node/core/words/draw.ts";
import { ableToCommit, advertise, hidden } from "./history-keys.ts";
import { freePlaces, leave, putOnRecord, resume } from "./history-members.ts";
import type { RoundScript } from "./history-options.ts";
import {
  accept,
  assignment,
  boundRoot,
  type Committed,
  invalid,
  type OpenRound,
  propose,
  proposeWrongly,
  reassign,
  weightOf,
} from "./history-steps.ts";
import { expel, strikeAccepted, strikeStanding } from "./history-strikes.ts";
import { hashOf, honestUpdate, type Unplaced, type Writer } from "./history-writer.ts";

/** Writes one round. Returns whether another can follow. */
export async function writeRound(writer: Writer, script: RoundScript): Promise<boolean> {
  const running = await playRound(writer, script);
  if (script.strike) strikeAccepted(writer, script.strike, running);
  return script.strike !== undefined || running === undefined;
}

/** The round as far as the script says; returned where it has not ended. */
async function playRound(writer: Writer, script: RoundScript): Promise<OpenRound | undefined> {
  const { end = "accepted" } = script;
  const { rules, members, aggregators } = writer;
  for (const number of script.resume ?? []) resume(writer, aggregators[number]!);
  writer.round += script.passes ?? 0;
  const open = openRound(writer, end);
  for (const number of script.leave ?? []) leave(writer, members[number]!);
  for (const number of script.aggregatorsLeave ?? []) leave(writer, aggregators[number]!);
  for (const { member, kind, hash } of script.record ?? []) putOnRecord(writer, members[member]!, kind, hash);
  if (end === "drawing") return open;
  if (end === "no-draw") return endAs(writer, open, "no-draw");
  advertise(writer, open, script);
  await commit(writer, open, script);
  if (end === "open") return open;
  const { committed, advertisements, slots } = open;
  const possible = rules.mode === "masked" ? advertisements.length : slots.length;
  const isStuck = rules.mode === "masked" && advertisements.length < leastUpdates(open, rules);
  if (committed.length < possible && !isStuck) writer.nowS += rules.keyWindowS + rules.commitWindowS + 1;
  if (committed.length < leastUpdates(open, rules)) return endAs(writer, open, "too-few-updates");
  if (!close(writer, open)) return undefined;
  if (script.rejectedProposal) {
    await proposeWrongly(writer, open);
    if (!reassign(writer, open, rules.attestWindowS, "not-attested")) return undefined;
  }
  if (script.struckProposal) {
    const { proposal } = await propose(writer, open, script.struckProposal === "wrong" ? flipped : {});
    if (!strikeStanding(writer, open, proposal, script.proof)) return undefined;
  }
  const silent = script.silentAggregators ?? 0;
  for (let each = 0; each < silent; each++) {
    if (!reassign(writer, open, rules.aggregateWindowS, "no-proposal")) return undefined;
  }
  if (end === "aggregating") return open;
  if (end === "no-proposal") {
    while (reassign(writer, open, rules.aggregateWindowS, "no-proposal"));
    return undefined;
  }
  const proposed = await propose(writer, open, script);
  if (script.expel) expel(writer, open.round, script.expel);
  if (end === "proposed") return open;
  if (end === "not-attested") {
    while (reassign(writer, open, rules.attestWindowS, "not-attested")) await propose(writer, open, script);
    return undefined;
  }
  accept(writer, open, proposed, script);
  return undefined;
}

function endAs(writer: Writer, open: OpenRound, reason: Parameters<typeof invalid>[2]): undefined {
  writer.mine(writer.members[1]!, invalid(writer, open, reason));
  return undefined;
}

function openRound(writer: Writer, end: RoundScript["end"]): OpenRound {
  const { taskId, rules, participants, joined, members, lanes, modelRoot: baseModelRoot } = writer;
  const round = ++writer.round;
  writer.nowS += 5;
  const freed = freePlaces(writer);
  const [enrolled, count] = [participants.length, joined.length];
  const drawn = drawnCount(rules, enrolled);
  const waits = rules.drawDelayBlocks > 0 && drawn < enrolled;
  const { historyHead, accepted: acceptedBefore } = writer;
  const drawBlock = waits ? writer.nextBlock() + rules.drawDelayBlocks : 0;
  const open: OpenRound = {
    ...{ round, lanes, baseModelRoot, acceptedBefore, drawn, count, slots: [] },
    ...{ start: zeroBytes32, anchor: zeroBytes32, accumulator: zeroBytes32 },
    ...{ advertisements: [], secrets: new Map(), committed: [], attempt: 0, standing: zeroBytes32 },
  };
  const windowS = rules.keyWindowS + rules.commitWindowS;
  const begin = (seed: bigint): void => {
    const about = { chainId: writer.chainId, federation: writer.federation, taskId, round, historyHead };
    open.start = startValue({ ...about, baseModelRoot, seed, enrolled, drawn });
    open.anchor = open.start;
    open.accumulator = open.start;
    writer.accumulator = open.start;
    open.slots = participants
      .map((place, index) => Object.assign(place, { slot: slotOf(index, enrolled, drawn, seed) }))
      .filter(({ slot }) => slot < drawn);
  };
  if (!waits) begin(0n);
  const about = { taskId, round, baseModelRoot, enrolled, drawn, aggregators: count, drawBlock, start: open.start };
  const opened: Unplaced = { name: "RoundOpened", ...about, commitDeadlineS: waits ? 0 : writer.nowS + windowS };
  writer.mine(members[0]!, ...freed, opened);
  if (!waits || end === "drawing" || end === "no-draw") return open;
  writer.skip(rules.drawDelayBlocks);
  writer.nowS += 12 * rules.drawDelayBlocks;
  const seed = BigInt(hashOf(`seed ${round}`)) >> 192n;
  begin(seed);
  const commitDeadlineS = writer.nowS + windowS;
  writer.mine(members[0]!, { name: "RoundDrawn", taskId, round, seed, commitDeadlineS, start: open.start });
  return open;
}

async function commit(writer: Writer, open: OpenRound, script: RoundScript): Promise<void> {
  const { taskId, rules } = writer;
  const { round } = open;
  const committed: Committed[] = [];
  open.accumulator = open.anchor;
  const able = ableToCommit(writer, open);
  for (const { account: participant, slot } of able.slice(0, script.commits ?? able.length)) {
    writer.nowS += 1;
    const member = writer.members.indexOf(participant);
    const honest = honestUpdate(rules, member, round);
    const update = script.update?.(member, honest) ?? honest;
    const weight = script.weight?.(member) ?? member + 1;
    const lanes = await hidden(writer, open, slot, weight, update);
    const updateRoot = boundRoot(participant, lanes);
    const contentId = await writer.put(lanes, { round, sender: participant, purpose: "update", root: updateRoot });
    const follows = { taskId, round, participant, slot, weight, updateRoot, contentId };
    const commitment = script.commitment?.(member, follows) ?? follows;
    committed.push({ ...commitment, lanes, honest: update });
    open.accumulator = extendAccumulator(open.accumulator, commitment);
    writer.mine(participant, { name: "Committed", ...commitment });
  }
  writer.accumulator = open.accumulator;
  open.committed = committed;
}

/**
 * Freezes the updates and assigns the first aggregator; the round ends where there is none. Returns whether it goes on.
 */
function close(writer: Writer, open: OpenRound): boolean {
  const { taskId, members } = writer;
  const { round, accumulator, committed } = open;
  const first = assignment(writer, open);
  if (first === undefined) {
    endAs(writer, open, "no-aggregator");
    return false;
  }
  const closed = { committed: slotsOf(committed), totalWeight: weightOf(committed), accumulator };
  writer.mine(members[0]!, { name: "RoundClosed", taskId, round, ...closed }, first);
  return true;
}

/** Adds 1 to one lane of the fourth chunk, or of the last. */
const flipped: RoundScript = {
  model(honest) {
    honest[Math.min(200, honest.length - 1)]! += 1;
    return honest;
  },
};

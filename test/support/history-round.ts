import { extendAccumulator, startAccumulator } from "../../node/core/commitment.ts";
import { drawnCount, slotOf } from "../../node/core/draw.ts";
import { leastUpdates } from "../../node/core/round-keys.ts";
import { demandModel, strikeUnanswered } from "./history-demands.ts";
import { ableToCommit, advertise, hidden } from "./history-keys.ts";
import type { RoundScript } from "./history-options.ts";
import {
  assignment,
  bitsOf,
  boundRoot,
  type Committed,
  challenge,
  finalize,
  invalidation,
  type OpenRound,
  propose,
  proposeWrongly,
  reassign,
  report,
  weightOf,
} from "./history-steps.ts";
import { hashOf, honestUpdate, type Unplaced, type Writer } from "./history-writer.ts";

/** Writes one round. Returns whether it ended, or the next may open on its proposal, so that another can follow. */
export async function writeRound(writer: Writer, script: RoundScript): Promise<boolean> {
  const { end = "attested" } = script;
  const { rules, members, taskId } = writer;
  const { overlapped } = writer;
  writer.overlapped = undefined;
  const open = openRound(writer);
  for (const number of script.leave ?? []) {
    writer.leaving.push(members[number]!);
    writer.mine(members[number]!, { name: "Leaving", taskId, participant: members[number]! });
  }
  advertise(writer, open, script);
  await commit(writer, open, script);
  if (end === "open") return false;
  const { committed, advertisements, slots } = open;
  const possible = rules.mode === "masked" ? advertisements.length : slots.length;
  const isStuck = rules.mode === "masked" && advertisements.length < leastUpdates(open, rules);
  if (committed.length < possible && !isStuck) writer.nowS += rules.keyWindowS + rules.commitWindowS + 1;
  if (committed.length < leastUpdates(open, rules)) return invalidate(writer, open, "too-few-updates");
  close(writer, open);
  if (script.rejectedProposal) {
    await proposeWrongly(writer, open);
    reassign(writer, open, rules.challengeWindowS);
  }
  if (script.refutedProposal) {
    const wrong = script.refutedProposal === "wrong";
    const { proposal } = await propose(writer, open, wrong ? flipped : {});
    const struck = challenge(writer, open, proposal);
    if (end === "challenge-won") return invalidate(writer, open, "challenge-won", struck);
    open.attempt++;
    writer.mine(members[1]!, ...struck, ...assignment(writer, open));
  }
  for (let silent = 0; silent < (script.silentAggregators ?? 0); silent++) {
    reassign(writer, open, rules.aggregateWindowS);
  }
  if (script.demand === "unanswered") strikeUnanswered(writer, open, await propose(writer, open, {}));
  if (end === "aggregating") return false;
  if (end === "no-proposal") {
    writer.nowS += rules.aggregateWindowS + 1;
    return invalidate(writer, open, "no-proposal");
  }
  const exclude = script.demand === "unanswered" ? [0] : script.exclude;
  const proposed = await propose(writer, open, { ...script, ...(exclude && { exclude }) });
  if (script.report) report(writer, open, script.report);
  if (script.demand === "answered") demandModel(writer, open, proposed);
  if (overlapped && (await overlapped(open)) === "fell") return true;
  if (script.overlap) {
    writer.candidate = { lanes: proposed.lanes, modelRoot: proposed.proposal.modelRoot };
    writer.overlapped = async (next) => {
      writer.candidate = undefined;
      if (script.overlap === "attested") {
        finalize(writer, open, proposed, false);
        return "stood";
      }
      await fall(writer, open, proposed.proposal, next);
      return "fell";
    };
    return true;
  }
  if (end === "proposed") return false;
  finalize(writer, open, proposed, end === "unchallenged");
  return true;
}

/** The proposal that `next` was opened on is struck: that round falls with it, and another aggregator makes it good. */
async function fall(
  writer: Writer,
  open: OpenRound,
  struck: Parameters<typeof challenge>[2],
  next: OpenRound,
): Promise<void> {
  const challenged = challenge(writer, open, struck);
  const fallen = invalidation(writer, next, "ancestor-invalid");
  open.attempt++;
  writer.mine(writer.members[1]!, ...challenged, ...fallen, ...assignment(writer, open));
  finalize(writer, open, await propose(writer, open, {}), false);
}

function openRound(writer: Writer): OpenRound {
  const { chainId, federation, taskId, rules, places, candidate } = writer;
  const round = ++writer.round;
  writer.nowS += 5;
  const freed = candidate ? [] : freePlaces(writer);
  const enrolled = places.length;
  const drawn = drawnCount(rules, enrolled);
  const seed = BigInt(hashOf(`seed ${round}`)) >> 184n;
  const { lanes, modelRoot: baseModelRoot } = candidate ?? writer;
  const opening = { taskId, round, baseModelRoot, seed, enrolled, drawn };
  const accumulator = startAccumulator({ chainId, federation, ...opening });
  writer.accumulator = accumulator;
  const commitDeadlineS = writer.nowS + rules.keyWindowS + rules.commitWindowS;
  writer.mine(writer.aggregators[0], ...freed, { name: "RoundOpened", ...opening, commitDeadlineS, accumulator });
  const slots = places
    .map((participant, index) => ({ participant, slot: slotOf(index, enrolled, drawn, seed) }))
    .filter(({ slot }) => slot < drawn);
  const start = { round, lanes, baseModelRoot, seed, slots, accumulator };
  return { ...start, advertisements: [], secrets: new Map(), committed: [], attempt: 0 };
}

function freePlaces({ taskId, rules, places, leaving, expelled }: Writer): readonly Unplaced[] {
  const freed: Unplaced[] = [];
  for (const leaver of leaving.splice(0).reverse()) {
    if (rules.participantBondGwei !== 0 && !expelled.includes(leaver)) {
      const amountWei = BigInt(rules.participantBondGwei) * 10n ** 9n;
      freed.push({ name: "BondReleased", taskId, round: 0, account: leaver, amountWei });
    }
    freed.push({ name: "Left", taskId, participant: leaver });
    const index = places.indexOf(leaver);
    const last = places.pop()!;
    if (last === leaver) continue;
    places[index] = last;
    freed.push({ name: "Enrolled", taskId, participant: last, index });
  }
  return freed;
}

async function commit(writer: Writer, open: OpenRound, script: RoundScript): Promise<void> {
  const { taskId, rules } = writer;
  const { round } = open;
  const committed: Committed[] = [];
  const able = ableToCommit(writer, open);
  for (const { participant, slot } of able.slice(0, script.commits ?? able.length)) {
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

function close(writer: Writer, open: OpenRound): void {
  const { taskId, members } = writer;
  const { round, accumulator, committed } = open;
  const closed = { committed: bitsOf(committed), totalWeight: weightOf(committed), accumulator };
  writer.mine(members[0]!, { name: "RoundClosed", taskId, round, ...closed }, ...assignment(writer, open));
}

function invalidate(
  writer: Writer,
  open: OpenRound,
  reason: Parameters<typeof invalidation>[2],
  before: readonly Unplaced[] = [],
): true {
  writer.mine(writer.members[1]!, ...before, ...invalidation(writer, open, reason));
  return true;
}

/** Adds 1 to one lane of the fourth chunk, or of the last. */
const flipped: RoundScript = {
  model(honest) {
    honest[Math.min(200, honest.length - 1)]! += 1;
    return honest;
  },
};

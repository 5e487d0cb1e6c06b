import { weightedMean } from "../../node/aggregation/index.ts";
import { chunkTreeRoot } from "../../node/core/chunk-tree.ts";
import {
  extendAccumulator,
  extendHistory,
  proposalHash,
  startAccumulator,
  zeroBytes32,
} from "../../node/core/commitment.ts";
import { drawnCount, slotOf } from "../../node/core/draw.ts";
import type { Address } from "../../node/core/ids.ts";
import type { Commitment, InvalidReason, Proposal } from "../../node/core/records.ts";
import type { RoundScript } from "./history-options.ts";
import { hashOf, honestUpdate, type Unplaced, type Writer } from "./history-writer.ts";

interface Committed extends Commitment {
  readonly lanes: Int32Array;
}

/** Writes one round. Returns whether it ended, so that another can follow. */
export async function writeRound(writer: Writer, script: RoundScript): Promise<boolean> {
  const { end = "attested" } = script;
  const { rules, members } = writer;
  writer.round++;
  const drawn = open(writer);
  for (const number of script.leave ?? []) {
    writer.leaving.push(members[number]!);
    writer.mine(members[number]!, { name: "Leaving", taskId: writer.taskId, participant: members[number]! });
  }
  const committed = await commit(writer, script, drawn);
  if (end === "open") return false;
  if (committed.length < drawn.count) writer.nowS += rules.commitWindowS + 1;
  if (committed.length < rules.minUpdates) return invalidate(writer, "too-few-updates");
  close(writer, committed);
  let attempt = 0;
  if (script.rejectedProposal) {
    await proposeWrongly(writer, committed, attempt);
    writer.nowS += rules.challengeWindowS + 1;
    writer.mine(members[1]!, assignment(writer, ++attempt));
  }
  if (script.refutedProposal) {
    const wrong = script.refutedProposal === "wrong";
    const { proposal } = await propose(writer, wrong ? flipped : {}, committed, attempt);
    if (end === "challenge-won") {
      return invalidate(writer, "challenge-won", challengeOf(writer, proposal));
    }
    writer.mine(members[1]!, challengeOf(writer, proposal), assignment(writer, ++attempt));
  }
  for (let silent = 0; silent < (script.silentAggregators ?? 0); silent++) {
    writer.nowS += rules.aggregateWindowS + 1;
    writer.mine(members[1]!, assignment(writer, ++attempt));
  }
  if (end === "aggregating") return false;
  if (end === "no-proposal") {
    writer.nowS += rules.aggregateWindowS + 1;
    return invalidate(writer, "no-proposal");
  }
  const { proposal, lanes } = await propose(writer, script, committed, attempt);
  if (end === "proposed") return false;
  finalize(writer, proposal, end === "unchallenged");
  writer.lanes = lanes;
  writer.modelRoot = proposal.modelRoot;
  return true;
}

interface Draw {
  readonly count: number;
  readonly slots: readonly { readonly participant: Address; readonly slot: number }[];
}

function open(writer: Writer): Draw {
  const { chainId, federation, taskId, round, rules, places } = writer;
  writer.nowS += 5;
  const freed: Unplaced[] = [];
  for (const leaver of writer.leaving.splice(0).reverse()) {
    freed.push({ name: "Left", taskId, participant: leaver });
    const index = places.indexOf(leaver);
    const last = places.pop()!;
    if (last === leaver) continue;
    places[index] = last;
    freed.push({ name: "Enrolled", taskId, participant: last, index });
  }
  const enrolled = places.length;
  const drawn = drawnCount(rules, enrolled);
  const seed = BigInt(hashOf(`seed ${round}`)) >> 184n;
  const opening = { taskId, round, baseModelRoot: writer.modelRoot, seed, enrolled, drawn };
  writer.accumulator = startAccumulator({ chainId, federation, ...opening });
  const commitDeadlineS = writer.nowS + rules.commitWindowS;
  const { accumulator } = writer;
  writer.mine(writer.aggregators[0], ...freed, { name: "RoundOpened", ...opening, commitDeadlineS, accumulator });
  const slots = places.map((participant, index) => ({ participant, slot: slotOf(index, enrolled, drawn, seed) }));
  return { count: drawn, slots: slots.filter(({ slot }) => slot < drawn) };
}

async function commit(writer: Writer, script: RoundScript, { slots }: Draw): Promise<Committed[]> {
  const { taskId, round, rules } = writer;
  const committed: Committed[] = [];
  const able = slots.filter(({ participant }) => !writer.leaving.includes(participant));
  for (const { participant, slot } of able.slice(0, script.commits ?? able.length)) {
    writer.nowS += 1;
    const member = writer.members.indexOf(participant);
    const honest = honestUpdate(rules, member, round);
    const lanes = script.update?.(member, honest) ?? honest;
    const weight = script.weight?.(member) ?? member + 1;
    const contentId = await writer.put(lanes);
    const follows = { taskId, round, participant, slot, weight, updateRoot: chunkTreeRoot(lanes), contentId };
    const commitment = script.commitment?.(member, follows) ?? follows;
    committed.push({ ...commitment, lanes });
    writer.accumulator = extendAccumulator(writer.accumulator, commitment);
    writer.mine(participant, { name: "Committed", ...commitment });
  }
  return committed;
}

function close(writer: Writer, commitments: readonly Committed[]): void {
  const { taskId, round, accumulator, members } = writer;
  const committed = bitsOf(commitments);
  const totalWeight = weightOf(commitments);
  writer.mine(
    members[0]!,
    { name: "RoundClosed", taskId, round, committed, totalWeight, accumulator },
    assignment(writer, 0),
  );
}

function assignment(writer: Writer, attempt: number): Unplaced {
  const { taskId, round, nowS, rules } = writer;
  const deadlineS = nowS + rules.aggregateWindowS;
  return { name: "AggregatorAssigned", taskId, round, attempt, aggregator: assigned(writer, attempt), deadlineS };
}

function assigned({ round, aggregators }: Writer, attempt: number): Address {
  return aggregators[(round + attempt) % 2 === 0 ? 0 : 1];
}

async function proposeWrongly(writer: Writer, committed: readonly Committed[], attempt: number): Promise<void> {
  const wrong = writer.lanes.map((lane) => lane + 1);
  writer.nowS += 2;
  record(writer, {
    attempt,
    aggregator: assigned(writer, attempt),
    modelRoot: chunkTreeRoot(wrong),
    contentId: await writer.put(wrong),
    totalWeight: weightOf(committed.slice(1)),
    excluded: bitsOf(committed.slice(0, 1)),
  });
}

async function propose(writer: Writer, script: RoundScript, committed: readonly Committed[], attempt: number) {
  writer.nowS += 2;
  const excluded = committed.filter((_, i) => script.exclude?.includes(i));
  const included = committed.filter((_, i) => !script.exclude?.includes(i));
  const { serverRateQ16 } = writer.rules;
  const honest = weightedMean({ base: writer.lanes, updates: included, serverRateQ16 });
  const lanes = script.model?.(honest.slice()) ?? honest;
  const follows: Proposal = {
    attempt,
    aggregator: assigned(writer, attempt),
    modelRoot: chunkTreeRoot(lanes),
    contentId: await writer.put(lanes),
    totalWeight: weightOf(included),
    excluded: bitsOf(excluded),
  };
  const proposal = script.proposal?.(follows) ?? follows;
  record(writer, proposal);
  return { proposal, lanes };
}

function record(writer: Writer, proposal: Proposal): void {
  const { taskId, round, nowS, rules } = writer;
  const challengeDeadlineS = nowS + rules.challengeWindowS;
  writer.mine(proposal.aggregator, { name: "Proposed", taskId, round, proposal, challengeDeadlineS });
}

function finalize(writer: Writer, proposal: Proposal, unchallenged: boolean): void {
  const { taskId, round, rules, members, places, leaving } = writer;
  writer.nowS += unchallenged ? rules.challengeWindowS + 1 : 3;
  const attesters = unchallenged ? [] : places.filter((each) => !leaving.includes(each)).sort();
  const evaluations = attesters.map((_, i) => ({
    samples: 10 + i,
    metricQ24: BigInt(Math.round((0.5 + 0.4 * (1 - 0.8 ** round) + 0.01 * i) * 2 ** 24)),
    lossQ24: BigInt(Math.round(2 * 0.8 ** round * 2 ** 24)),
  }));
  extend(writer, "finalized", proposalHash(taskId, round, proposal), "none");
  const { historyHead } = writer;
  const { modelRoot } = proposal;
  writer.mine(members[0]!, { name: "RoundFinalized", taskId, round, modelRoot, attesters, evaluations, historyHead });
}

/** Adds 1 to one lane of the fourth chunk, or of the last. */
const flipped: RoundScript = {
  model(honest) {
    honest[Math.min(200, honest.length - 1)]! += 1;
    return honest;
  },
};

function challengeOf({ taskId, round, members }: Writer, { aggregator }: Proposal): Unplaced {
  return { name: "Challenged", taskId, round, challenger: members[1]!, aggregator, kind: "wrong-chunk", chunkIndex: 3 };
}

function invalidate(writer: Writer, reason: InvalidReason, ...before: readonly Unplaced[]): true {
  const { taskId, round, members } = writer;
  extend(writer, "invalidated", zeroBytes32, reason);
  writer.mine(members[1]!, ...before, {
    name: "RoundInvalidated",
    taskId,
    round,
    reason,
    historyHead: writer.historyHead,
  });
  return true;
}

function extend(writer: Writer, phase: "finalized" | "invalidated", hash: `0x${string}`, reason: InvalidReason): void {
  const { round, modelRoot: baseModelRoot, accumulator } = writer;
  const end = { round, phase, baseModelRoot, accumulator, proposalHash: hash, reason };
  writer.historyHead = extendHistory(writer.historyHead, end);
}

function bitsOf(commitments: readonly Commitment[]): bigint {
  return commitments.reduce((bits, { slot }) => bits | (1n << BigInt(slot)), 0n);
}

function weightOf(commitments: readonly Commitment[]): bigint {
  return commitments.reduce((sum, { weight }) => sum + BigInt(weight), 0n);
}

import { abiWords, concatBytes, toHex } from "../../../node/core/bytes/hex.ts";
import { keccak256 } from "../../../node/core/bytes/keccak.ts";
import type { Address } from "../../../node/core/ids.ts";
import type { RoundInputs, SignedCommitment } from "../../../node/core/records.ts";
import { drawnCount } from "../../../node/core/words/draw.ts";
import type { ChainCall } from "../../../node/ports/chain.ts";
import { enter, extend, hashHex, proposalHashOf, startOf, wordHash, zeroWord } from "./model-hashes.ts";
import * as keys from "./model-keys.ts";
import { isSpent, spent } from "./model-places.ts";
import * as steps from "./model-steps.ts";
import {
  count,
  hasSlot,
  isInFlight,
  type ModelCall,
  type ModelTask,
  placedOf,
  Revert,
  require,
} from "./model-storage.ts";

// The round machine of IRounds, call by call.

type CallOf<Kind extends ChainCall["kind"]> = Extract<ChainCall, { kind: Kind }>;
type Update = Pick<SignedCommitment, "weight" | "updateRoot" | "contentId">;

/** Words that stand at once. */
export function ringLength({ rules: { rounds, challengeWindowS } }: Pick<ModelTask, "rules">): number {
  const needed = Math.min(rounds, Math.floor(challengeWindowS / 48));
  let length = 64;
  while (length < needed && length < 4096) length *= 2;
  return length;
}

export function open(call: ModelCall, { round }: CallOf<"openRound">): void {
  const { task, sender, world, events } = call;
  const { taskId, rules } = task;
  steps.presentIn(task, sender);
  require(!isInFlight(task.round), "WrongPhase");
  require(task.accepted < rules.rounds, "TaskComplete");
  steps.freePlaces(call);
  const enrolled = task.participants.length;
  require(enrolled >= rules.minUpdates, "TooFewParticipants");
  requireFree(call, round);
  const drawn = drawnCount(rules, enrolled);
  const isDrawing = drawn < enrolled;
  const drawBlock = isDrawing ? world.number + rules.drawDelayBlocks : 0;
  const aggregators = task.aggregators.length;
  const opened = { round, enrolled, drawn, aggregators, drawBlock };
  task.round = { ...steps.emptyRound(), ...opened, phase: "drawing", openingHead: task.historyHead };
  if (!isDrawing) begin(call);
  const { start, deadlineS: commitDeadlineS } = task.round;
  events.push({ name: "RoundOpened", taskId, ...opened, baseModelRoot: task.modelRoot, commitDeadlineS, start });
}

/** Most numbers that an opening may pass over, as the words in their places are still provable. */
const mostPassed = 64;

/** Refuses a number that is not the least above the newest round's whose word's place is free. */
function requireFree({ task, world }: ModelCall, round: number): void {
  const newest = task.round.round;
  const isTaken = (number: number) => {
    const word = task.ring.get(number % ringLength(task));
    return word !== undefined && word.acceptedAtS + task.rules.challengeWindowS >= world.timestampS;
  };
  require(round > newest && round - newest <= mostPassed + 1, "WrongRound");
  for (let number = newest + 1; number < round; number++) require(isTaken(number), "WrongRound");
  require(!isTaken(round), "RingFull");
}

/** Lets windows run. */
function begin({ task, world }: ModelCall): void {
  const { round: record, rules } = task;
  record.phase = "open";
  record.deadlineS = world.timestampS + rules.keyWindowS + rules.commitWindowS;
  record.start = startOf(world, task, record);
  record.anchor = record.start;
}

export function draw(call: ModelCall, { round, drawBlock }: CallOf<"drawRound">): void {
  const { task, world, events } = call;
  const { taskId } = task;
  const record = steps.newestIn(task, round, "drawing");
  const mix = world.mixOf(record.drawBlock);
  if (mix === undefined) throw new Revert("NoBlockHash");
  require(drawBlock === record.drawBlock, "WrongHeader");
  const { federation } = world.deployment;
  record.seed = BigInt(toHex(keccak256(concatBytes(mix, abiWords(federation, taskId, round))).slice(0, 8)));
  begin(call);
  const { seed, start, deadlineS: commitDeadlineS } = record;
  events.push({ name: "RoundDrawn", taskId, round, seed, commitDeadlineS, start });
}

export function commit(call: ModelCall, { round, anchor, ...update }: CallOf<"commit">): void {
  const record = openForCommitments(call, round);
  require(record.anchor === anchor, "WrongAnchor");
  const slot = admit(call, call.sender, update);
  if (typeof slot === "string") throw new Revert(slot);
  take(call, call.sender, slot, update);
}

export function commitBatch(call: ModelCall, { round, signed }: CallOf<"commitBatch">): void {
  const { task, world } = call;
  const record = openForCommitments(call, round);
  const { committed, anchor } = record;
  for (const { weight, updateRoot, contentId, signature } of signed) {
    const update = { weight, updateRoot, contentId };
    // whom and what the call says beside the signed fields is not looked at: the contract is not told
    const said = { type: "commitment", taskId: task.taskId, round, anchor, ...update, signature } as const;
    const participant = world.signerOf({ ...said, participant: "0x" });
    const slot = participant && admit(call, participant, update);
    if (participant && typeof slot === "number") take(call, participant, slot, update);
  }
  require(record.committed !== committed, "NothingAdded");
}

function openForCommitments({ task, world }: ModelCall, round: number) {
  const record = steps.newestIn(task, round, "open");
  require(world.timestampS <= record.deadlineS, "TooLate");
  return record;
}

/** The slot of one that may commit this, or why it may not. */
function admit({ task, world }: ModelCall, participant: Address, update: Update): number | string {
  const { round: record, rules } = task;
  const { updateRoot, contentId, weight } = update;
  if (updateRoot === zeroWord || contentId === zeroWord) return "InvalidRoot";
  const enrolment = placedOf(task, participant);
  if (enrolment === undefined || enrolment.leaving || enrolment.role !== "participant") return "NotEnrolled";
  if (weight < 1 || weight > rules.maxWeight) return "InvalidWeight";
  const slot = steps.slotIn(task, participant);
  if (slot === undefined) return "NotDrawn";
  if (hasSlot(record.committed, slot)) return "AlreadyCommitted";
  require(keys.isKeyTimeOver(task, world), "TooEarly");
  if (rules.mode === "masked" && !hasSlot(record.keyed, slot)) return "NotAdvertised";
  return isSpent(task, enrolment) ? "BudgetSpent" : slot;
}

function take(
  { task, events }: ModelCall,
  participant: Address,
  slot: number,
  { updateRoot, contentId, weight }: Update,
): void {
  const { round: record, rules } = task;
  const enrolment = task.enrolments.get(participant)!;
  if (rules.roundsPerParticipant !== 0) {
    enrolment.roundsCommitted = spent(task, enrolment) + (rules.mode === "masked" ? 0 : 1);
    if (rules.mode === "masked") enrolment.pendingRound = record.round;
  }
  const commitment = { participant, slot, weight, updateRoot, contentId };
  record.accumulator = extend(steps.accumulatorOf(record), commitment);
  record.committed |= 1n << BigInt(slot);
  record.totalWeight += BigInt(weight);
  events.push({ name: "Committed", taskId: task.taskId, round: record.round, ...commitment });
}

export function close(call: ModelCall, number: number): void {
  const { task, world, events } = call;
  const { round: record } = task;
  steps.newestIn(task, number);
  if (record.phase === "drawing") {
    const isPast = record.drawBlock < world.number && world.mixOf(record.drawBlock) === undefined;
    require(isPast, "TooEarly");
    steps.invalidate(call, "no-draw");
    return;
  }
  require(record.phase === "open", "WrongPhase");
  require(world.timestampS > record.deadlineS || keys.isCommittingOver(task, world), "TooEarly");
  if (steps.unexpelled(record) < keys.leastUpdates(task)) {
    steps.invalidate(call, "too-few-updates");
    return;
  }
  if (steps.nextAggregator(task, 0) === undefined) {
    steps.invalidate(call, "no-aggregator");
    return;
  }
  const { round, committed, totalWeight } = record;
  events.push({
    ...{ name: "RoundClosed", taskId: task.taskId, round, committed, totalWeight },
    accumulator: steps.accumulatorOf(record),
  });
  steps.assign(call, 0, "none");
}

export function reassign(call: ModelCall, number: number): void {
  const { task, world } = call;
  const record = steps.newestIn(task, number);
  const { phase, deadlineS } = record;
  require(phase === "aggregating" || phase === "proposed", "WrongPhase");
  const areFew = steps.unexpelled(record) < task.rules.minUpdates;
  require(areFew || world.timestampS > deadlineS, "TooEarly");
  if (phase === "aggregating" && !areFew) task.idle[task.aggregators.indexOf(record.assigned)] = true;
  steps.retry(call, phase === "aggregating" ? "no-proposal" : "not-attested");
}

export function propose(call: ModelCall, given: CallOf<"propose">): void {
  const { task, sender, world, events } = call;
  const { taskId, rules } = task;
  const { round, proposal, openings, accumulator } = given;
  const record = steps.newestIn(task, round, "aggregating");
  require(world.timestampS <= record.deadlineS, "TooLate");
  require(accumulator === record.accumulator, "WrongAccumulator");
  const { assigned } = record;
  const isAssigned = sender === assigned && proposal.aggregator === assigned && proposal.attempt === record.attempt;
  require(isAssigned && !task.enrolments.get(sender)!.leaving, "NotAssigned");
  require(proposal.modelRoot !== zeroWord && proposal.contentId !== zeroWord, "InvalidRoot");
  const { excluded, totalWeight } = proposal;
  if (excluded === 0n) require(totalWeight === record.totalWeight, "WrongTotalWeight");
  else {
    const isPart = (excluded & ~record.committed) === 0n;
    require(isPart && count(record.committed & ~excluded) >= rules.minUpdates, "InvalidExclusion");
    require(totalWeight > 0n && totalWeight < record.totalWeight, "WrongTotalWeight");
    require(rules.mode === "transparent", "InvalidExclusion");
  }
  require(openings.length === 2 + 2 * keys.openedBytes(task), "InvalidOpenings");
  task.idle[task.aggregators.indexOf(sender)] = false;
  record.phase = "proposed";
  record.deadlineS = world.timestampS + rules.attestWindowS;
  record.openingsHash = hashHex(openings);
  record.pending = proposalHashOf({ taskId, round, accumulator, openingsHash: record.openingsHash }, proposal);
  const { deadlineS: attestDeadlineS } = record;
  events.push({ name: "Proposed", taskId, round, accumulator, proposal, openings, attestDeadlineS });
}

/** What a proof needs of the newest round, when it is closed. */
export function inputsOf(task: ModelTask): RoundInputs {
  const { round, drawn, committed, keyed, totalWeight, anchor, accumulator, openingsHash } = task.round;
  const { taskId, accepted: acceptedBefore, modelRoot: baseModelRoot } = task;
  const numbers = { taskId, round, drawn, committed, keyed, totalWeight, acceptedBefore };
  return { ...numbers, baseModelRoot, anchor, accumulator, openingsHash };
}

export function accept(call: ModelCall, { round, proposal, attestations }: CallOf<"accept">): void {
  const { task, world, events } = call;
  const { taskId, rules } = task;
  const record = steps.newestIn(task, round, "proposed");
  require(world.timestampS <= record.deadlineS, "TooLate");
  const hash = proposalHashOf({ taskId, ...record }, proposal);
  require(hash === record.pending, "WrongProposal");
  const attesters: Address[] = [];
  for (const { signature } of attestations) {
    const attester = world.attesterOf({ taskId, round, proposalHash: hash, attester: "0x", signature });
    const slot = attester && steps.slotIn(task, attester);
    if (!attester || slot === undefined || attesters.includes(attester)) continue;
    if (hasSlot(record.committed & ~record.expelled, slot)) attesters.push(attester);
  }
  require(steps.unexpelled(record) >= rules.minUpdates, "TooFewParticipants");
  const quorum = Math.max(rules.attestationQuorum, Math.floor(steps.unexpelled(record) / 2) + 1);
  require(attesters.length >= quorum, "QuorumNotReached");
  const preimage = wordHash(inputsOf(task), hash, attesters);
  const acceptedAtS = world.timestampS;
  task.ring.set(round % ringLength(task), { acceptedAtS, digest: digestOf(preimage) });
  task.modelRoot = proposal.modelRoot;
  task.accepted++;
  record.phase = "accepted";
  enter(task, [7, round, preimage]);
  const { modelRoot, historyHead } = task;
  const provableUntilS = acceptedAtS + rules.challengeWindowS;
  events.push({ name: "RoundAccepted", taskId, round, modelRoot, attesters, provableUntilS, historyHead });
}

/** The high 216 bits of a hash. */
export function digestOf(hash: `0x${string}`): `0x${string}` {
  return hash.slice(0, 2 + 54) as `0x${string}`;
}

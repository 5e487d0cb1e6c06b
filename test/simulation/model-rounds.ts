import { extendAccumulator, proposalHash, startAccumulator } from "../../node/core/commitment.ts";
import { drawnCount, slotOf } from "../../node/core/draw.ts";
import { concatBytes, fromHex, toHex } from "../../node/core/hex.ts";
import type { Address, Bytes32 } from "../../node/core/ids.ts";
import { keccak256 } from "../../node/core/keccak.ts";
import type { Attestation, Availability, Evaluation, Proposal, SignedCommitment } from "../../node/core/records.ts";
import type { ChainCall } from "../../node/ports/chain.ts";
import { releaseBond } from "./model-bonds.ts";
import * as keys from "./model-keys.ts";
import { modelRecover, modelSigner } from "./model-signature.ts";
import * as steps from "./model-steps.ts";
import {
  hasRole,
  type ModelCall,
  type ModelRound,
  type ModelTask,
  modelDeployment,
  placeOf,
  Revert,
  require,
} from "./model-storage.ts";

// The round machine of contracts/Rounds.sol, function by function.

type CallOf<Kind extends ChainCall["kind"]> = Extract<ChainCall, { kind: Kind }>;
type ProposeCall = CallOf<"propose"> | CallOf<"proposeOpened">;
type Update = Pick<SignedCommitment, "weight" | "updateRoot" | "contentId">;

export function open(call: ModelCall): void {
  const { task, block, events } = call;
  const { taskId, rules } = task;
  const former = steps.newestOf(task);
  const round = former.round + 1;
  const record = task.rounds[round & 1]!;
  require(!steps.isInFlight(record), "WrongPhase");
  const overlaps = steps.isInFlight(former);
  const mayOverlap = rules.pipelined && former.phase === "proposed" && !former.excluding && task.leavers.length === 0;
  require(!overlaps || mayOverlap, "WrongPhase");
  const baseModelRoot = overlaps ? task.candidateRoot : task.modelRoot;
  require(round <= rules.rounds, "TaskComplete");
  if (!overlaps) freePlaces(call);
  const enrolled = task.participants.length;
  require(enrolled >= rules.minUpdates, "TooFewParticipants");
  const drawn = drawnCount(rules, enrolled);
  const randomness = concatBytes(block.randomness, Uint8Array.of(round), fromHex(task.historyHead));
  const seed = BigInt(toHex(keccak256(randomness).slice(0, 9)));
  const commitDeadlineS = block.timestampS + rules.keyWindowS + rules.commitWindowS;
  const accumulator = startAccumulator({ ...modelDeployment, taskId, round, baseModelRoot, seed, enrolled, drawn });
  const opened = { round, baseModelRoot, seed, enrolled, drawn, accumulator };
  task.rounds[round & 1] = { ...steps.emptyRound(), ...opened, phase: "open", deadlineS: commitDeadlineS };
  events.push({ name: "RoundOpened", taskId, ...opened, commitDeadlineS });
}

/** Tasks._freePlaces: the last participant moves into a freed place. */
function freePlaces({ storage, task, events }: ModelCall): void {
  const { taskId, rules } = task;
  for (const leaver of task.leavers.splice(Math.max(0, task.leavers.length - 32)).reverse()) {
    const enrolment = task.enrolments.get(leaver)!;
    const place = placeOf(task, leaver);
    enrolment.leaving = false;
    if (enrolment.bonded) {
      enrolment.bonded = false;
      releaseBond({ storage, task, events }, 0, leaver, BigInt(rules.participantBondGwei) * 1_000_000_000n);
    }
    events.push({ name: "Left", taskId, participant: leaver });
    const last = task.participants.pop()!;
    if (last === leaver) continue;
    task.participants[place] = last;
    events.push({ name: "Enrolled", taskId, participant: last, index: place });
  }
}

export function advertise(call: ModelCall, given: CallOf<"advertise">): void {
  const { task, sender } = call;
  const record = steps.recordOf(task, given.round, "open");
  keys.checkKeys(call, given, record);
  requirePlace(task, sender);
  const { roundsPerParticipant } = task.rules;
  require(roundsPerParticipant === 0 || task.enrolments.get(sender)!.committed < roundsPerParticipant, "BudgetSpent");
  keys.advertise(call, given, record, drawnSlot(task, record, sender));
}

export function commit(call: ModelCall, { round, baseModelRoot, ...update }: CallOf<"commit">): void {
  const record = openForCommitments(call, round);
  require(record.baseModelRoot === baseModelRoot, "WrongBaseModel");
  const slot = admit(call, record, call.sender, update);
  require(((record.committed >> BigInt(slot)) & 1n) === 0n, "AlreadyCommitted");
  take(call, record, call.sender, slot, update);
}

export function commitBatch(call: ModelCall, { round, signed }: CallOf<"commitBatch">): void {
  const record = openForCommitments(call, round);
  const { committed, baseModelRoot } = record;
  for (const one of signed) {
    // whom and what the call says beside the signed fields is not looked at: the contract is not told
    const participant = modelSigner({ ...one, type: "commitment", taskId: call.task.taskId, round, baseModelRoot });
    if (participant === undefined) throw new Revert("ECDSAInvalidSignature");
    const slot = admit(call, record, participant, one);
    if (((record.committed >> BigInt(slot)) & 1n) === 0n) take(call, record, participant, slot, one);
  }
  require(record.committed !== committed, "NothingCommitted");
}

function openForCommitments({ task, block }: ModelCall, round: number): ModelRound {
  const record = steps.recordOf(task, round, "open");
  require(block.timestampS <= record.deadlineS, "TooLate");
  return record;
}

function admit({ task, block }: ModelCall, record: ModelRound, participant: Address, { weight }: Update): number {
  requirePlace(task, participant);
  require(weight >= 1 && weight <= task.rules.maxWeight, "InvalidWeight");
  const slot = drawnSlot(task, record, participant);
  require(keys.isKeyTimeOver(task, record, block), "TooEarly");
  require(task.rules.mode !== "masked" || ((record.keyed >> BigInt(slot)) & 1n) === 1n, "NotAdvertised");
  if (record.committed === 0n) record.keysAccumulator = record.accumulator;
  return slot;
}

function requirePlace(task: ModelTask, participant: Address): void {
  require(placeOf(task, participant) >= 0 && !task.enrolments.get(participant)!.leaving, "NotEnrolled");
}

function drawnSlot(task: ModelTask, record: ModelRound, participant: Address): number {
  const slot = slotIn(record, placeOf(task, participant));
  if (slot === undefined) throw new Revert("NotDrawn");
  return slot;
}

function take({ task, events }: ModelCall, record: ModelRound, participant: Address, slot: number, update: Update) {
  const { roundsPerParticipant } = task.rules;
  const enrolment = task.enrolments.get(participant)!;
  require(roundsPerParticipant === 0 || enrolment.committed < roundsPerParticipant, "BudgetSpent");
  enrolment.committed++;
  record.committed |= 1n << BigInt(slot);
  record.totalWeight += BigInt(update.weight);
  const { updateRoot, contentId, weight } = update;
  const commitment = { participant, slot, weight, updateRoot, contentId };
  record.accumulator = extendAccumulator(record.accumulator, commitment);
  events.push({ name: "Committed", taskId: task.taskId, round: record.round, ...commitment });
}

function slotIn({ enrolled, drawn, seed }: ModelRound, place: number): number | undefined {
  const slot = place < enrolled ? slotOf(place, enrolled, drawn, seed) : drawn;
  return slot < drawn ? slot : undefined;
}

export function close(call: ModelCall, number: number): void {
  const { task, block, events } = call;
  const record = steps.recordOf(task, number, "open");
  const { round, committed, totalWeight, accumulator } = record;
  const isOver = keys.isCommittingOver(task, record, block);
  require(isOver || block.timestampS > record.deadlineS, "TooEarly");
  if (steps.count(committed) < keys.leastUpdates(task, record)) {
    steps.invalidate(call, record, "too-few-updates");
    return;
  }
  events.push({ name: "RoundClosed", taskId: task.taskId, round, committed, totalWeight, accumulator });
  const aggregator = steps.nextAggregator(call, record, 0);
  if (aggregator === undefined) throw new Revert("NoAggregator");
  steps.assign(call, record, 0, aggregator);
}

export function reassign(call: ModelCall, number: number): void {
  const { task, block, storage } = call;
  const record = steps.recordOf(task, number);
  const { phase } = record;
  require(phase === "aggregating" || (phase === "proposed" && record.excluding), "WrongPhase");
  require(block.timestampS > record.deadlineS, "TooEarly");
  require(storage.aggregators.length > 0, "NoAggregator");
  steps.releaseAggregator(call, record);
  steps.retry(call, record, phase === "proposed" ? "not-attested" : "no-proposal");
}

export function propose(call: ModelCall, { round, proposal, words = [], ...given }: ProposeCall): void {
  const { storage, task, sender, block, events } = call;
  const { taskId, rules } = task;
  require((given.kind === "proposeOpened") === (rules.mode !== "transparent"), "WrongMode");
  if (given.kind === "proposeOpened") {
    require(proposal.excluded === 0n, "InvalidExclusion");
    const opened = keys.openedCount(task, task.rounds[round & 1]!);
    require(given.openings.length === 2 + 64 * opened, "InvalidOpenings");
  }
  const record = steps.recordOf(task, round, "aggregating");
  const { assigned } = record;
  const isAssigned = sender === assigned && proposal.aggregator === assigned && proposal.attempt === record.attempt;
  require(isAssigned, "NotAssigned");
  require(hasRole(storage, sender, "aggregator"), "AccessControlUnauthorizedAccount");
  require(block.timestampS <= record.deadlineS, "TooLate");
  const { excluded, totalWeight } = proposal;
  if (excluded === 0n) require(totalWeight === record.totalWeight, "WrongTotalWeight");
  else {
    const isPart = (excluded & ~record.committed) === 0n;
    require(isPart && steps.count(record.committed & ~excluded) >= rules.minUpdates, "InvalidExclusion");
    require(totalWeight > 0n && totalWeight < record.totalWeight, "WrongTotalWeight");
  }
  const excluding = isUnexplained(task, record, excluded, words) || rules.mode === "encrypted";
  if (rules.pipelined) task.candidateRoot = proposal.modelRoot;
  record.phase = "proposed";
  record.excluding = excluding;
  record.deadlineS = block.timestampS + rules.challengeWindowS;
  record.pending = proposalHash(taskId, round, proposal);
  if (given.kind === "proposeOpened") {
    record.openingsHash = toHex(keccak256(fromHex(given.openings)));
    events.push({ name: "Opened", taskId, round, attempt: proposal.attempt, openings: given.openings });
  }
  events.push({ name: "Proposed", taskId, round, proposal, challengeDeadlineS: record.deadlineS });
}

/** Checks the reasons for what is left out; whether something is for none. */
function isUnexplained(task: ModelTask, record: ModelRound, excluded: bigint, words: readonly Availability[]): boolean {
  const { holders } = task.rules;
  const unexplained = excluded & ~record.withheld;
  if (holders === 0) return unexplained !== 0n;
  const held = heldBy(task, record, holders, words);
  require((record.committed & ~excluded & ~held) === 0n, "NotAvailable");
  const enough = words.length + holders > steps.count(record.committed);
  require(unexplained === 0n || ((unexplained & held) === 0n && enough), "InvalidExclusion");
  return false;
}

/** The slots that at least `holders` of the words name. */
function heldBy(task: ModelTask, record: ModelRound, holders: number, words: readonly Availability[]): bigint {
  const named = new Map<number, number>();
  let previous = "0x";
  for (const { slots, signature } of words) {
    const { round, accumulator } = record;
    const holder = modelSigner({ type: "availability", taskId: task.taskId, round, accumulator, slots, signature });
    const place = holder === undefined ? -1 : placeOf(task, holder);
    const slot = place < 0 ? undefined : slotIn(record, place);
    const counts = slot !== undefined && ((record.committed >> BigInt(slot)) & 1n) === 1n;
    require(holder !== undefined && holder > previous && counts, "InvalidHolder");
    previous = holder;
    for (let i = 0; i < 64; i++) if ((slots >> BigInt(i)) & 1n) named.set(i, (named.get(i) ?? 0) + 1);
  }
  return [...named].reduce((held, [slot, times]) => (times >= holders ? held | (1n << BigInt(slot)) : held), 0n);
}

export function finalize(call: ModelCall, { round, proposal, attestations }: CallOf<"finalize">): void {
  const { task } = call;
  const [record, hash] = onRecord(task, round, proposal);
  require(attestations.length >= task.rules.attestationQuorum, "QuorumNotReached");
  let previous = "0x";
  const attesters = attestations.map((attestation: Attestation) => {
    const attester = modelRecover({ ...attestation, taskId: task.taskId, round, proposalHash: hash });
    const place = attester === undefined ? -1 : placeOf(task, attester);
    const counts = place >= 0 && !task.enrolments.get(attester!)!.leaving;
    require(attester !== undefined && attester > previous && counts, "InvalidAttester");
    previous = attester;
    return attester;
  });
  const evaluations = attestations.map(({ evaluation }) => evaluation);
  finish(call, record, proposal, attesters, evaluations);
}

export function finalizeUnchallenged(call: ModelCall, { round, proposal }: CallOf<"finalizeUnchallenged">): void {
  const [record] = onRecord(call.task, round, proposal);
  require(!record.excluding, "InvalidExclusion");
  require(call.block.timestampS > record.deadlineS, "TooEarly");
  require(record.openDemands === 0, "DemandsOpen");
  finish(call, record, proposal, [], []);
}

function finish(
  call: ModelCall,
  record: ModelRound,
  { modelRoot }: Proposal,
  attesters: readonly Address[],
  evaluations: readonly Evaluation[],
): void {
  const { task, events } = call;
  const { round } = record;
  const earlier = task.rounds[(round - 1) & 1]!;
  const isFirst = earlier.round !== round - 1 || !steps.isInFlight(earlier);
  require(!task.rules.pipelined || isFirst, "WrongRound");
  steps.releaseAggregator(call, record);
  const historyHead = steps.end(call, record, "finalized", record.pending, "none");
  task.modelRoot = modelRoot;
  const ended = { round, modelRoot, attesters, evaluations, historyHead };
  events.push({ name: "RoundFinalized", taskId: task.taskId, ...ended });
}

/** The record of a round at this very proposal, and the proposal's hash. */
export function onRecord(task: ModelTask, round: number, proposal: Proposal): readonly [ModelRound, Bytes32] {
  const record = steps.recordOf(task, round, "proposed");
  const hash = proposalHash(task.taskId, round, proposal);
  require(hash === record.pending, "WrongProposal");
  return [record, hash];
}

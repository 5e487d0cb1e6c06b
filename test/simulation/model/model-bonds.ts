import type { Address } from "../../../node/core/ids.ts";
import type { Evidence, ProofKind } from "../../../node/core/records.ts";
import { proofWei } from "../../../node/core/task/least-bond.ts";
import { enter, proposalHashOf, wordHash, zeroWord } from "./model-hashes.ts";
import { bondOf } from "./model-places.ts";
import { digestOf, inputsOf, ringLength } from "./model-rounds.ts";
import * as steps from "./model-steps.ts";
import {
  isInFlight,
  type ModelCall,
  type ModelStorage,
  type ModelTask,
  nobody,
  pay,
  placedOf,
  Revert,
  require,
} from "./model-storage.ts";

// IBonds: what a proof does, and how ether leaves.

/** Refuses evidence that is not what the chain has. Tells whether it is of an accepted round. */
export function requireEvidence({ task, world }: ModelCall, evidence: Evidence): boolean {
  const { inputs, proposal, attesters } = evidence;
  const { round: record } = task;
  const isNewest = inputs.round === record.round;
  if (proposal === undefined) {
    require(isNewest, "WrongRound");
    require(["aggregating", "proposed", "invalid"].includes(record.phase), "WrongPhase");
    require(same(inputs, { ...inputsOf(task), openingsHash: zeroWord }), "WrongEvidence");
    return false;
  }
  const hash = proposalHashOf(inputs, proposal);
  if (isNewest && record.phase === "proposed") {
    require(attesters.length === 0 && hash === record.pending && same(inputs, inputsOf(task)), "WrongEvidence");
    return false;
  }
  const word = task.ring.get(inputs.round % ringLength(task));
  if (word === undefined || inputs.round > record.round) throw new Revert("WrongRound");
  require(world.timestampS <= word.acceptedAtS + task.rules.challengeWindowS, "NoLongerProvable");
  require(digestOf(wordHash(inputs, hash, attesters)) === word.digest, "WrongEvidence");
  return true;
}

function same(one: Evidence["inputs"], other: Evidence["inputs"]): boolean {
  return wordHash(one, zeroWord, []) === wordHash(other, zeroWord, []);
}

/** Strikes a proposal that was proven wrong. */
export function strike(
  call: ModelCall,
  evidence: Evidence,
  { kind, index, offender }: { readonly kind: ProofKind; readonly index: number; readonly offender?: Address },
): void {
  const { task, sender, events } = call;
  const { inputs, proposal, attesters } = evidence;
  if (proposal === undefined) throw new Revert("WrongEvidence");
  const isAccepted = requireEvidence(call, evidence);
  const { taskId } = task;
  const { round } = inputs;
  const { aggregator } = proposal;
  const isVoid = isAccepted && task.voids.some(({ first, last }) => first <= round && round <= last);
  const concerned = [aggregator, ...attesters, ...(offender === undefined ? [] : [offender])];
  const answerable = concerned.filter((account) => isAnswerable(task, account));
  require(!isVoid || answerable.length > 0, "NothingToTake");
  events.push({ name: "Struck", taskId, round, prover: sender, aggregator, offender: offender ?? nobody, kind, index });
  const lastRound = isAccepted && !isVoid ? rollBack(call, evidence) : 0;
  const takenWei = concerned.reduce((sum, account) => sum + expelOne(call, round, account, kind), 0n);
  reward(call, takenWei, kind);
  const hash = proposalHashOf(inputs, proposal);
  enter(task, [10, round, kind, index, sender, lastRound === 0 ? 0 : round, lastRound, hash, offender ?? nobody]);
  if (!isAccepted) steps.retry(call, "proven-wrong");
}

/** Makes an accepted round and all later ones void; gives the last of them. */
function rollBack(call: ModelCall, { inputs: { round, baseModelRoot, acceptedBefore } }: Evidence): number {
  const { task, events } = call;
  const { taskId } = task;
  if (isInFlight(task.round)) steps.invalidate(call, "rolled-back");
  const lastRound = task.round.round;
  task.modelRoot = baseModelRoot;
  task.accepted = acceptedBefore;
  task.voids = [...task.voids.filter(({ first }) => first < round), { first: round, last: lastRound }];
  events.push({ name: "RolledBack", taskId, firstRound: round, lastRound, modelRoot: baseModelRoot });
  return lastRound;
}

/** Whether the account is or was in the task, and is not expelled. */
function isAnswerable(task: ModelTask, account: Address): boolean {
  return task.enrolments.get(account)?.expelled === false;
}

/** Expels an account that is not expelled yet; gives what it loses. */
function expelOne({ task, events }: ModelCall, round: number, account: Address, kind: ProofKind): bigint {
  if (!isAnswerable(task, account)) return 0n;
  const enrolment = task.enrolments.get(account)!;
  const amountWei = enrolment.bonded ? bondOf(task, enrolment.role) : 0n;
  enrolment.expelled = true;
  enrolment.bonded = false;
  if (placedOf(task, account) !== undefined && !enrolment.leaving) steps.listLeaver(task, account);
  steps.markExpelled(task, account);
  events.push({ name: "MemberExpelled", taskId: task.taskId, round, account, kind, amountWei });
  return amountWei;
}

/** Divides what was taken. */
function reward({ storage, task, sender, events }: ModelCall, takenWei: bigint, kind: ProofKind): void {
  const mostWei = (proofWei(task.rules, kind) * 3n) / 2n;
  const halfWei = takenWei / 2n;
  const rewardWei = halfWei < mostWei ? halfWei : mostWei;
  const burntWei = takenWei - rewardWei;
  credit(storage, sender, rewardWei);
  storage.burntWei += burntWei;
  events.push({ name: "Rewarded", taskId: task.taskId, prover: sender, rewardWei, burntWei });
}

/** Expels a participant whose misconduct was proven apart from any proposal. */
export function expel(call: ModelCall, round: number, account: Address, kind: ProofKind): void {
  const { task, sender } = call;
  require(isAnswerable(task, account), "NothingToTake");
  reward(call, expelOne(call, round, account, kind), kind);
  enter(task, [11, round, account, kind, sender]);
}

/** Makes a bond whose time is over its owner's credit. */
export function release({ storage, task, world, events }: ModelCall, account: Address): void {
  const enrolment = task.enrolments.get(account);
  const isFree = enrolment?.bonded && !enrolment.expelled && placedOf(task, account) === undefined;
  require(isFree === true && world.timestampS >= enrolment!.freeFromS, "StillBonded");
  enrolment!.bonded = false;
  const amountWei = bondOf(task, enrolment!.role);
  credit(storage, account, amountWei);
  events.push({ name: "BondReleased", taskId: task.taskId, account, amountWei });
}

/** Pays an account its credit. Ether outside the federation is without end here. */
export function withdraw(storage: ModelStorage, sender: Address): void {
  const amountWei = storage.credits.get(sender) ?? 0n;
  require(amountWei > 0n, "NoAmount");
  storage.credits.delete(sender);
  pay(storage, sender, -amountWei);
}

function credit(storage: ModelStorage, account: Address, amountWei: bigint): void {
  storage.credits.set(account, (storage.credits.get(account) ?? 0n) + amountWei);
}

/** What an account has in the contract: its bonds, and its credit. */
export function holdingsWei({ tasks, credits }: ModelStorage, account: Address): bigint {
  const bonds = tasks.map((task) => {
    const enrolment = task.enrolments.get(account);
    return enrolment?.bonded ? bondOf(task, enrolment.role) : 0n;
  });
  return bonds.reduce((sum, amount) => sum + amount, credits.get(account) ?? 0n);
}

/** All ether that the contract holds, by its books: bonds, credits and what is burnt. */
export function booksWei({ tasks, credits, burntWei }: ModelStorage): bigint {
  const bonds = tasks.flatMap((task) =>
    [...task.enrolments.values()].map(({ bonded, role }) => (bonded ? bondOf(task, role) : 0n)),
  );
  return [...bonds, ...credits.values(), burntWei].reduce((sum, amount) => sum + amount, 0n);
}

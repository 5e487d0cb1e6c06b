import { hexEquals } from "../core/hex.ts";
import type { Address, RoundNumber } from "../core/ids.ts";
import type { TaskEvent } from "../core/task-events.ts";
import { type EventOf, logOf, type Walk } from "./task-record.ts";

const gwei = 10n ** 9n;
/** Of a slashed bond one part in this many is the challenger's; in gwei, rounded down. */
const rewardDivisor = 2n;

const keyOf = (round: RoundNumber, account: Address): string => `${round} ${account.toLowerCase()}`;

/** A bond that begins or ceases to answer, or is taken: only of the task's amount, and only what answered. */
export function followBond(walk: Walk, event: EventOf<"BondLocked" | "BondReleased" | "Slashed">): void {
  const { round, account, amountWei } = event;
  const { aggregatorBondGwei, participantBondGwei } = walk.rules;
  const { awaited } = walk;
  const isPlace = event.name === "Slashed" ? awaited?.name === "Slashed" && awaited.isPlace : round === 0;
  const key = keyOf(isPlace ? 0 : round, account);
  const dueWei = BigInt(isPlace ? participantBondGwei : aggregatorBondGwei) * gwei;
  if (amountWei !== dueWei || dueWei === 0n || walk.locked.has(key) !== (event.name !== "BondLocked")) {
    wrong(walk, event, `${event.name} of ${amountWei} wei of ${account} does not follow from the task's bonds`);
  }
  if (event.name === "BondLocked") walk.locked.set(key, amountWei);
  else walk.locked.delete(key);
  if (event.name !== "Slashed") return;
  const isProven =
    awaited?.name === "Slashed" &&
    hexEquals(awaited.account, account) &&
    hexEquals(awaited.challenger, event.challenger) &&
    awaited.round === round;
  const rewardWei = (amountWei / gwei / rewardDivisor) * gwei;
  if (!isProven) wrong(walk, event, `the bond of ${account} was taken without a proof`);
  else if (event.rewardWei !== rewardWei) wrong(walk, event, `the reward is ${event.rewardWei} wei, not ${rewardWei}`);
}

/** Whether a bond answers for a round, or with round 0 for a place. */
export function answers(walk: Walk, round: RoundNumber, account: Address): boolean {
  return walk.locked.has(keyOf(round, account));
}

/** An assignment locks the bond of the one assigned, and nobody else's is left. */
export function checkAssignedBond(walk: Walk, event: EventOf<"AggregatorAssigned">): void {
  const expected = walk.rules.aggregatorBondGwei === 0 ? [] : [keyOf(event.round, event.aggregator)];
  const locked = lockedFor(walk, event.round);
  if (locked.length === expected.length && locked[0] === expected[0]) return;
  wrong(walk, event, `the bond that answers for the round is not that of ${event.aggregator}`);
}

/** An ended round has nobody answering any more. */
export function checkEndedBonds(walk: Walk, event: EventOf<"RoundFinalized" | "RoundInvalidated">): void {
  if (lockedFor(walk, event.round).length > 0) wrong(walk, event, "a bond is locked for a round that has ended");
}

/** A place comes with its bond, and is freed without one. */
export function checkPlaceBond(walk: Walk, event: EventOf<"Enrolled" | "Left">): void {
  const isDue = event.name === "Enrolled" && walk.rules.participantBondGwei !== 0;
  if (answers(walk, 0, event.participant) === isDue) return;
  wrong(
    walk,
    event,
    `the place of ${event.participant} ${isDue ? "has no bond" : "has a bond that it should not have"}`,
  );
}

function lockedFor({ locked }: Walk, round: RoundNumber): readonly string[] {
  return [...locked.keys()].filter((key) => key.startsWith(`${round} `));
}

function wrong(walk: Walk, event: TaskEvent, what: string): void {
  const round = "round" in event ? walk.rounds[event.round - 1] : undefined;
  (round?.log ?? logOf(walk)).add({
    code: "BOND_WRONG",
    message: `${what[0]!.toUpperCase()}${what.slice(1)}.`,
    data: { event: event.name, blockNumber: event.blockNumber, logIndex: event.logIndex },
  });
}

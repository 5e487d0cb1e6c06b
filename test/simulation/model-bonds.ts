import { challengeReservation } from "../../node/core/commitment.ts";
import type { Address, Bytes32 } from "../../node/core/ids.ts";
import type { ModelCall, ModelStorage } from "./model-storage.ts";
import { require } from "./model-storage.ts";

// contracts/court/Bonds.sol and Rewards.sol. Ether outside the federation is without end here.

const claimS = 3600;
const unbondingS = 14 * 24 * 3600;

/** An account's bond, which it may change. */
export function bondOf(storage: ModelStorage, account: Address) {
  let bond = storage.bonds.get(account);
  if (bond === undefined) {
    bond = { freeWei: 0n, lockedWei: 0n, unbondingWei: 0n, withdrawableFromS: 0 };
    storage.bonds.set(account, bond);
  }
  return bond;
}

/** The calls by which an account moves its own ether. */
export function moveEther(
  storage: ModelStorage,
  sender: Address,
  call:
    | { readonly kind: "bond" | "requestUnbond"; readonly amountWei: bigint }
    | { readonly kind: "withdrawBond" | "withdrawCredit" },
  timestampS: number,
): void {
  const bond = bondOf(storage, sender);
  switch (call.kind) {
    case "bond":
      require(call.amountWei > 0n, "NoAmount");
      bond.freeWei += call.amountWei;
      return;
    case "requestUnbond":
      require(call.amountWei > 0n, "NoAmount");
      require(call.amountWei <= bond.freeWei, "BondTooSmall");
      bond.freeWei -= call.amountWei;
      bond.unbondingWei += call.amountWei;
      bond.withdrawableFromS = timestampS + unbondingS;
      return;
    case "withdrawBond":
      require(bond.unbondingWei > 0n, "NoAmount");
      require(timestampS >= bond.withdrawableFromS, "StillUnbonding");
      bond.unbondingWei = 0n;
      return;
    case "withdrawCredit":
      require((storage.credits.get(sender) ?? 0n) > 0n, "NoAmount");
      storage.credits.delete(sender);
  }
}

export function lockBond(
  { storage, task, events }: ModelCall,
  round: number,
  account: Address,
  amountWei: bigint,
): void {
  const bond = bondOf(storage, account);
  require(bond.freeWei >= amountWei, "BondTooSmall");
  bond.freeWei -= amountWei;
  bond.lockedWei += amountWei;
  events.push({ name: "BondLocked", taskId: task.taskId, round, account, amountWei });
}

export function releaseBond(
  { storage, task, events }: Pick<ModelCall, "storage" | "task" | "events">,
  round: number,
  account: Address,
  amountWei: bigint,
): void {
  const bond = bondOf(storage, account);
  bond.lockedWei -= amountWei;
  bond.freeWei += amountWei;
  events.push({ name: "BondReleased", taskId: task.taskId, round, account, amountWei });
}

/** What is won by a slash: by a demander at once, by a reservation at once, else held. */
export interface Win {
  readonly caseHash: Bytes32;
  readonly salt?: Bytes32 | undefined;
  readonly demander?: Address | undefined;
}

/** Takes a locked bond: half is the reward, the rest is burnt. */
export function slash(call: ModelCall, round: number, account: Address, amountWei: bigint, win: Win): void {
  const { storage, task, sender, block, events } = call;
  const challenger = win.demander ?? sender;
  const rewardWei = (amountWei / 1_000_000_000n / 2n) * 1_000_000_000n;
  bondOf(storage, account).lockedWei -= amountWei;
  storage.burntWei += amountWei - rewardWei;
  events.push({ name: "Slashed", taskId: task.taskId, round, account, amountWei, challenger, rewardWei });
  const isReserved =
    win.salt !== undefined && reservedBefore(storage, sender, win.salt, win.caseHash, block.timestampS);
  if (win.demander !== undefined || isReserved) credit(storage, challenger, rewardWei);
  else storage.heldRewards.set(win.caseHash, { challenger, wonAtS: block.timestampS, amountWei: rewardWei });
}

export function credit(storage: ModelStorage, account: Address, amountWei: bigint): void {
  storage.credits.set(account, (storage.credits.get(account) ?? 0n) + amountWei);
}

export function reserve(storage: ModelStorage, reservation: Bytes32, timestampS: number): void {
  require(!storage.reservations.has(reservation), "AlreadyReserved");
  storage.reservations.set(reservation, timestampS);
}

/** Gives a held reward to whoever reserved the case before the win, or after an hour to whoever won. */
export function settleReward(
  storage: ModelStorage,
  sender: Address,
  caseHash: Bytes32,
  timestampS: number,
  salt?: Bytes32,
): void {
  const held = storage.heldRewards.get(caseHash);
  require(held !== undefined, "NoRewardHeld");
  if (salt === undefined) require(timestampS >= held.wonAtS + claimS, "StillClaimable");
  else require(reservedBefore(storage, sender, salt, caseHash, held.wonAtS), "NotReserved");
  storage.heldRewards.delete(caseHash);
  credit(storage, salt === undefined ? held.challenger : sender, held.amountWei);
}

/** The reward that is held for a case, if one is. */
export function heldRewardOf({ heldRewards }: ModelStorage, caseHash: Bytes32) {
  const held = heldRewards.get(caseHash);
  if (held === undefined) return undefined;
  const { challenger, amountWei, wonAtS } = held;
  return { challenger, amountWei, collectableFromS: wonAtS + claimS };
}

function reservedBefore(storage: ModelStorage, account: Address, salt: Bytes32, of: Bytes32, timeS: number): boolean {
  const madeAtS = storage.reservations.get(challengeReservation(account, salt, of));
  return madeAtS !== undefined && madeAtS < timeS;
}

import { hexEquals } from "../../node/core/hex.ts";
import type { Address } from "../../node/core/ids.ts";
import type { Attack } from "./attack.ts";
import { eventsNamed } from "./events-named.ts";
import type { FederationRun } from "./run-federation.ts";

/** What is not as it must be with everyone's ether: the liars' bonds are gone where something was proven, half of each to the prover; nobody else lost anything. */
export function checkBonds(run: FederationRun, attack: Attack | undefined): readonly string[] {
  const { history, cast, bonds, bondWei } = run;
  const losers = losersOf(run, attack);
  const isLoser = (account: Address) => losers.some((loser) => hexEquals(loser, account));
  const problems: string[] = [];
  const slashes = eventsNamed(history, "Slashed");
  if (slashes.length !== losers.length) problems.push(`${slashes.length} bonds were lost, not ${losers.length}`);
  for (const { account, amountWei, rewardWei } of slashes) {
    if (!isLoser(account)) problems.push(`${account} lost its bond and had not lied`);
    if (amountWei !== bondWei) problems.push(`${amountWei} wei were lost of a bond of ${bondWei}`);
    if (rewardWei > amountWei / 2n) problems.push("less than half of the bond was burnt");
  }
  for (const account of [...cast.participants, ...cast.aggregators]) {
    const { freeWei, lockedWei } = bonds.get(account)!;
    // in a pipelined task an aggregator may have to answer for two rounds
    const isTwice = cast.aggregators.includes(account) && run.view.rules.pipelined;
    const expected = (isTwice ? 2n * bondWei : bondWei) - (isLoser(account) ? bondWei : 0n);
    if (freeWei + lockedWei !== expected) {
      problems.push(`the bond of ${account} is ${freeWei + lockedWei} wei, not ${expected}`);
    }
    if (lockedWei !== 0n && cast.aggregators.includes(account)) {
      problems.push(`${lockedWei} wei of ${account} are still locked`);
    }
  }
  return [...problems, ...checkRewards(run)];
}

function losersOf({ cast }: FederationRun, attack: Attack | undefined): readonly Address[] {
  return [
    ...(attack?.ending.challenge === undefined ? [] : [cast.liars.aggregator]),
    ...(attack?.ending.misconduct === undefined ? [] : [cast.liars.participant]),
  ];
}

/** A watcher withdraws what it won, a participant that was faster leaves it for its owner; what was not reserved may still be held. */
function checkRewards({ history, cast, bonds, balanceWei, answeredWei }: FederationRun): readonly string[] {
  const problems: string[] = [];
  const slashes = eventsNamed(history, "Slashed");
  const won = (account: Address) =>
    slashes
      .filter(({ challenger }) => hexEquals(challenger, account))
      .reduce((sum, { rewardWei }) => sum + rewardWei, 0n);
  let uncreditedWei = 0n;
  for (const [account, { creditWei }] of bonds) {
    if (hexEquals(account, cast.watcher)) {
      if (creditWei !== 0n) problems.push(`the watcher left ${creditWei} wei of its own in the contract`);
      continue;
    }
    const rewardWei = won(account) + answeredWei(account);
    if (creditWei !== rewardWei && creditWei !== 0n) {
      problems.push(`${account} has a credit of ${creditWei} wei, of rewards of ${rewardWei}`);
    }
    if (creditWei === 0n) uncreditedWei += rewardWei;
  }
  const burntWei = slashes.reduce((sum, { amountWei, rewardWei }) => sum + amountWei - rewardWei, 0n);
  const booked = [...bonds.values()].reduce(
    (sum, { freeWei, lockedWei, unbondingWei, creditWei }) => sum + freeWei + lockedWei + unbondingWei + creditWei,
    burntWei + answeredWei(undefined),
  );
  const heldWei = balanceWei - booked;
  if (heldWei !== uncreditedWei) problems.push(`${heldWei} wei are in the contract that the books do not explain`);
  return problems;
}

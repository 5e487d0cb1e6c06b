import { hexEquals } from "../../../node/core/bytes/hex.ts";
import type { Address } from "../../../node/core/ids.ts";
import type { Attack } from "../attack.ts";
import { eventsNamed } from "../events-named.ts";
import type { FederationRun } from "../run-federation.ts";

/** Who loses its place and its bond. */
export function losersOf(
  { cast: { liars } }: Pick<FederationRun, "cast">,
  attack: Attack | undefined,
): readonly Address[] {
  const { struck, misconduct, rolledBack } = attack?.ending ?? {};
  return [
    ...(struck === undefined ? [] : [liars.aggregator]),
    ...(rolledBack ? liars.friends : []),
    ...(misconduct === undefined ? [] : [liars.participant]),
  ];
}

/**
 * What is not as it must be with everyone's ether: the liars' bonds are gone where something was proven, at most half
 * of each to the prover; nobody else lost anything, and the contract's balance is what its books say.
 */
export function checkBonds(run: FederationRun, attack: Attack | undefined): readonly string[] {
  const { history, cast, places, bondWei, balanceWei } = run;
  const losers = losersOf(run, attack);
  const isLoser = (account: Address) => losers.some((loser) => hexEquals(loser, account));
  const problems: string[] = [];
  const expelled = eventsNamed(history, "MemberExpelled");
  if (expelled.length !== losers.length) problems.push(`${expelled.length} bonds were lost, not ${losers.length}`);
  for (const { account, amountWei } of expelled) {
    if (!isLoser(account)) problems.push(`${account} lost its bond and had not lied`);
    if (amountWei !== bondWei) problems.push(`${amountWei} wei were lost of a bond of ${bondWei}`);
  }
  for (const { rewardWei, burntWei } of eventsNamed(history, "Rewarded")) {
    if (rewardWei > burntWei) problems.push("less than half of what was taken was burnt");
  }
  const released = eventsNamed(history, "BondReleased");
  let heldWei = 0n;
  for (const [account, place] of places) {
    heldWei += place.bondWei;
    if (account === cast.watcher) continue;
    const isReleased = released.some((event) => hexEquals(event.account, account));
    const hasBond = place.bondWei === bondWei || isReleased;
    if (hasBond === isLoser(account)) problems.push(`${account} has ${hasBond ? "its" : "no"} bond`);
    if (place.expelled !== isLoser(account)) problems.push(`${account} is ${place.expelled ? "" : "not "}expelled`);
  }
  const burntWei = eventsNamed(history, "Rewarded").reduce((sum, event) => sum + event.burntWei, 0n);
  const creditWei = [...places.values()].reduce((sum, place) => sum + place.creditWei, 0n);
  const bookedWei = heldWei + creditWei + burntWei;
  if (balanceWei !== bookedWei) problems.push(`the contract has ${balanceWei} wei, its books say ${bookedWei}`);
  if ((places.get(cast.watcher)?.creditWei ?? 0n) !== 0n) problems.push("the watcher left its reward in the contract");
  return problems;
}

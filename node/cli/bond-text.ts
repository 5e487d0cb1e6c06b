import { etherText } from "../core/ether.ts";
import type { BondState } from "../ports/index.ts";
import type { BondOutlook } from "./bond-outlook.ts";
import { formatTable } from "./output.ts";

/** An account's bond and credit as people read it, in ether. `nowS`: the chain's time, seconds since 1970. */
export function bondText(
  { freeWei, lockedWei, unbondingWei, withdrawableFromS, creditWei }: BondState,
  nowS: number,
): string {
  const leaving =
    unbondingWei === 0n ? "leaving the bond" : `leaving the bond; to be withdrawn ${whenText(withdrawableFromS, nowS)}`;
  return formatTable(
    ["", "ether ", ""],
    [
      ["free", etherText(freeWei), "may answer for a round, or be unbonded"],
      ["locked", etherText(lockedWei), "answers for running rounds"],
      ["unbonding", etherText(unbondingWei), leaving],
      ["credit", etherText(creditWei), "rewards of won challenges, to be withdrawn"],
    ],
  );
}

/** What a task's bond means for an account, in one line. */
export function outlookText({ taskId, bondWei, standing, missingWei }: BondOutlook): string {
  const asks = `Task ${taskId} asks for a bond of ${etherText(bondWei)} ether`;
  const add = `fedledger bond add ${etherText(missingWei)}`;
  switch (standing) {
    case "none":
      return `Task ${taskId} asks for no bond`;
    case "covered":
      return `${asks}: the free bond covers it`;
    case "locked":
      return `${asks}: the locked bond answers for its running round`;
    case "locked-elsewhere":
      return `${asks}: what is locked for rounds of other tasks is free again when they end; to be assigned before: ${add}`;
    case "lost":
      return `${asks}: this account lost its bond there, a proposal was proven wrong. Find out why (fedledger audit, the log) before: ${add}`;
    case "missing":
      return `${asks}: ${etherText(missingWei)} ether are missing to be assigned: ${add}`;
  }
}

/** A second of the chain's clock as date, and in how long that is: "from 2026-12-05 08:41:00 UTC, in 13 d 23 h", or "now". */
export function whenText(fromS: number, nowS: number): string {
  if (fromS <= nowS) return "now";
  const date = new Date(fromS * 1000).toISOString().slice(0, 19).replace("T", " ");
  return `from ${date} UTC, in ${durationText(fromS - nowS)}`;
}

/** Seconds in the two largest units that say something: "13 d 23 h", "5 min", "40 s". */
export function durationText(seconds: number): string {
  const units: readonly (readonly [string, number])[] = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return "0 s";
  const [large, small] = units.slice(first, first + 2);
  const count = Math.floor(seconds / large![1]);
  const rest = small === undefined ? 0 : Math.floor((seconds % large![1]) / small[1]);
  return rest === 0 ? `${count} ${large![0]}` : `${count} ${large![0]} ${rest} ${small![0]}`;
}

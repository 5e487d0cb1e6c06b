import { etherText, type StoredPlace, type TaskPlace } from "../../api/index.ts";
import { formatTable } from "./output.ts";

/**
 * An account's places, bonds and credit as people read them, in ether. `nowS`: the chain's time, seconds since 1970.
 */
export function bondText(places: readonly TaskPlace[], creditWei: bigint, nowS: number): string {
  return formatTable(
    ["", "ether ", ""],
    [
      ...places.map((place) => [`task ${place.taskId}`, etherText(place.bondWei), placeText(place, nowS)]),
      ["credit", etherText(creditWei), "bonds released and rewards, to be withdrawn"],
    ],
  );
}

/** What an account's place in a task means for its bond, in one line. */
export function placeText({ role, leaving, expelled, bondWei, freeFromS }: StoredPlace, nowS: number): string {
  if (expelled) return "expelled for misconduct; what it had locked is lost";
  if (role !== undefined) {
    const bond = bondWei === 0n ? "without a bond" : "the bond answers for what it proposes, commits and attests";
    return leaving ? `${role}, leaving when no round is in flight` : `${role}, ${bond}`;
  }
  return `left; the bond can be released ${whenText(freeFromS, nowS)}`;
}

/**
 * A second of the chain's clock as date, and in how long that is: "from 2026-12-05 08:41:00 UTC, in 13 d 23 h", or
 * "now".
 */
export function whenText(fromS: number, nowS: number): string {
  if (fromS <= nowS) return "now";
  return `from ${dateText(fromS)}, in ${durationText(fromS - nowS)}`;
}

/** A second of the chain's clock as a date: "2026-12-05 08:41:00 UTC". */
export function dateText(atS: number): string {
  return `${new Date(atS * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
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
  const [large, small] = first < 0 ? [] : units.slice(first, first + 2);
  if (large === undefined) return "0 s";
  const [name, size] = large;
  const whole = `${Math.floor(seconds / size)} ${name}`;
  const rest = small === undefined ? 0 : Math.floor((seconds % size) / small[1]);
  return small === undefined || rest === 0 ? whole : `${whole} ${rest} ${small[0]}`;
}

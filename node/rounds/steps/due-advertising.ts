import { modeOf } from "../../core/modes/mode-of.ts";
import { isKeyTimeOver, keyDeadlineS } from "../../core/record/round-keys.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { SignedAdvertisement, TaskRules } from "../../core/records.ts";
import { type AdvertisementPool, advertisementsTo } from "../words/advertisement-pool.ts";
import { advertisementOf } from "./mask-queries.ts";
import { placeOf } from "./round-queries.ts";
import { hasBudget, type Surveyed } from "./survey.ts";

/**
 * The signed keys that should be brought to the chain now, in one transaction; none while it is not time: when with
 * them all of the drawn have advertised, or half of the time for keys has passed. Then each later one goes at once.
 */
export function dueAdvertising(
  seen: Surveyed,
  round: RoundView,
  pool: AdvertisementPool,
): readonly SignedAdvertisement[] {
  const { view, head } = seen;
  const { timestampS } = head;
  if (modeOf(view.rules).keys !== "each" || isKeyTimeOver(round, view.rules, timestampS)) return [];
  const { advertisements = [], drawn } = round;
  const heard = advertisementsTo(pool, round).filter(
    ({ participant }) =>
      advertisementOf(round, participant) === undefined &&
      placeOf(view, participant)?.leaving === false &&
      hasBudget(seen, participant),
  );
  const isTime = timestampS >= advertiseAtS(round, view.rules) || advertisements.length + heard.length >= drawn;
  return isTime ? heard : [];
}

/** The second from which keys that were signed for a batch are brought to the chain: half of the time for keys. */
function advertiseAtS(round: Pick<RoundView, "commitDeadlineS">, rules: TaskRules): number {
  return keyDeadlineS(round, rules) - Math.ceil(rules.keyWindowS / 2);
}

/**
 * The second from which a participant brings its keys itself, whatever it has signed: a quarter of the time is left.
 */
export function advertiseOwnAtS(round: Pick<RoundView, "commitDeadlineS">, rules: TaskRules): number {
  return keyDeadlineS(round, rules) - Math.ceil(rules.keyWindowS / 4);
}

import type { Address } from "../../core/ids.ts";
import type { TaskEvent } from "../../core/record/task-events.ts";
import type { ProofKind, TaskRules } from "../../core/records.ts";
import { proofWei } from "../../core/task/least-bond.ts";
import { type EventOf, logOf, type MemberState, roundNumbered, type Walk } from "../record/task-record.ts";

const gwei = 10n ** 9n;

/** What an account of this role locks in a task. */
function bondWei(rules: TaskRules, role: MemberState["role"]): bigint {
  return BigInt(role === "participant" ? rules.participantBondGwei : rules.aggregatorBondGwei) * gwei;
}

/** A new place has its bond: a former one of the same role that is still here, or a new one. */
export function takePlaceBond(walk: Walk, event: TaskEvent, account: Address, role: MemberState["role"]): void {
  const key = account.toLowerCase();
  const known = walk.states.get(key);
  if (known?.bonded && known.role !== role) {
    wrong(walk, event, `${account} took a place as ${role} while its bond as ${known.role} was still here`);
  }
  const bonded = bondWei(walk.rules, role) > 0n;
  walk.states.set(key, { account: known?.account ?? account, role, bonded, expelled: known?.expelled ?? false });
}

/** The bond that an expelled account loses, and has lost from now on. */
export function takenBondWei(walk: Walk, account: Address): bigint {
  const state = walk.states.get(account.toLowerCase());
  if (!state?.bonded) return 0n;
  state.bonded = false;
  return bondWei(walk.rules, state.role);
}

/** A bond that its owner has back: of one without a place, not expelled, once its time is over. */
export function checkReleased(walk: Walk, event: EventOf<"BondReleased">): void {
  const { account, amountWei, timestampS } = event;
  const state = walk.states.get(account.toLowerCase());
  const hasPlace = [...walk.participants, ...walk.aggregators].some(
    (place) => place.account.toLowerCase() === account.toLowerCase(),
  );
  const dueWei = state?.bonded ? bondWei(walk.rules, state.role) : 0n;
  if (hasPlace || dueWei === 0n || amountWei !== dueWei) {
    wrong(walk, event, `${amountWei} wei of ${account} were released, which do not follow from the task's bonds`);
  } else if (timestampS !== undefined && state?.freeFromS !== undefined && timestampS < state.freeFromS) {
    wrong(walk, event, `the bond of ${account} was released before its time`);
  }
  if (state) state.bonded = false;
}

/** What a proof took, and of what kind it was. */
export interface Taken {
  readonly takenWei: bigint;
  readonly kind: ProofKind;
}

/** What a proof took is divided as the rules say. */
export function checkReward(walk: Walk, event: EventOf<"Rewarded">, { takenWei, kind }: Taken): void {
  const half = takenWei / 2n;
  const cost = (proofWei(walk.rules, kind) * 3n) / 2n;
  const reward = half < cost ? half : cost;
  if (event.rewardWei === reward && event.burntWei === takenWei - reward) return;
  wrong(walk, event, `of ${takenWei} wei that were taken, ${reward} are the prover's and the rest is burnt`);
}

/** Tells a bond, or what became of one, that does not follow from the rules and the events before it. */
export function wrong(walk: Walk, event: TaskEvent, what: string): void {
  const round = "round" in event ? roundNumbered(walk.rounds, event.round) : undefined;
  (round?.log ?? logOf(walk)).add({
    code: "BOND_WRONG",
    message: `${what.charAt(0).toUpperCase()}${what.slice(1)}.`,
    data: { event: event.name, blockNumber: event.blockNumber, logIndex: event.logIndex },
  });
}

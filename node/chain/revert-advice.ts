import { modeCodes, taskRuleFields } from "../core/enum-codes.ts";
import { etherText } from "../core/ether.ts";

/** Arguments of a contract's error, in its order. */
export type RevertArguments = readonly unknown[];

const wei = (value: unknown) => `${etherText(BigInt(value as bigint))} ether`;
const second = (value: unknown) => `${new Date(Number(value) * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
const bondShow = "fedledger bond show tells what there is";

const advice: Readonly<Record<string, string | ((args: RevertArguments) => string)>> = {
  // bonds
  BondTooSmall: ([freeWei]) =>
    `Only ${wei(freeWei)} of the bond is free: take out at most that much. A locked part is free again when its round ends; ${bondShow}`,
  StillUnbonding: ([withdrawableFrom]) => `Withdraw it from ${second(withdrawableFrom)} on`,
  NoAmount: `The amount is 0, or nothing is there to take; ${bondShow}`,
  PaymentRefused: "The account is a contract that takes no ether: it must accept plain payments to be paid",
  InvalidBond: ([leastWei]) =>
    `Give the task a bond (--bond) of at least ${wei(leastWei)}: less would not pay for a proof against the aggregator`,
  ChallengeWindowTooLong: "In a task with a bond the challenge window must be shorter than the time to unbond, 14 days",
  // tasks
  InvalidRule: ([field]) =>
    `The rule ${ruleName(field)} is out of its range: see Rules of a task in docs/protocol.md, and task create --help`,
  WeightOverflow:
    "maxUpdates · maxWeight · clipLanes must stay below 2^52 (masked 2^31, encrypted 2^29): lower --max-updates, --max-weight, --clip or --fraction-bits",
  InvalidSpec: "The task's specification must have 1 to 8192 bytes: shorten it",
  UnknownTask: "List the tasks with: fedledger task list",
  TaskComplete: "The task has run all its rounds: open another one",
  NotEligible:
    "The task asks for attributes that the account does not have: fedledger task show tells which, an admin sets them with fedledger member set",
  InvalidAccess: "Organisations and regions are at most 32 texts each, none of them empty",
  TaskFull: "The task has no place left: open another one",
  TooManyTasks: "A participant can be in 16 tasks at once: leave one of them first",
  // tasks whose updates are hidden
  WrongMode: ([mode]) =>
    `The call is not for a task whose updates are ${modeCodes.names[Number(mode)] ?? "of its mode"}`,
  WrongSeed: "The round was opened anew while its keys were made: they must be made again for the seed that it has now",
  // members
  AccessControlUnauthorizedAccount:
    "The account lacks the role: an admin gives it with fedledger member add; fedledger member list shows who has which",
  NotAMember: "The account has no role in the federation: an admin gives it one with fedledger member add",
  PeerIdTaken: "Another member registered this PeerId: each member needs a keystore of its own",
};

/**
 * What to do about a contract's error, without a full stop at its end: with the arguments in the units of people where there is
 * something to say, else a pointer to the reason.
 */
export function revertAdvice(error: string, args: RevertArguments): string {
  const known = Object.hasOwn(advice, error) ? advice[error] : undefined;
  if (known === undefined) return "See the reason, a custom error of the contracts";
  return typeof known === "string" ? known : known(args);
}

/** Names of the errors that there is special advice for. */
export const advisedErrors: readonly string[] = Object.keys(advice);

/** The name of a field of the rules by its place, as InvalidRule gives it; the number where no field has it. */
export function ruleName(place: unknown): string {
  return taskRuleFields[Number(place)] ?? String(place);
}

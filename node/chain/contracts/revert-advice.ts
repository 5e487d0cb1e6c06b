import { etherText } from "../../core/bytes/ether.ts";
import { modeCodes, taskRuleFields } from "../../core/task/enum-codes.ts";

/** Arguments of a contract's error, in its order. */
export type RevertArguments = readonly unknown[];

const wei = (value: unknown) => `${etherText(BigInt(value as bigint))} ether`;
const second = (value: unknown) => `${new Date(Number(value) * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
const bondShow = "fedledger bond show tells what there is";

const advice: Readonly<Record<string, string | ((args: RevertArguments) => string)>> = {
  // bonds
  NoAmount: `Nothing is there to take; ${bondShow}`,
  PaymentRefused: "The account is a contract that takes no ether: it must accept plain payments to be paid",
  InvalidBond: ([leastWei]) =>
    `Give the task bonds of at least ${wei(leastWei)}, or none: less would not pay for a proof against their owners`,
  WrongBond: ([expectedWei]) => `The task asks for exactly ${wei(expectedWei)} of this account`,
  StillBonded: ([until]) =>
    `There is no bond of this account in the task, or it stays until ${second(until)}; ${bondShow}`,
  NoLongerProvable: ([until]) => `The round could be proven wrong until ${second(until)}: it is final`,
  // tasks
  InvalidRule: ([field]) =>
    `The rule ${ruleName(field)} is out of its range: see Rules of a task in docs/protocol/record.md, and task create --help`,
  WeightOverflow:
    "maxUpdates · maxWeight · clipLanes must stay below 2^52 (masked 2^31, encrypted 2^29): lower --max-updates, --max-weight, --clip or --fraction-bits",
  InvalidSpec: "The task's specification must have 1 to 8192 bytes: shorten it",
  UnknownTask: "List the tasks with: fedledger task list",
  TaskComplete: "The task has all its accepted rounds: open another one",
  RoundTooLong:
    "In a task with bonds the windows of keys and commitments, and those of all attempts, sum to at most 14 days: shorten them, or try fewer aggregators",
  ChainLacks: ([what]) => lacking(Number(what)),
  NoStatement: "The task asks for a statement of the data: give it with --statement FILE",
  RingFull: ([until]) =>
    `So many accepted rounds can still be proven wrong that the next one opens only after ${second(until)}`,
  NotEligible:
    "The task asks for attributes that the account does not have: fedledger task show tells which, an admin sets them with fedledger member set",
  InvalidAccess: "Organisations and regions are at most 32 texts each, none of them empty",
  TaskFull: "The task has no place left: open another one",
  TooManyTasks: "An account can be in 16 tasks at once: leave one of them first",
  Expelled: "The account was proven to have broken the task's rules: it cannot come back",
  NotIdle: "The aggregator has its turn already: there is nothing to resume",
  // tasks whose updates are hidden
  WrongMode: ([mode]) =>
    `The call is not for a task whose updates are ${modeCodes.names[Number(mode)] ?? "of its mode"}`,
  WrongAnchor: "The chain has other keys, or another base or draw, than the word was signed for: it must be made again",
  WrongAccumulator: "The chain has other updates than the result was computed from: it must be computed again",
  InvalidShareKey: "Only masked tasks have keys for shares, of 96 bytes each",
  // members
  AccessControlUnauthorizedAccount:
    "The account lacks the role: an admin gives it with fedledger member add; fedledger member list shows who has which",
  NotAMember: "The account has no role in the federation: an admin gives it one with fedledger member add",
  InvalidContact: "A PeerId has 34 to 64 bytes, addresses at most 1024 in all, a grant at most 256",
};

/** What a chain lacks, by the number that the contract gives it. */
function lacking(what: number): string {
  if (what === 4788 || what === 2935) {
    return "This chain gives no randomness to draw by: create the task without a draw (--participation 100)";
  }
  return `This chain has no precompile ${what}, which the proofs of masked tasks need: use another mode or chain`;
}

/**
 * What to do about a contract's error, without a full stop at its end: with the arguments in the units of people where
 * there is something to say, else a pointer to the reason.
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

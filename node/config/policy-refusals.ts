import { hexEquals } from "../core/bytes/hex.ts";
import type { Address } from "../core/ids.ts";
import type { TaskView } from "../core/record/task-view.ts";
import type { TaskSpec } from "../core/task/task-spec.ts";
import type { FederationCodes } from "../ports/chain.ts";
import type { PolicyKey, SitePolicy } from "./site-policy.ts";

/** A task as a policy looks at it: all of it is on the chain. */
export interface JudgedTask {
  readonly view: Pick<TaskView, "rules" | "creator">;
  readonly spec: TaskSpec;
  readonly federation: Address;
  /** Of the codes at the federation's addresses. */
  readonly codes: Pick<FederationCodes, "hashes">;
  /** Whose bond is looked at. */
  readonly role: "participant" | "aggregator";
}

/** Why a policy refuses a task. */
export interface PolicyRefusal {
  readonly key: PolicyKey;
  /** A sentence for people, without its full stop. */
  readonly reason: string;
}

type Limit<K extends PolicyKey> = NonNullable<SitePolicy[K]>;
/** What of a task is not within a limit, for people; undefined where all is. */
type Check<K extends PolicyKey> = (limit: Limit<K>, task: JudgedTask) => string | undefined;

const checks: { readonly [K in PolicyKey]: Check<K> } = {
  modes: (modes, { view }) => notAmong("mode", modes, view.rules.mode),
  rules: (rules, { view }) => notAmong("rule", rules, view.rules.rule),
  blobs: (blobs, { spec }) => notAmong("blobs", blobs, spec.blobs ?? "public"),
  maxEpsilon: (most, { spec }) => above("epsilon", most, spec.privacy?.epsilon),
  maxDelta: (most, { spec }) => above("delta", most, spec.privacy?.delta),
  privacyUnits: (units, { spec }) => notAmong("unit of privacy", units, spec.privacy?.unit ?? "nothing"),
  minK: (least, { spec }) => below("k of k-anonymity", least, spec.data.anonymity?.k),
  minUpdates: (least, { view }) => below("least number of updates", least, view.rules.minUpdates),
  maxParameters: (most, { view }) => above("number of parameters", most, view.rules.parameterCount),
  maxRounds: (most, { view }) => above("number of rounds", most, view.rules.rounds),
  maxBondEther: (most, { view: { rules }, role }) =>
    above("bond in ether", most, (role === "participant" ? rules.participantBondGwei : rules.aggregatorBondGwei) / 1e9),
  federations: (allowed, { federation }) => notListed("federation", allowed, federation),
  creators: (allowed, { view }) => notListed("creator", allowed, view.creator),
  codeHashes: (expected, { codes }) => {
    const wrong = Object.entries(expected).filter(([name, hash]) => !hexEquals(hash, codes.hashes[name] ?? ""));
    return wrong.length === 0 ? undefined : `the code of ${wrong.map(([name]) => name).join(", ")} is another`;
  },
};

/** All that a policy has against a task, in the order of its keys; empty where the task is within it. */
export function policyRefusals(policy: SitePolicy, task: JudgedTask): readonly PolicyRefusal[] {
  const keys = Object.keys(checks) as PolicyKey[];
  return keys.flatMap((key) => {
    const reason = refusal(key, policy, task);
    return reason === undefined ? [] : [{ key, reason }];
  });
}

function refusal<K extends PolicyKey>(key: K, policy: SitePolicy, task: JudgedTask): string | undefined {
  const limit = policy[key];
  const check: Check<K> = checks[key];
  return limit === undefined ? undefined : check(limit as Limit<K>, task);
}

function notAmong(what: string, allowed: readonly string[], actual: string): string | undefined {
  return allowed.includes(actual) ? undefined : `its ${what} is ${actual}, not ${allowed.join(" or ")}`;
}

function notListed(what: string, allowed: readonly string[], actual: string): string | undefined {
  return allowed.some((each) => hexEquals(each, actual)) ? undefined : `its ${what} ${actual} is not listed`;
}

/** A task that says nothing is above any limit. */
function above(what: string, most: number, actual: number | undefined): string | undefined {
  if (actual === undefined) return `it has no ${what}`;
  return actual <= most ? undefined : `its ${what} is ${actual}, above ${most}`;
}

/** A task that says nothing is below any limit. */
function below(what: string, least: number, actual: number | undefined): string | undefined {
  if (actual === undefined) return `it has no ${what}`;
  return actual >= least ? undefined : `its ${what} is ${actual}, below ${least}`;
}

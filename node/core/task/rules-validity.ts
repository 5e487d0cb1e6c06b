import { modeOf } from "../modes/mode-of.ts";
import type { TaskRules } from "../records.ts";
import { taskRuleFields } from "./enum-codes.ts";
import { leastBondWei } from "./least-bond.ts";

/** Why a contract refuses rules: the name of its error and, of InvalidRule, the field that is out of its range. */
export type RulesFault =
  | { readonly error: "InvalidRule"; readonly field: keyof TaskRules }
  | { readonly error: "WeightOverflow" | "RoundTooLong" | "InvalidBond" };

const hourS = 3600;
const fourteenDaysS = 14 * 24 * hourS;

/**
 * What is wrong with rules, as the contract says it (contracts/libraries/Rules.sol); undefined where nothing
 * is.
 */
export function rulesFault(rules: TaskRules): RulesFault | undefined {
  const field = taskRuleFields.find((name) => !isInRange(name, rules));
  const window = challengeWindowFault(rules);
  // the window of a task with bonds is looked at behind all other fields
  if (field !== undefined) return { error: "InvalidRule", field };
  if (window) return { error: "InvalidRule", field: "challengeWindowS" };
  return bondFault(rules) ?? weightFault(rules);
}

function within(value: number, most: number): boolean {
  return value >= 1 && value <= most;
}

function isInRange(name: keyof TaskRules, rules: TaskRules): boolean {
  const { minUpdates, maxUpdates, participationBps } = rules;
  const mode = modeOf(rules);
  switch (name) {
    case "rule":
      return mode.showsUpdates || rules.rule === "weighted-mean";
    case "fractionBits":
      return within(rules.fractionBits, 30);
    case "attempts":
      return within(rules.attempts, 16);
    case "parameterCount":
      return within(rules.parameterCount, 2 ** 30);
    case "clipLanes":
      return within(rules.clipLanes, 2 ** 31 - 1);
    case "serverRateQ16":
      return within(rules.serverRateQ16, 2 ** 20);
    case "minUpdates":
      return minUpdates >= mode.fewestUpdates && minUpdates <= maxUpdates;
    case "maxUpdates":
      return maxUpdates <= 64;
    case "participationBps":
      return within(participationBps, 10_000);
    case "trim":
      return (rules.trim !== 0) === (rules.rule === "trimmed-mean") && 2 * rules.trim < minUpdates;
    case "thresholdPercent":
      return (
        rules.thresholdPercent >= mode.thresholdPercent.least && rules.thresholdPercent <= mode.thresholdPercent.most
      );
    case "attestationQuorum":
      return within(rules.attestationQuorum, minUpdates);
    case "maxWeight":
    case "rounds":
    case "commitWindowS":
    case "aggregateWindowS":
    case "attestWindowS":
      return rules[name] !== 0;
    case "keyWindowS":
      return (mode.keys === "none") === (rules.keyWindowS === 0);
    case "drawDelayBlocks":
      if (rules.drawDelayBlocks === 0) return participationBps === 10_000;
      return rules.drawDelayBlocks >= 4 && rules.drawDelayBlocks <= 4096;
    default:
      return true;
  }
}

const hasBonds = ({ aggregatorBondGwei, participantBondGwei }: TaskRules) =>
  aggregatorBondGwei + participantBondGwei > 0;

function challengeWindowFault(rules: TaskRules): boolean {
  const { challengeWindowS } = rules;
  return hasBonds(rules) ? challengeWindowS < hourS || challengeWindowS > fourteenDaysS : challengeWindowS < 60;
}

function bondFault(rules: TaskRules): RulesFault | undefined {
  if (!hasBonds(rules)) return undefined;
  const { keyWindowS, commitWindowS, attempts, aggregateWindowS, attestWindowS } = rules;
  if (keyWindowS + commitWindowS + attempts * (aggregateWindowS + attestWindowS) > fourteenDaysS) {
    return { error: "RoundTooLong" };
  }
  const leastWei = leastBondWei(rules);
  const isTooLow = (gwei: number) => gwei !== 0 && BigInt(gwei) * 10n ** 9n < leastWei;
  return [rules.aggregatorBondGwei, rules.participantBondGwei].some(isTooLow) ? { error: "InvalidBond" } : undefined;
}

function weightFault(rules: TaskRules): RulesFault | undefined {
  const { maxUpdates, maxWeight, clipLanes } = rules;
  const greatest = BigInt(maxUpdates) * BigInt(maxWeight) * BigInt(clipLanes);
  return greatest >= modeOf(rules).sumLimit ? { error: "WeightOverflow" } : undefined;
}

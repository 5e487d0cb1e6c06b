import { leastBondWei } from "../core/least-bond.ts";
import type { TaskRules } from "../core/records.ts";

const maxParameters = 2 ** 30;
const maxWindowS = 2 ** 24 - 1;
const sumLimits = { transparent: 2n ** 52n, masked: 2n ** 31n, encrypted: 2n ** 29n } as const;
const dayS = 24 * 3600;
const gwei = 10n ** 9n;

/** Names of the rules that the contract would not have accepted (contracts/libraries/RulesValidation.sol). */
export function rulesOutOfRange(rules: TaskRules): string[] {
  const { mode, rule, trim, minUpdates, maxUpdates, drawDelayBlocks } = rules;
  const isTransparent = mode === "transparent";
  // a sum of one shows it; of two masked ones each shows its owner the other's
  const fewest = isTransparent ? 1 : mode === "masked" ? 3 : 2;
  const ranges: readonly (readonly [keyof TaskRules, number, number])[] = [
    ["fractionBits", 1, 30],
    ["attempts", 1, 16],
    ["parameterCount", 1, maxParameters],
    ["clipLanes", 1, 0x7fff_ffff],
    ["maxWeight", 1, 0xffff_ffff],
    ["serverRateQ16", 1, 1 << 20],
    ["rounds", 1, 0xffff],
    ["minUpdates", fewest, maxUpdates],
    ["maxUpdates", 1, 64],
    ["participationBps", drawDelayBlocks === 0 ? 10_000 : 1, 10_000],
    ["attestationQuorum", 1, minUpdates],
    ["commitWindowS", 1, maxWindowS],
    ["aggregateWindowS", 1, maxWindowS],
    ["attestWindowS", 1, maxWindowS],
    ["challengeWindowS", 60, maxWindowS],
    ["thresholdPercent", mode === "masked" ? 51 : 0, mode === "masked" ? 100 : 0],
    ["keyWindowS", isTransparent ? 0 : 1, isTransparent ? 0 : maxWindowS],
    ["drawDelayBlocks", drawDelayBlocks === 0 ? 0 : 4, 4096],
  ];
  const wrong: string[] = ranges
    .filter(([name, least, most]) => !(Number(rules[name]) >= least && Number(rules[name]) <= most))
    .map(([name]) => name);
  if (wrong.length > 0) return wrong;
  const sum = BigInt(maxUpdates) * BigInt(rules.maxWeight) * BigInt(rules.clipLanes);
  const trims = (trim !== 0) === (rule === "trimmed-mean") && 2 * trim < minUpdates;
  return [
    ...(isTransparent || rule === "weighted-mean" ? [] : ["rule"]),
    ...(trims ? [] : ["trim"]),
    ...(sum >= sumLimits[mode] ? ["maxUpdates", "maxWeight", "clipLanes"] : []),
    ...bondsOutOfRange(rules),
  ];
}

/** Bonds are 0 or pay a proof, leave an hour to prove in, and are locked for no longer than said (contracts/libraries/LeastBond.sol). */
function bondsOutOfRange(rules: TaskRules): string[] {
  const names = ["aggregatorBondGwei", "participantBondGwei"] as const;
  if (names.every((name) => rules[name] === 0)) return [];
  const least = leastBondWei(rules);
  const { keyWindowS, commitWindowS, attempts, aggregateWindowS, attestWindowS, challengeWindowS } = rules;
  const roundS = keyWindowS + commitWindowS + attempts * (aggregateWindowS + attestWindowS);
  return [
    ...names.filter((name) => rules[name] !== 0 && !(BigInt(rules[name]) * gwei >= least)),
    ...(challengeWindowS >= 3600 && challengeWindowS <= 14 * dayS ? [] : ["challengeWindowS"]),
    ...(roundS <= 14 * dayS ? [] : ["attempts"]),
  ];
}

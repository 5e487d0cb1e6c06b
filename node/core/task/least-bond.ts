import { chunkBytes, treeDepthOf } from "../bytes/chunk-tree.ts";
import { weiOfGwei } from "../bytes/ether.ts";
import { modeOf } from "../modes/mode-of.ts";
import type { ProofKind, TaskRules } from "../records.ts";

// The numbers of contracts/libraries/Rules.sol, which says what they stand for.
const proofBaseGas = 300_000;
const calldataByteGas = 40;
const commitmentBytes = 160;
const signerGas = 9_000 + 32 * calldataByteGas;
const stressGasPriceGwei = 100;
const bondPerProof = 3n;

/** What of a task's rules a bond depends on. */
export type BondRules = Pick<TaskRules, "mode" | "maxUpdates" | "parameterCount">;

/** What a proof of a kind is reckoned to cost under these rules, wei; a wrong chunk is the dearest. */
export function proofWei(rules: BondRules, kind: ProofKind): bigint {
  const { maxUpdates: most, parameterCount } = rules;
  if (kind === "equivocation") return weiOfGwei(stressGasPriceGwei * proofBaseGas);
  if (kind === "invalid-update") {
    return weiOfGwei(stressGasPriceGwei * (proofBaseGas + most * commitmentBytes * calldataByteGas));
  }
  const bytes = commitmentBytes + chunkBytes + 32 * treeDepthOf(parameterCount);
  const { maskGas } = modeOf(rules);
  const perUpdate = bytes * calldataByteGas + signerGas + maskGas.perUpdate;
  const pairs = Math.floor((most * most) / 4);
  return weiOfGwei(stressGasPriceGwei * (proofBaseGas + most * perUpdate + pairs * maskGas.perPair));
}

/** The least bond that a task with these rules may ask for, wei. */
export function leastBondWei(rules: BondRules): bigint {
  return bondPerProof * proofWei(rules, "wrong-chunk");
}

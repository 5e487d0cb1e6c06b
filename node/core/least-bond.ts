import { chunkBytes, treeDepthOf } from "./chunk-tree.ts";
import { weiOfGwei } from "./ether.ts";
import type { TaskRules } from "./records.ts";

// The numbers of contracts/libraries/LeastBond.sol, which says what they stand for.
const proofBaseGas = 300_000;
const calldataByteGas = 40;
const commitmentBytes = 160;
const signerGas = 9_000 + 32 * calldataByteGas;
const advertisementBytes = 192 + 32;
const maskGas = 10_000;
const pairGas = 8_500;
const stressGasPriceGwei = 100;
const bondPerProof = 3n;

/** What of a task's rules a bond depends on. */
export type BondRules = Pick<TaskRules, "mode" | "maxUpdates" | "parameterCount">;

/** What the dearest proof under these rules is reckoned to cost, wei. */
export function proofWei({ mode, maxUpdates: most, parameterCount }: BondRules): bigint {
  const bytes = commitmentBytes + chunkBytes + 32 * treeDepthOf(parameterCount);
  const isMasked = mode === "masked";
  const perUpdate =
    bytes * calldataByteGas + signerGas + (isMasked ? advertisementBytes * calldataByteGas + maskGas : 0);
  const pairs = isMasked ? Math.floor((most * most) / 4) : 0;
  return weiOfGwei(stressGasPriceGwei * (proofBaseGas + most * perUpdate + pairs * pairGas));
}

/** The least bond that a task with these rules may ask for, wei. */
export function leastBondWei(rules: BondRules): bigint {
  return bondPerProof * proofWei(rules);
}

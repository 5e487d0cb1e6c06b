import { chunkBytes, treeDepthOf } from "./chunk-tree.ts";
import { weiOfGwei } from "./ether.ts";
import type { ProofKind, TaskRules } from "./records.ts";

// The numbers of contracts/libraries/Rules.sol, which says what they stand for.
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

/** What a proof of a kind is reckoned to cost under these rules, wei; a wrong chunk is the dearest. */
export function proofWei({ mode, maxUpdates: most, parameterCount }: BondRules, kind: ProofKind): bigint {
  if (kind === "equivocation") return weiOfGwei(stressGasPriceGwei * proofBaseGas);
  if (kind === "invalid-update") {
    return weiOfGwei(stressGasPriceGwei * (proofBaseGas + most * commitmentBytes * calldataByteGas));
  }
  const bytes = commitmentBytes + chunkBytes + 32 * treeDepthOf(parameterCount);
  const isMasked = mode === "masked";
  const perUpdate =
    bytes * calldataByteGas + signerGas + (isMasked ? advertisementBytes * calldataByteGas + maskGas : 0);
  const pairs = isMasked ? Math.floor((most * most) / 4) : 0;
  return weiOfGwei(stressGasPriceGwei * (proofBaseGas + most * perUpdate + pairs * pairGas));
}

/** The least bond that a task with these rules may ask for, wei. */
export function leastBondWei(rules: BondRules): bigint {
  return bondPerProof * proofWei(rules, "wrong-chunk");
}

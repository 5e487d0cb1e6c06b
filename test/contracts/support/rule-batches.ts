import type { BaseContract } from "ethers";
import { AbiCoder } from "ethers";
import { network } from "hardhat";
import { concatBytes, fromHex, toHex } from "../../../node/core/bytes/hex.ts";
import { keccak256 } from "../../../node/core/bytes/keccak.ts";
import type { Hex } from "../../../node/core/ids.ts";
import type { createSeededNumbers } from "./seeded-numbers.ts";

/** The rules on many inputs in one call; see test/contracts/harness/RuleBatches.sol for the form of a case. */
export interface RuleBatches {
  /** Hashes of the results of the cases, in their order. */
  hashesOf(rule: "weightedMeans" | "trimmedMeans", cases: readonly Uint8Array[]): Promise<readonly Hex[]>;
}

const lanesOfChunk = 64;
const int32Min = -(2 ** 31);
const int32Max = 2 ** 31 - 1;
const extremes = [0, 1, -1, int32Min, int32Max, int32Min + 1, 0xff, -256];

/** A chain of its own, with blocks large enough for hundreds of proofs in a call. */
export async function createRuleBatches(): Promise<RuleBatches> {
  const gas = 1_000_000_000_000n;
  const { ethers, provider } = await network.create({
    network: "local",
    override: { blockGasLimit: gas, transactionGasCap: false },
  });
  const batches: BaseContract = await ethers.deployContract("RuleBatches");
  const to = await batches.getAddress();
  const coder = AbiCoder.defaultAbiCoder();
  return {
    async hashesOf(rule, cases) {
      const data = batches.interface.encodeFunctionData(rule, [concatBytes(...cases), cases.length]);
      const answer = await provider.request({
        method: "eth_call",
        params: [{ to, data, gas: `0x${gas.toString(16)}` }, "latest"],
      });
      return [...(coder.decode(["bytes32[]"], answer as string)[0] as Iterable<Hex>)];
    },
  };
}

/** The hash by which a batch tells a result. */
function hashOf(result: Uint8Array): Hex {
  return toHex(keccak256(result));
}

/**
 * Runs cases in batches of about 64 KiB (a call of the simulated chain takes more than twice the time for twice the
 * work); `expected` is compared with the contract's hash, case by case.
 */
export async function compareBatches(
  batches: RuleBatches,
  rule: Parameters<RuleBatches["hashesOf"]>[0],
  count: number,
  nextCase: () => { readonly input: Uint8Array; readonly expected: Uint8Array; readonly name: string },
): Promise<void> {
  const batchBytes = 1 << 16;
  for (let done = 0; done < count; ) {
    const cases: ReturnType<typeof nextCase>[] = [];
    for (let bytes = 0; bytes < batchBytes && done + cases.length < count; bytes += cases.at(-1)!.input.length) {
      cases.push(nextCase());
    }
    const hashes = await batches.hashesOf(
      rule,
      cases.map(({ input }) => input),
    );
    for (const [i, { expected, name, input }] of cases.entries()) {
      if (hashes[i] === hashOf(expected)) continue;
      throw new Error(`case ${done + i} differs: ${name}\n${toHex(input)}`);
    }
    done += cases.length;
  }
}

/** Random and extreme inputs of a rule, repeatable. */
export function createCaseNumbers(numbers: ReturnType<typeof createSeededNumbers>) {
  const lane = (kind: number): number => {
    if (kind === 0) return numbers.pick(extremes);
    if (kind === 1) return numbers.below(2 ** 32) + int32Min;
    return numbers.below(2 ** 12) - 2 ** 11;
  };
  return {
    ...numbers,
    /** 1 to 64 updates, few of them more often; every number occurs. */
    updateCount: (): number =>
      numbers.pick([1, 1, 2, 3, 4, 5, 1 + numbers.below(8), numbers.pick([16, 64, 1 + numbers.below(64)])]),
    /** A server rate in 1/65536: 1 and the ends of its range more often. */
    rate: (): number => numbers.pick([65_536, 65_536, 1, 1 << 20, 1 + numbers.below(1 << 20)]),
    /**
     * A chunk of extremes, of lanes over the whole range, of small ones with many ties, or of one value; a part of it
     * may be padding.
     */
    chunk(): Int32Array {
      const kind = numbers.below(4);
      if (kind === 3) return new Int32Array(lanesOfChunk).fill(numbers.pick(extremes));
      const lanes = Int32Array.from({ length: lanesOfChunk }, () => lane(kind));
      return numbers.below(8) === 0 ? lanes.fill(0, numbers.below(lanesOfChunk)) : lanes;
    },
  };
}

/** Big-endian bytes of numbers. */
export function uint32Bytes(...values: readonly number[]): Uint8Array {
  return fromHex(`0x${values.map((value) => value.toString(16).padStart(8, "0")).join("")}`);
}

import type { BaseContract, ContractMethod } from "ethers";
import { network } from "hardhat";

/** The Solidity libraries as calls. */
export type LibraryHarness = BaseContract &
  Record<
    | "verify"
    | "chunkCount"
    | "weightedMean"
    | "trimmedMean"
    | "gasOfMeans"
    | "drawSize"
    | "slotOf"
    | "slots"
    | "maskChunk"
    | "isMaskKey"
    | "isMaskSecret"
    | "pairSeed"
    | "maskedChunk"
    | "checkRules"
    | "checkChain"
    | "checkMasks"
    | "mixOf"
    | "isOutOfReach"
    | "leastWei"
    | "proofWei",
    ContractMethod
  >;

/** A chain of its own with the libraries' harness on it, an account to send from, and the node. */
export async function createLibraryHarness() {
  const { ethers, networkHelpers } = await network.create("local");
  const harness = (await ethers.deployContract("LibraryHarness")) as unknown as LibraryHarness;
  const sender = (await ethers.getSigners())[0]!;
  return { harness, sender, node: ethers.provider, networkHelpers };
}

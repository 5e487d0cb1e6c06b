import type { BaseContract, ContractMethod } from "ethers";
import { network } from "hardhat";

/** The Solidity libraries as calls. */
export type LibraryHarness = BaseContract &
  Record<"verify" | "chunkCount" | "weightedMean" | "drawSize" | "slotOf" | "slots", ContractMethod>;

/** A chain of its own with the libraries' harness on it. */
export async function createLibraryHarness(): Promise<LibraryHarness> {
  const { ethers } = await network.create("local");
  return (await ethers.deployContract("LibraryHarness")) as unknown as LibraryHarness;
}

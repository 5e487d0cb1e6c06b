import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Interface } from "ethers";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32, Hex } from "../../core/ids.ts";

/** A compiled contract, as Hardhat writes it. */
export interface ContractArtifact {
  readonly _format: string;
  readonly contractName: string;
  readonly sourceName: string;
  readonly abi: readonly object[];
  /** Names the compiler run in artifacts/build-info. */
  readonly buildInfoId?: string;
  readonly bytecode: Hex;
  readonly deployedBytecode: Hex;
  readonly linkReferences: Record<string, never>;
  readonly deployedLinkReferences: Record<string, never>;
  /**
   * Where a constructor writes into the deployed code, by the number of each variable: bytes, zero in
   * `deployedBytecode`.
   */
  readonly immutableReferences: Record<string, { start: number; length: number }[]>;
}

// Where Hardhat puts it, in a clone; the published package has it at the same place.
const artifactPaths = {
  Federation: "artifacts/contracts/Federation.sol/Federation.json",
  Court: "artifacts/contracts/Court.sol/Court.json",
  Proofs: "artifacts/contracts/Proofs.sol/Proofs.json",
} as const;

/** The folder that holds this package's package.json, in a clone and where npm installed it. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (dirname(folder) !== folder) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name === "fedledger") return folder;
    folder = dirname(folder);
  }
  throw new FedledgerError("NOT_BUILT", { path: artifactPaths.Federation });
}

/** The three codes of a federation. */
export type DeployedContract = keyof typeof artifactPaths;

/** Reads a compiled contract. Rejects with NOT_BUILT when the contracts have not been compiled. */
export async function loadContractArtifact(name: DeployedContract): Promise<ContractArtifact> {
  return await loadArtifact(artifactPaths[name]);
}

/**
 * The functions, events and errors of a federation, whose two codes answer at one address, and of the contract of
 * proofs. Rejects with NOT_BUILT.
 */
export async function loadContractInterface(): Promise<Interface> {
  const artifacts = await Promise.all(Object.values(artifactPaths).map(loadArtifact));
  return new Interface(artifacts.flatMap(({ abi }) => abi));
}

async function loadArtifact(path: string): Promise<ContractArtifact> {
  const text = await readFile(join(packageFolder(), path), "utf8").catch((error: unknown) => {
    throw new FedledgerError("NOT_BUILT", { path }, error);
  });
  return JSON.parse(text) as ContractArtifact;
}

/** The topic that logs of an event begin with. Throws INVALID_ARGUMENT for an event that the contract has not. */
export function topicOf(contract: Interface, event: string): Bytes32 {
  const fragment = contract.getEvent(event);
  if (fragment === null) {
    throw new FedledgerError("INVALID_ARGUMENT", { name: "event", value: event, expected: "one of the contract" });
  }
  return fragment.topicHash as Bytes32;
}

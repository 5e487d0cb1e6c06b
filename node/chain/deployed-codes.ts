import { getCreateAddress, id, TypedDataEncoder, toBeHex, zeroPadValue } from "ethers";
import { fromHex, hexEquals, toHex } from "../core/hex.ts";
import type { Address, Hex } from "../core/ids.ts";
import type { Log } from "../ports/index.ts";
import { type ContractArtifact, type DeployedContract, loadContractArtifact } from "./contract-abi.ts";
import { createJsonRpc } from "./json-rpc.ts";

/**
 * Which of a federation's codes are not those that this package was built with, compared byte for byte: the federation's own, its court's, and that
 * of Privacy, which its deployer named. What a constructor has written into a code must be what an honest one writes.
 * Rejects with NOT_BUILT, RPC_UNREACHABLE, CHAIN_MISMATCH.
 */
export async function differingCodes(options: {
  readonly urls: readonly string[];
  readonly federation: Address;
  readonly log: Log;
}): Promise<readonly DeployedContract[]> {
  const { urls, federation, log } = options;
  const rpc = await createJsonRpc({ urls, log });
  const codeAt = (address: string) => rpc.request<Hex>("eth_getCode", [address, "latest"]);
  const court = getCreateAddress({ from: federation, nonce: 1 });
  const domain = { name: "Fedledger", version: "1" };
  const domainHash = TypedDataEncoder.hashDomain({ ...domain, chainId: rpc.chainId, verifyingContract: federation });
  // Their order in the code is the compiler's; in any other one nothing would work, and nobody could gain by it.
  const own = readCode(await loadContractArtifact("Federation"), await codeAt(federation));
  const ownWritten = [
    domainHash,
    toBeHex(rpc.chainId, 32),
    zeroPadValue(federation, 32).toLowerCase(),
    zeroPadValue(court, 32).toLowerCase(),
    ...[domain.name, domain.version].flatMap((text) => [id(text), shortText(text)]),
  ];
  const courts = readCode(await loadContractArtifact("Court"), await codeAt(court));
  const others = courts?.filter((word) => !hexEquals(word, zeroPadValue(court, 32)));
  const privacy = others?.length === 1 ? `0x${others[0]!.slice(26)}` : undefined;
  const privacys = privacy && readCode(await loadContractArtifact("Privacy"), await codeAt(privacy));
  const right: Record<DeployedContract, boolean> = {
    Federation: own !== undefined && own.toSorted().join() === ownWritten.toSorted().join(),
    Court: courts?.length === 2 && privacy !== undefined,
    Privacy: privacys !== undefined,
  };
  return (Object.keys(right) as DeployedContract[]).filter((name) => !right[name]);
}

/** The words that the constructor wrote into a deployed code; undefined where the rest is another code than the artifact's. */
function readCode(artifact: ContractArtifact, deployed: Hex): Hex[] | undefined {
  const actual = fromHex(deployed);
  if (2 * actual.length !== artifact.deployedBytecode.length - 2) return undefined;
  const written: Hex[] = [];
  for (const places of Object.values(artifact.immutableReferences)) {
    const words = places.map(({ start, length }) => toHex(actual.subarray(start, start + length)));
    if (words.some((word) => word !== words[0])) return undefined;
    written.push(words[0]!);
    for (const { start, length } of places) actual.fill(0, start, start + length);
  }
  return hexEquals(toHex(actual), artifact.deployedBytecode) ? written : undefined;
}

/** A text of less than 32 bytes as OpenZeppelin's ShortStrings keeps it: its length in the last byte. */
function shortText(text: string): string {
  const word = new Uint8Array(32);
  word.set(new TextEncoder().encode(text));
  word[31] = text.length;
  return toHex(word);
}

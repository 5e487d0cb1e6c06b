import { getAddress } from "ethers";
import { fromHex, hexEquals, toHex } from "../../core/bytes/hex.ts";
import type { Address, Hex } from "../../core/ids.ts";
import { hashBytes } from "../../core/words/commitment.ts";
import type { FederationCodes } from "../../ports/index.ts";
import { domainName, domainVersion } from "./attestation-digest.ts";
import { type ContractArtifact, type DeployedContract, loadContractArtifact } from "./contract-abi.ts";
import type { FederationConnection } from "./federation-connection.ts";

const contractNames = ["Federation", "Court", "Proofs"] as const satisfies readonly DeployedContract[];

/**
 * Compares a federation's codes with this package's, byte for byte: its own, that of the court that it names, and that
 * of the proofs that count there. What a constructor has written into a code must be what an honest one writes. Rejects
 * with NOT_BUILT, RPC_UNREACHABLE.
 *
 * @param block its number as JSON-RPC writes it; default the newest
 */
export async function readCodes(
  { rpc, contract, federation }: Pick<FederationConnection, "rpc" | "contract" | "federation">,
  block = "latest",
): Promise<FederationCodes & { readonly addresses: Readonly<Record<DeployedContract, Address | undefined>> }> {
  const codeAt = async (address: string | undefined): Promise<Hex> =>
    address === undefined ? "0x" : rpc.request<Hex>("eth_getCode", [address, block]);
  const artifacts = {
    Federation: await loadContractArtifact("Federation"),
    Court: await loadContractArtifact("Court"),
    Proofs: await loadContractArtifact("Proofs"),
  };
  const own = await codeAt(federation);
  const written = readCode(artifacts.Federation, own);
  const others = written && withoutEach(written, writtenByHonest);
  // what is left is the court's address
  const [word, another] = others ?? [];
  const isAddress = word !== undefined && another === undefined && /^0x0{24}/.test(word);
  const court = isAddress ? addressIn(word) : undefined;
  const answer = await rpc.ask("eth_call", [{ to: federation, data: contract.encodeFunctionData("proofs") }, block]);
  const proofs = "result" in answer ? addressIn(answer.result as Hex) : undefined;
  const codes = { Federation: own, Court: await codeAt(court), Proofs: await codeAt(proofs) };
  const isRight: Record<DeployedContract, boolean> = {
    Federation: court !== undefined,
    Court: readCode(artifacts.Court, codes.Court)?.length === 0,
    Proofs: readCode(artifacts.Proofs, codes.Proofs)?.length === 0,
  };
  return {
    differing: contractNames.filter((name) => !isRight[name]),
    hashes: {
      Federation: hashBytes(codes.Federation),
      Court: hashBytes(codes.Court),
      Proofs: hashBytes(codes.Proofs),
    },
    addresses: { Federation: federation, Court: court, Proofs: proofs },
  };
}

/**
 * The words that an honest constructor writes beside the court's address: name and version of the domain, as
 * OpenZeppelin's EIP712 keeps them. Chain and federation are in no code: what is signed is bound to them by each call.
 */
const writtenByHonest: readonly Hex[] = [shortText(domainName), shortText(domainVersion)];

/**
 * The words but these, each taken away once; undefined where one of these is missing. Their order in the code is the
 * compiler's.
 */
function withoutEach(words: readonly Hex[], gone: readonly string[]): readonly Hex[] | undefined {
  const rest = [...words];
  for (const each of gone) {
    const at = rest.findIndex((word) => hexEquals(word, each));
    if (at < 0) return undefined;
    rest.splice(at, 1);
  }
  return rest;
}

/** The account in an answer of one word; undefined where it is none. */
function addressIn(answer: Hex): Address | undefined {
  return /^0x0{24}[0-9a-f]{40}$/i.test(answer) ? (getAddress(`0x${answer.slice(26)}`) as Address) : undefined;
}

/**
 * The words that the constructor wrote into a deployed code; undefined where the rest is another code than the
 * artifact's.
 */
function readCode(artifact: ContractArtifact, deployed: Hex): Hex[] | undefined {
  const actual = fromHex(deployed);
  if (2 * actual.length !== artifact.deployedBytecode.length - 2) return undefined;
  const written: Hex[] = [];
  for (const places of Object.values(artifact.immutableReferences)) {
    const words = places.map(({ start, length }) => toHex(actual.subarray(start, start + length)));
    const [first] = words;
    if (first === undefined || words.some((word) => word !== first)) return undefined;
    written.push(first);
    for (const { start, length } of places) actual.fill(0, start, start + length);
  }
  return hexEquals(toHex(actual), artifact.deployedBytecode) ? written : undefined;
}

/** A text of less than 32 bytes as OpenZeppelin's ShortStrings keeps it: its length in the last byte. */
function shortText(text: string): Hex {
  const word = new Uint8Array(32);
  word.set(new TextEncoder().encode(text));
  word[31] = text.length;
  return toHex(word);
}

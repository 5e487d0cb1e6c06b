import type { Interface } from "ethers";
import { getAddress } from "ethers";
import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32, Hex, TaskId } from "../../core/ids.ts";
import type { ChainReader, Head, Log, StateWitness } from "../../ports/index.ts";
import { readCodes } from "../contracts/deployed-codes.ts";
import { type ProvenBlock, provenBlock, readProof, type Unproven } from "../proving/read-proof.ts";
import { createJsonRpc, type JsonRpc } from "../rpc/json-rpc.ts";
import { toQuantity } from "../rpc/log-ranges.ts";
import { readTask, slotOfRing, slotOfTaskCount, slotsOfTask } from "./storage-layout.ts";

/** Whom to ask, about which federation. */
interface WitnessDeps {
  readonly urls: readonly string[];
  readonly federation: string;
  readonly contract: Interface;
  readonly log: Log;
  readonly requestTimeoutMs?: number;
}

/** About what. */
interface WitnessQuestion {
  readonly taskId: TaskId;
  readonly head: Head;
  readonly places: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** One endpoint by itself, and what it is asked. */
interface Asked {
  readonly rpc: JsonRpc;
  readonly endpoint: string;
  readonly contract: Interface;
  readonly federation: Address;
  readonly question: WitnessQuestion;
}

/** ChainReader.witnesses: the endpoints are asked at the same time, each by a connection of its own. */
export async function readWitnesses(
  deps: WitnessDeps,
  question: WitnessQuestion,
): ReturnType<ChainReader["witnesses"]> {
  const { contract, log, requestTimeoutMs } = deps;
  const federation = getAddress(deps.federation) as Address;
  const witness = async (url: string): Promise<StateWitness> => {
    const { signal } = question;
    const timeout = requestTimeoutMs === undefined ? {} : { requestTimeoutMs };
    const rpc = await createJsonRpc({ urls: [url], log, ...timeout }, signal);
    return await witnessOf({ rpc, endpoint: new URL(url).origin, contract, federation, question });
  };
  const outcomes = await Promise.allSettled([...new Set(deps.urls)].map(witness));
  question.signal?.throwIfAborted();
  const failed: Error[] = [];
  const told: StateWitness[] = [];
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") told.push(outcome.value);
    else if (isFedledgerError(outcome.reason)) failed.push(outcome.reason);
    else throw outcome.reason;
  }
  return { told, failed };
}

async function witnessOf(asked: Asked): Promise<StateWitness> {
  const { rpc, endpoint, federation, contract, question } = asked;
  const { taskId, head, places, signal } = question;
  const slots = [...slotsOfTask(taskId), ...places.map((place) => slotOfRing(taskId, place)), slotOfTaskCount];
  const block = await provenBlock(rpc, endpoint, head.hash, signal);
  const proof =
    "unproven" in block ? block : await readProof(rpc, endpoint, block, { address: federation, slots }, signal);
  const words = "unproven" in proof ? await loadWords(asked, slots) : proof.words;
  const codes = await readCodes({ rpc, contract, federation }, toQuantity(head.number)).catch((error: unknown) => {
    // where the state of the block is gone, so are the codes
    if (!isFedledgerError(error, "RPC_REFUSED")) throw error;
    return undefined;
  });
  const told = words && {
    stored: readTask(words),
    ringWords: words.slice(slotsOfTask(taskId).length, -1),
  };
  const common = { endpoint, ...told, ...(codes && { codes: { differing: codes.differing, hashes: codes.hashes } }) };
  if ("unproven" in proof) return { ...common, unproven: proof.unproven };
  if (codes === undefined || "unproven" in block) return { ...common, unproven: "it does not say the codes" };
  const fault = await codesFault(asked, block, codes, proof);
  return fault === undefined ? common : { ...common, unproven: fault.unproven };
}

/** Whether the codes are those of the hashes that the state root proves, at the addresses that it proves. */
async function codesFault(
  { rpc, endpoint, question }: Asked,
  block: ProvenBlock,
  { addresses, hashes }: Awaited<ReturnType<typeof readCodes>>,
  proof: { readonly codeHash: Bytes32; readonly words: readonly Bytes32[] },
): Promise<Unproven | undefined> {
  const unlike = (name: string) => {
    const reason = `the code of ${name} that it gives is not the one that block ${block.hash} proves`;
    return new FedledgerError("RPC_WRONG_ANSWER", { url: endpoint, reason });
  };
  if (!hexEquals(proof.codeHash, hashes.Federation ?? "")) throw unlike("Federation");
  // the proofs' address is in the word of the number of tasks, its lowest 160 bits
  const proofsAddress = proof.words.at(-1)?.slice(-40);
  if (!hexEquals(`0x${proofsAddress}`, addresses.Proofs ?? "")) throw unlike("Proofs");
  for (const name of ["Court", "Proofs"] as const) {
    const address = addresses[name];
    if (address === undefined) continue;
    const account = await readProof(rpc, endpoint, block, { address, slots: [] }, question.signal);
    if ("unproven" in account) return account;
    if (!hexEquals(account.codeHash, hashes[name] ?? "")) throw unlike(name);
  }
  return undefined;
}

/** The words by the endpoint's word alone; undefined where it keeps no state of the block. */
async function loadWords(
  { rpc, contract, federation, question: { head, signal } }: Asked,
  slots: readonly Bytes32[],
): Promise<readonly Bytes32[] | undefined> {
  const data = contract.encodeFunctionData("extsload", [slots]);
  const answer = await rpc.ask("eth_call", [{ to: federation, data }, toQuantity(head.number)], signal);
  if ("error" in answer || answer.result === "0x") return undefined;
  const [words] = contract.decodeFunctionResult("extsload", answer.result as Hex);
  return [...(words as Iterable<Bytes32>)];
}

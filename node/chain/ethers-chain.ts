import { getAddress } from "ethers";
import { isFedledgerError } from "../core/errors/error.ts";
import type { Address, Hex } from "../core/ids.ts";
import type { Chain, ChainCall } from "../ports/index.ts";
import type { Signer } from "./accounts/signer.ts";
import { attestationDomain, attestationTypes } from "./contracts/attestation-digest.ts";
import { encodeCall, weiSentBy } from "./contracts/contract-calls.ts";
import { connectFederation, type FederationConnection } from "./contracts/federation-connection.ts";
import { isProofCall } from "./contracts/proof-arguments.ts";
import { typedRecord } from "./contracts/signed-records.ts";
import { type ChainReaderOptions, chainReaderOver } from "./reading/chain-reader.ts";
import { decodeTaskEvent } from "./reading/events.ts";
import { readHeader } from "./rpc/block-header.ts";
import type { JsonRpc } from "./rpc/json-rpc.ts";
import type { RawReceipt, SenderOptions } from "./sending/pending-transaction.ts";
import { createTransactionSender } from "./sending/transaction-sender.ts";

/** How to read and write a federation's record. */
export type ChainOptions = ChainReaderOptions &
  Pick<SenderOptions, "replaceAfterMs" | "giveUpAfterMs"> & {
    readonly signer: Signer;
  };

/** How often a task that draws is sent again: the header that it gives must be that of the block before its own. */
const creationTries = 5;

/** Reads and writes a federation's record as the signer's account. Rejects like createChainReader. */
export async function createChain(options: ChainOptions): Promise<Chain> {
  const connection = await connectFederation(options);
  const { rpc, contract, federation, polling } = connection;
  const { signer, clock, log, replaceAfterMs, giveUpAfterMs } = options;
  const account = getAddress(signer.address) as Address;
  const domain = attestationDomain(rpc.chainId, federation);
  const sender = createTransactionSender(
    { rpc, contract, signer, clock, log },
    {
      pollIntervalMs: polling.pauseMs,
      ...(replaceAfterMs && { replaceAfterMs }),
      ...(giveUpAfterMs && { giveUpAfterMs }),
    },
  );
  const proofs = createProofsLookup(connection);

  async function sendOnce(call: ChainCall, signal?: AbortSignal): Promise<RawReceipt> {
    const header = await headerFor(rpc, call, signal);
    const to = isProofCall(call) ? await proofs() : federation;
    const data = encodeCall(contract, call, { federation, header });
    const value = weiSentBy(call);
    return sender.send({ name: call.kind, to, data, ...(value > 0n && { value }) }, signal);
  }

  async function sendCall(call: ChainCall, signal?: AbortSignal): Promise<RawReceipt> {
    for (let tries = 1; ; tries++) {
      try {
        return await sendOnce(call, signal);
      } catch (error) {
        const wasLate = isFedledgerError(error, "TRANSACTION_REVERTED") && error.data.error === "WrongHeader";
        if (call.kind !== "createTask" || !wasLate || tries === creationTries) throw error;
        log.debug("A block came in between, creating the task again", { tries });
      }
    }
  }

  return {
    ...chainReaderOver(connection, options),
    account,
    async send(call, { signal } = {}) {
      const receipt = await sendCall(call, signal);
      const events = receipt.logs.map((entry) => decodeTaskEvent(contract, entry));
      const created = events.find((event) => event?.name === "TaskCreated");
      return {
        transactionHash: receipt.transactionHash,
        blockNumber: Number(receipt.blockNumber),
        gasUsed: Number(receipt.gasUsed),
        ...(created && { taskId: created.taskId }),
      };
    },
    async signAttestation(taskId, round, proposalHash) {
      return (await signer.signTypedData(domain, attestationTypes, { taskId, round, proposalHash })) as Hex;
    },
    async signRecord(record) {
      const { types, value } = typedRecord(record);
      return (await signer.signTypedData(domain, types, value)) as Hex;
    },
  };
}

/**
 * RLP of the header that a call has to give: of the block that draws, or of the newest one, which the creation's block
 * is to follow.
 */
async function headerFor(rpc: JsonRpc, call: ChainCall, signal?: AbortSignal): Promise<Hex> {
  if (call.kind === "drawRound") return readHeader(rpc, call.drawBlock, signal);
  if (call.kind === "createTask" && call.rules.drawDelayBlocks > 0) return readHeader(rpc, "latest", signal);
  return "0x";
}

/** The contract whose proofs count: asked once, as it never changes. */
function createProofsLookup({ rpc, contract, federation }: FederationConnection): () => Promise<Address> {
  let known: Address | undefined;
  return async () => {
    if (known !== undefined) return known;
    const data = contract.encodeFunctionData("proofs");
    const answer = await rpc.request<Hex>("eth_call", [{ to: federation, data }, "latest"]);
    known = getAddress(contract.decodeFunctionResult("proofs", answer)[0]) as Address;
    return known;
  };
}

import { getAddress } from "ethers";
import type { Address, Hex } from "../core/ids.ts";
import type { Chain } from "../ports/index.ts";
import { attestationDomain, attestationTypes, attestationValue } from "./attestation-digest.ts";
import { type ChainReaderOptions, chainReaderOver, connectFederation } from "./chain-reader.ts";
import { encodeCall, weiSentBy } from "./contract-calls.ts";
import { decodeTaskEvent } from "./events.ts";
import type { SenderOptions } from "./pending-transaction.ts";
import { typedRecord } from "./signed-records.ts";
import type { Signer } from "./signer.ts";
import { createTransactionSender } from "./transaction-sender.ts";

/** How to read and write a federation's record. */
export type ChainOptions = ChainReaderOptions &
  Pick<SenderOptions, "replaceAfterMs" | "giveUpAfterMs"> & {
    readonly signer: Signer;
  };

/** Reads and writes a federation's record as the signer's account. Rejects like createChainReader. */
export async function createChain(options: ChainOptions): Promise<Chain> {
  const connection = await connectFederation(options);
  const { rpc, contract, federation, pollIntervalMs } = connection;
  const { signer, clock, log, replaceAfterMs, giveUpAfterMs } = options;
  const account = getAddress(signer.address) as Address;
  const domain = attestationDomain(rpc.chainId, federation);
  const sender = createTransactionSender(
    { rpc, contract, signer, clock, log },
    { pollIntervalMs, ...(replaceAfterMs && { replaceAfterMs }), ...(giveUpAfterMs && { giveUpAfterMs }) },
  );
  return {
    ...chainReaderOver(connection, options),
    account,
    async send(call, { signal } = {}) {
      const data = encodeCall(contract, call);
      const value = weiSentBy(call);
      const request = { name: call.kind, to: federation, data, ...(value > 0n && { value }) };
      const receipt = await sender.send(request, signal);
      const events = receipt.logs.map((entry) => decodeTaskEvent(contract, entry));
      const created = events.find((event) => event?.name === "TaskCreated");
      return {
        transactionHash: receipt.transactionHash,
        blockNumber: Number(receipt.blockNumber),
        gasUsed: Number(receipt.gasUsed),
        ...(created && { taskId: created.taskId }),
      };
    },
    async signAttestation(taskId, round, proposalHash, evaluation) {
      const value = attestationValue(taskId, round, proposalHash, evaluation);
      return (await signer.signTypedData(domain, attestationTypes, value)) as Hex;
    },
    async signRecord(record) {
      const { types, value } = typedRecord(record);
      return (await signer.signTypedData(domain, types, value)) as Hex;
    },
  };
}

import { loadContractInterface } from "../../node/chain/contract-abi.ts";
import type { FederationFixture } from "../support/federation-fixture.ts";

interface RawTransaction {
  readonly hash: string;
  readonly to: string | null;
  readonly input: string;
}

/** Names of the challenges, "function in transaction", that were mined and failed, from the whole chain. */
export async function failedChallenges({ chain, federation }: FederationFixture): Promise<readonly string[]> {
  const contract = await loadContractInterface();
  const newest = Number(await chain.request("eth_blockNumber"));
  const failed: string[] = [];
  for (let number = 1; number <= newest; number++) {
    const block = (await chain.request("eth_getBlockByNumber", [`0x${number.toString(16)}`, true])) as {
      readonly transactions: readonly RawTransaction[];
    };
    for (const { hash, to, input } of block.transactions) {
      const name = contract.getFunction(input.slice(0, 10))?.name ?? "";
      if (to?.toLowerCase() !== federation.toLowerCase() || !name.startsWith("challenge")) continue;
      const receipt = (await chain.request("eth_getTransactionReceipt", [hash])) as { readonly status: string };
      if (BigInt(receipt.status) === 0n) failed.push(`${name} in ${hash}`);
    }
  }
  return failed;
}

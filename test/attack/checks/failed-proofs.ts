import { loadContractInterface } from "../../../node/chain/contracts/contract-abi.ts";
import type { TaskEvent } from "../../../node/core/record/task-events.ts";
import type { FederationFixture } from "../../support/federation-fixture.ts";

interface RawTransaction {
  readonly hash: string;
  readonly from: string;
  readonly to: string | null;
  readonly input: string;
}

/** Proofs that were mined and failed, "function in transaction". */
export interface FailedProofs {
  /** They proved nothing. */
  readonly wrong: readonly string[];
  /** The same call would have won in the block before another one did. */
  readonly late: readonly string[];
}

const decided: ReadonlySet<string> = new Set(["Struck", "MemberExpelled"]);

/** Looks for failed proofs in the whole chain, and tells those that came second from false alarms. */
export async function failedProofs({ chain }: FederationFixture, history: readonly TaskEvent[]): Promise<FailedProofs> {
  const contract = await loadContractInterface();
  const newest = Number(await chain.request("eth_blockNumber"));
  const wrong: string[] = [];
  const late: string[] = [];
  for (let number = 1; number <= newest; number++) {
    const block = (await chain.request("eth_getBlockByNumber", [toHex(number), true])) as {
      readonly transactions: readonly RawTransaction[];
    };
    for (const { hash, from, to, input } of block.transactions) {
      const name = contract.getFunction(input.slice(0, 10))?.name ?? "";
      if (to === null || !/^prove[A-Z]/.test(name)) continue;
      const receipt = (await chain.request("eth_getTransactionReceipt", [hash])) as { readonly status: string };
      if (BigInt(receipt.status) === 1n) continue;
      const won = history.findLast((event) => decided.has(event.name) && event.blockNumber <= number);
      const call = [{ from, to, data: input }, toHex((won?.blockNumber ?? number) - 1)];
      const holds = await chain.request("eth_call", call).then(
        () => true,
        () => false,
      );
      (holds && won !== undefined ? late : wrong).push(`${name} in ${hash}`);
    }
  }
  return { wrong, late };
}

function toHex(number: number): string {
  return `0x${number.toString(16)}`;
}

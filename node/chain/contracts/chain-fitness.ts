import { concat, toBeHex } from "ethers";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Hex } from "../../core/ids.ts";
import type { JsonRpc } from "../rpc/json-rpc.ts";

/**
 * Most gas that a transaction of a federation takes: a proof over the largest round. It is the most that a transaction
 * may have since Osaka (EIP-7825).
 */
const neededGas = 1 << 24;

/** What the codes are compiled for, oldest first: programs that return 1 where the chain has the instruction. */
const instructions: readonly (readonly [string, Hex])[] = [
  ["PUSH0 (EIP-3855, Shanghai)", "0x60015f5260205ff3"],
  ["MCOPY (EIP-5656, Cancun)", "0x5f5f5f5e60015f5260205ff3"],
];

/** What some tasks need, and others do not. */
interface Precompile {
  readonly name: string;
  readonly address: Address;
  readonly input: string;
  readonly answerBytes: number;
}

/** The precompiles of masked tasks, with questions that they answer. The contract asks again (Rules.sol). */
const precompiles: readonly Precompile[] = [
  {
    name: "BLAKE2F (EIP-152, at 0x09)",
    address: "0x0000000000000000000000000000000000000009",
    input: concat([toBeHex(12, 4), `0x${"00".repeat(208)}`, "0x01"]),
    answerBytes: 64,
  },
  {
    name: "MODEXP (EIP-198, at 0x05)",
    address: "0x0000000000000000000000000000000000000005",
    input: concat([toBeHex(1, 32), toBeHex(1, 32), toBeHex(1, 32), "0x030205"]),
    answerBytes: 1,
  },
];

/**
 * Resolves when a federation can run on a chain: asked by simulations, before anything is paid. What only some tasks
 * need and the chain has not comes back in words. Rejects with CHAIN_UNSUITABLE, RPC_UNREACHABLE.
 *
 * @param account who is to deploy
 */
export async function requireFitChain(rpc: JsonRpc, account: Address): Promise<readonly string[]> {
  for (const [name, program] of instructions) {
    const answer = await rpc.ask("eth_call", [{ from: account, data: program }, "latest"]);
    if ("result" in answer && BigInt(answer.result as Hex) === 1n) continue;
    const reason = `it has not the instruction ${name}${"error" in answer ? ` (${answer.error.message})` : ""}`;
    throw unfit(rpc, reason, "Choose a chain with the rules of Cancun or later, or have this one's fork raised");
  }
  await requireGas(rpc, account);
  const lacking = await Promise.all(precompiles.map((precompile) => lacks(rpc, precompile)));
  return precompiles.flatMap(({ name }, i) => (lacking[i] ? [`${name}: masked tasks cannot be created`] : []));
}

/** Refuses a chain that takes no transaction as large as a proof may be, by its blocks or by a limit of its own. */
async function requireGas(rpc: JsonRpc, account: Address): Promise<void> {
  const { gasLimit } = await rpc.request<{ gasLimit: Hex }>("eth_getBlockByNumber", ["latest", false]);
  const needed = neededGas.toLocaleString("en");
  if (Number(gasLimit) < neededGas) {
    const reason = `its blocks take ${Number(gasLimit).toLocaleString("en")} gas, and a proof may need ${needed}`;
    throw unfit(rpc, reason, "Choose a chain with larger blocks, or have this one's block gas limit raised");
  }
  const answer = await rpc.ask("eth_estimateGas", [{ from: account, data: burning }, "latest"]);
  if ("result" in answer) return;
  const reason = `it takes no transaction of ${needed} gas, which a proof may need (${answer.error.message})`;
  throw unfit(rpc, reason, "Choose a chain without a lower limit a transaction (EIP-7825), or raise the endpoint's");
}

/**
 * A program that writes a word behind 90,869 others, for which 16.4 million gas is taken (3 a word and its square by
 * 512, Yellow Paper, appendix H), in one step.
 */
const burning = concat(["0x5f62", toBeHex(32 * 90_869, 3), "0x5200"]);

async function lacks(rpc: JsonRpc, { address, input, answerBytes }: Precompile): Promise<boolean> {
  const answer = await rpc.ask("eth_call", [{ to: address, data: input }, "latest"]);
  return "error" in answer || (answer.result as Hex).length !== 2 + 2 * answerBytes;
}

function unfit({ chainId }: JsonRpc, reason: string, next: string): FedledgerError {
  return new FedledgerError("CHAIN_UNSUITABLE", { chainId, reason, next });
}

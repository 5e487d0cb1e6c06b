import { getBytes, hexlify, type Interface } from "ethers";
import { toHex } from "../core/hex.ts";
import type { Address, Hex } from "../core/ids.ts";
import type { GivenWord } from "../core/records.ts";
import type { TaskEvent } from "../core/task-events.ts";
import type { JsonRpc } from "./json-rpc.ts";

type ProposedEvent = Extract<TaskEvent, { name: "Proposed" }>;

/**
 * The events with the words on availability that proposals came with, in a task with holders: from the transactions' inputs, one
 * request for each proposal. A proposal that another contract passed on keeps none, as its input says something else.
 * Rejects with RPC_UNREACHABLE.
 */
export async function withProposalWords(
  { rpc, contract, federation }: { readonly rpc: JsonRpc; readonly contract: Interface; readonly federation: Address },
  events: readonly TaskEvent[],
  signal?: AbortSignal,
): Promise<readonly TaskEvent[]> {
  const created = events.find((event) => event.name === "TaskCreated");
  if (!created || created.rules.holders === 0) return events;
  const filled: TaskEvent[] = [];
  for (const event of events) {
    if (event.name !== "Proposed") {
      filled.push(event);
      continue;
    }
    const transaction = await rpc.request<{ to: string | null; input: Hex } | null>(
      "eth_getTransactionByHash",
      [event.transactionHash],
      signal,
    );
    const isOurs = transaction?.to?.toLowerCase() === federation.toLowerCase();
    const words = isOurs ? wordsIn(contract, event, transaction!.input) : undefined;
    filled.push(words ? { ...event, words } : event);
  }
  return filled;
}

/** The words of a call of propose or proposeOpened that made this event; undefined for another call. */
function wordsIn(contract: Interface, event: ProposedEvent, input: Hex): readonly GivenWord[] | undefined {
  const proposals = ["propose", "proposeOpened"].map((name) => contract.getFunction(name));
  const propose = proposals.find((each) => each && input.startsWith(each.selector));
  if (!propose) return undefined;
  try {
    const [taskId, round, , words] = contract.decodeFunctionData(propose, input);
    if (Number(taskId) !== event.taskId || Number(round) !== event.round) return undefined;
    return (words as { slots: bigint; r: string; vs: string }[]).map(({ slots, r, vs }) => ({
      slots: BigInt(slots),
      signature: whole(r, vs),
    }));
  } catch {
    // not the encoding of such a call
    return undefined;
  }
}

/** A signature of 65 bytes of its compact form (EIP-2098); one that is none is kept, for the audit to refuse. */
function whole(r: string, vs: string): Hex {
  const last = getBytes(vs);
  const v = 27 + (last[0]! >> 7);
  last[0]! &= 0x7f;
  return hexlify(getBytes(`${r}${toHex(last).slice(2)}${v.toString(16)}`)) as Hex;
}

import type { Chain, ChainCall, Receipt } from "../../ports/chain.ts";
import { isListed, type OwnContact } from "../state/contact.ts";

type Registration = Extract<ChainCall, { kind: "register" }>;

/**
 * A chain by which the tasks of a node register it once. Each of them sees that the registry does not show the node
 * yet, and sends: the first transaction is the others', too, until the chain shows another contact in its place.
 */
export function withOneRegistration(chain: Chain): Chain {
  let turn: Promise<unknown> = Promise.resolve();
  let last: { readonly call: Registration; readonly receipt: Receipt } | undefined;

  /** The transaction that registered this contact, where it may still come to count, or counts. */
  async function standing(call: Registration): Promise<Receipt | undefined> {
    if (last === undefined || !isSame(last.call, call)) return undefined;
    const { number } = await chain.head();
    if (number < last.receipt.blockNumber) return last.receipt;
    return isListed(chain.account, call, await chain.members()) ? last.receipt : undefined;
  }

  async function register(call: Registration, options?: { signal?: AbortSignal }): Promise<Receipt> {
    options?.signal?.throwIfAborted();
    const known = await standing(call);
    if (known !== undefined) return known;
    const receipt = await chain.send(call, options);
    last = { call, receipt };
    return receipt;
  }

  return {
    ...chain,
    send(call, options) {
      if (call.kind !== "register") return chain.send(call, options);
      const done = turn.then(() => register(call, options));
      turn = done.catch(() => undefined);
      return done;
    },
  };
}

function isSame(one: OwnContact, other: OwnContact): boolean {
  const textOf = ({ peerId, encryptionKey, multiaddrs, grant }: OwnContact) =>
    JSON.stringify([peerId, encryptionKey.toLowerCase(), multiaddrs, grant?.toLowerCase()]);
  return textOf(one) === textOf(other);
}

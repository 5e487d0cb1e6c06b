import { FedledgerError } from "../../core/errors/error.ts";
import { answeringAddress } from "../../p2p/index.ts";
import type { BlobStore, Chain } from "../../ports/index.ts";
import { contactShown } from "../../rounds/state/contact.ts";
import { createRandom } from "../../system/index.ts";

// What a node finds out before it pays for anything.

/**
 * Rejects with ACCOUNT_ELSEWHERE where a node of the account answers at the addresses that the registry has: the two
 * would take each other's place there.
 */
export async function requireAlone(chain: Chain): Promise<void> {
  const { account } = chain;
  const contact = contactShown(account, await chain.members());
  const addresses = contact && (await answeringAddress(contact.peerId, contact.multiaddrs));
  if (addresses !== undefined) throw new FedledgerError("ACCOUNT_ELSEWHERE", { account, addresses });
}

/** Has a store keep something and give it back. Rejects as stores do. */
export async function tryStore(store: BlobStore): Promise<void> {
  const bytes = createRandom().bytes(64);
  const contentId = await store.put(bytes);
  await store.get(contentId, { lengthBytes: bytes.length });
  await store.remove(contentId, bytes.length);
}

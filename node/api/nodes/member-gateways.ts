import { isFedledgerError } from "../../core/errors/error.ts";
import type { BlobStore, ChainReader, Log } from "../../ports/index.ts";
import { createGatewayStore, gatewayUrls } from "../../storage/index.ts";

/**
 * The store of somebody who need not be a member, whom no member admits: a blob comes from this store, else from the
 * HTTP gateways that members have registered, else as this store gets it; it is kept here. Which gateways there are is
 * read at each need.
 */
export function withMemberGateways<Store extends BlobStore>(
  store: Store,
  chain: Pick<ChainReader, "members">,
  log: Log,
): Store {
  return {
    ...store,
    async get(contentId, options) {
      if (await store.has(contentId, options.lengthBytes)) return await store.get(contentId, options);
      const urls = gatewayUrls((await chain.members()).flatMap(({ contact }) => contact?.multiaddrs ?? []));
      if (urls.length === 0) return await store.get(contentId, options);
      try {
        const bytes = await createGatewayStore(urls).get(contentId, options);
        await store.put(bytes, options.signal ? { signal: options.signal } : {});
        return bytes;
      } catch (error) {
        options.signal?.throwIfAborted();
        const elsewhere = isFedledgerError(error, "BLOB_NOT_FOUND") || isFedledgerError(error, "BLOB_CORRUPT");
        if (!elsewhere) throw error;
        log.debug("No gateway gave the blob", { contentId, code: error.code });
        return await store.get(contentId, options);
      }
    },
  };
}

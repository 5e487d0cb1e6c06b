import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { BlobStore, ChainReader, Log } from "../../ports/index.ts";
import { createContentSource, gatewayUrls } from "../../storage/index.ts";

/**
 * Where somebody outside gets blobs: the sources named, or every HTTP gateway that the registry lists.
 * Rejects with INVALID_CONFIG when there is neither.
 */
export async function openContent(
  chain: ChainReader,
  named: readonly string[] | undefined,
): Promise<Pick<BlobStore, "get">> {
  const sources = named ?? gatewayUrls((await chain.members()).flatMap(({ contact }) => contact?.multiaddrs ?? []));
  if (sources.length > 0) return createContentSource(sources.join(","));
  throw new FedledgerError("INVALID_CONFIG", {
    name: "--content",
    reason: "no member has registered a gateway: name a source of blobs",
  });
}

/** The same for an audit: where no source is known every blob is missing, and so counts as unchecked. */
export async function openContentForAudit(
  chain: ChainReader,
  named: readonly string[] | undefined,
  log: Log,
): Promise<Pick<BlobStore, "get">> {
  return openContent(chain, named).catch((error: unknown) => {
    if (named !== undefined || !isFedledgerError(error, "INVALID_CONFIG")) throw error;
    log.warn("No member has registered a gateway: no blob can be checked");
    return {
      get: async (contentId) => {
        throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 0 });
      },
    };
  });
}

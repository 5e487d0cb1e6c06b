import { FedledgerError } from "../../core/errors/error.ts";
import type { BlobStore } from "../../ports/index.ts";
import { createContentSource } from "../../storage/content-source.ts";
import { gatewayUrls } from "../../storage/gateway/gateway-url.ts";
import type { EndpointOptions } from "../record/open-federation.ts";
import { logOf } from "../record/open-federation.ts";
import type { TaskReader } from "../record/open-record.ts";

/** Where blobs come from. Whatever it gives has been checked against the hash that it was asked for. */
export type Content = Pick<BlobStore, "get">;

/** Where to look for blobs. */
export interface ContentOptions extends Pick<EndpointOptions, "log"> {
  /**
   * `http://…` or `https://…` a trustless IPFS gateway, `kubo:http://…` a Kubo daemon's RPC, `dir:PATH` the folder of a
   * store; asked in turn. Default: the gateways that members of the record's federation have registered.
   */
  readonly sources?: readonly string[] | undefined;
  /** Whose members' gateways are looked up where no source is named. */
  readonly record?: Pick<TaskReader, "chain"> | undefined;
  /**
   * What to do where there is no source at all: reject, or give a content without blobs, by which an audit calls every
   * round unchecked. Default "reject".
   */
  readonly ifNone?: "reject" | "empty" | undefined;
}

/**
 * Where somebody outside of a federation gets its blobs. Rejects with INVALID_CONFIG for a source that is none, and
 * where there is none; FILE_NOT_FOUND for a folder, RPC_UNREACHABLE.
 */
export async function openContent(options: ContentOptions): Promise<Content> {
  const { record, ifNone = "reject" } = options;
  const members = options.sources === undefined ? ((await record?.chain.members()) ?? []) : [];
  const sources = options.sources ?? gatewayUrls(members.flatMap(({ contact }) => contact?.multiaddrs ?? []));
  if (sources.length > 0) return createContentSource(sources.join(","));
  if (ifNone === "empty" && options.sources === undefined) {
    logOf(options).warn("No member has registered a gateway: no blob can be checked");
    return empty;
  }
  throw new FedledgerError("INVALID_CONFIG", {
    name: "--content",
    reason: "no member has registered a gateway: name a source of blobs",
  });
}

const empty: Content = {
  get: async (contentId) => {
    throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 0 });
  },
};

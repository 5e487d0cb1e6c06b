import { FedledgerError } from "../core/errors/error.ts";
import type { BlobStore } from "../ports/index.ts";
import { createDirectoryStore } from "./directory-store.ts";
import { createGatewayStore } from "./gateway/gateway-store.ts";
import { createKuboStore } from "./kubo/kubo-store.ts";
import { createLayeredStore } from "./layered-store.ts";

/**
 * The store that a text names: `http://…` or `https://…` a trustless gateway, `kubo:http://…` a Kubo daemon's RPC,
 * `dir:PATH` the directory of a Helia store; several, separated by commas, are asked in turn.
 * Rejects with INVALID_CONFIG, FILE_NOT_FOUND.
 */
export async function createContentSource(text: string): Promise<BlobStore> {
  const parts = text.split(",").map((part) => part.trim());
  const urls = parts.filter(isGateway);
  // gateways are one store, which remembers the one that answers
  const kept = parts.filter((part) => !isGateway(part) || part === urls[0]);
  const [first, ...others] = await Promise.all(
    kept.map((part) => (isGateway(part) ? createGatewayStore(urls) : single(part))),
  );
  return others.length === 0 ? (first as BlobStore) : createLayeredStore([first as BlobStore, ...others]);
}

const isGateway = (text: string) => /^https?:\/\//.test(text);

async function single(text: string): Promise<BlobStore> {
  if (text.startsWith("kubo:")) return createKuboStore({ url: text.slice("kubo:".length) });
  if (text.startsWith("dir:") && text.length > "dir:".length) return createDirectoryStore(text.slice("dir:".length));
  const reason = `${text || "an empty text"} is not http(s)://…, kubo:http(s)://… or dir:PATH`;
  throw new FedledgerError("INVALID_CONFIG", { name: "content source", reason });
}

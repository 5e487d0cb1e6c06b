import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { unixfs } from "@helia/unixfs";
import { MemoryBlockstore } from "blockstore-core";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { balanced } from "ipfs-unixfs-importer/layout";
import { CID } from "multiformats/cid";

/** A Kubo daemon's RPC as far as the store uses it. */
export interface KuboShim {
  readonly url: string;
  /** Bytes that `cat` gives instead of the right ones, by CID. */
  readonly lies: Map<string, Uint8Array>;
  /** Chunk size it uses whatever it is asked for; undefined = as asked. */
  stubbornChunkBytes?: number | undefined;
  stop(): Promise<void>;
}

/**
 * A server that speaks the subset of /api/v0 (POST only) which the store calls, with Kubo's own defaults for what is
 * not asked for: chunks of 256 KiB, 174 links a node. With `authorization`, other requests get 403, as from Kubo.
 */
export async function startKuboShim(options: { readonly authorization?: string } = {}): Promise<KuboShim> {
  const blockstore = new MemoryBlockstore();
  const fs = unixfs({ blockstore });
  const pins = new Set<string>();
  const lies = new Map<string, Uint8Array>();
  const shim: { stubbornChunkBytes?: number | undefined } = {};

  const commands: Record<
    string,
    (query: URLSearchParams, request: IncomingMessage, response: ServerResponse) => unknown
  > = {
    async add(query, request, response) {
      const body = Readable.toWeb(request) as ReadableStream<Uint8Array>;
      const headers = { "content-type": request.headers["content-type"] as string };
      const form = await new Response(body as BodyInit, { headers }).formData();
      const chunkBytes = shim.stubbornChunkBytes ?? Number(query.get("chunker")?.replace("size-", "") ?? 256 * 1024);
      for (const file of form.values()) {
        const bytes = new Uint8Array(await (file as File).arrayBuffer());
        const cid = await fs.addBytes(bytes, {
          cidVersion: query.get("cid-version") === "1" ? 1 : 0,
          rawLeaves: query.get("raw-leaves") === "true",
          chunker: fixedSize({ chunkSize: chunkBytes }),
          layout: balanced({ maxChildrenPerNode: Number(query.get("max-file-links") ?? 174) }),
          reduceSingleLeafToSelf: true,
        });
        if (query.get("pin") !== "false") pins.add(cid.toString());
        response.write(`${JSON.stringify({ Name: cid.toString(), Hash: cid.toString(), Size: `${bytes.length}` })}\n`);
      }
    },
    async cat(query, _request, response) {
      const cid = CID.parse(query.get("arg") as string);
      const lie = lies.get(cid.toString());
      if (lie) return response.write(lie);
      if (!(await blockstore.has(cid)))
        throw new Error(`block was not found locally (offline): ipld: could not find ${cid}`);
      for await (const part of fs.cat(cid)) response.write(part);
    },
    "pin/add"(query, _request, response) {
      pins.add(query.get("arg") as string);
      response.write(`${JSON.stringify({ Pins: [query.get("arg")] })}\n`);
    },
    "pin/rm"(query, _request, response) {
      if (!pins.delete(query.get("arg") as string)) throw new Error("not pinned or pinned indirectly");
      response.write(`${JSON.stringify({ Pins: [query.get("arg")] })}\n`);
    },
    "pin/ls"(query, _request, response) {
      const cid = query.get("arg") as string;
      if (!pins.has(cid)) throw new Error(`path '${cid}' is not pinned`);
      response.write(`${JSON.stringify({ Cid: cid, Type: "recursive" })}\n`);
    },
  };

  const server = createServer(async (request, response) => {
    const url = new URL(request.url as string, "http://kubo");
    const command = commands[url.pathname.replace("/api/v0/", "")];
    if (request.method !== "POST") return response.writeHead(405).end();
    if (options.authorization !== undefined && request.headers.authorization !== options.authorization) {
      return response.writeHead(403).end("Kubo RPC Access Denied");
    }
    if (!command) return response.writeHead(404).end("404 page not found");
    try {
      response.setHeader("content-type", "application/json");
      await command(url.searchParams, request, response);
    } catch (error) {
      response.statusCode = 500;
      response.write(JSON.stringify({ Message: (error as Error).message, Code: 0, Type: "error" }));
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(shim, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lies,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

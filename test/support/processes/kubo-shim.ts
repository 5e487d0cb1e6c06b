import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { unixfs } from "@helia/unixfs";
import { MemoryBlockstore } from "blockstore-core";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { balanced } from "ipfs-unixfs-importer/layout";
import { CID } from "multiformats/cid";
import { sha256 } from "multiformats/hashes/sha2";

/** A Kubo daemon's RPC as far as the store uses it. */
export interface KuboShim {
  readonly url: string;
  /** Bytes that `block/get` gives instead of the right ones, by CID. */
  readonly lies: Map<string, Uint8Array>;
  /** Chunk size it uses whatever it is asked for; undefined = as asked. */
  stubbornChunkBytes?: number | undefined;
  stop(): Promise<void>;
}

/** The form of a request's body. */
function formOf(request: IncomingMessage): Promise<FormData> {
  const body = Readable.toWeb(request) as ReadableStream<Uint8Array>;
  const headers = { "content-type": request.headers["content-type"] as string };
  return new Response(body as BodyInit, { headers }).formData();
}

/**
 * A server that speaks the subset of /api/v0 (POST only) which the store calls, with Kubo's own defaults for what is
 * not asked for: chunks of 256 KiB, 174 links a node. With `authorization`, other requests get 403, as from Kubo.
 */
export async function startKuboShim(
  options: { readonly authorization?: string; readonly port?: number } = {},
): Promise<KuboShim> {
  const blockstore = new MemoryBlockstore();
  const fs = unixfs({ blockstore });
  /** Names of pins by CID. */
  const pins = new Map<string, string>();
  const lies = new Map<string, Uint8Array>();
  const shim: { stubbornChunkBytes?: number | undefined } = {};

  const commands: Record<
    string,
    (query: URLSearchParams, request: IncomingMessage, response: ServerResponse) => unknown
  > = {
    async add(query, request, response) {
      const form = await formOf(request);
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
        if (query.get("pin") !== "false") pins.set(cid.toString(), "");
        response.write(`${JSON.stringify({ Name: cid.toString(), Hash: cid.toString(), Size: `${bytes.length}` })}\n`);
      }
    },
    "pin/add"(query, _request, response) {
      pins.set(query.get("arg") as string, query.get("name") ?? "");
      response.write(`${JSON.stringify({ Pins: [query.get("arg")] })}\n`);
    },
    "pin/rm"(query, _request, response) {
      if (!pins.delete(query.get("arg") as string)) throw new Error("not pinned or pinned indirectly");
      response.write(`${JSON.stringify({ Pins: [query.get("arg")] })}\n`);
    },
    "pin/ls"(query, _request, response) {
      const cid = query.get("arg");
      if (cid !== null && !pins.has(cid)) throw new Error(`path '${cid}' is not pinned`);
      // Kubo looks for a part of the name
      const isAskedFor = (each: string, name: string) =>
        cid === null ? name.includes(query.get("name") ?? "") : each === cid;
      for (const [each, name] of [...pins].filter((pin) => isAskedFor(...pin))) {
        response.write(`${JSON.stringify({ Cid: each, Type: "recursive", Name: name })}\n`);
      }
    },
    async "block/get"(query, _request, response) {
      const cid = CID.parse(query.get("arg") as string);
      if (!(await blockstore.has(cid))) throw new Error(`block was not found locally (offline): ${cid}`);
      for await (const part of blockstore.get(cid)) response.write(lies.get(cid.toString()) ?? part);
    },
    async "block/stat"(query, _request, response) {
      const cid = CID.parse(query.get("arg") as string);
      if (!(await blockstore.has(cid))) throw new Error(`block was not found locally (offline): ${cid}`);
      response.write(JSON.stringify({ Key: cid.toString(), Size: 1 }));
    },
    async "block/put"(query, request, response) {
      const [file] = [...(await formOf(request)).values()];
      const bytes = new Uint8Array(await (file as File).arrayBuffer());
      const cid = CID.create(1, query.get("format") === "raw" ? 0x55 : 0x70, await sha256.digest(bytes));
      await blockstore.put(cid, bytes);
      response.write(JSON.stringify({ Key: cid.toString(), Size: bytes.length }));
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
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
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

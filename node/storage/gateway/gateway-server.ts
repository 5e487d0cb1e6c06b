import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Cid, parseCid } from "../../core/bytes/blob-dag.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { BlockReader, Log } from "../../ports/index.ts";
import { storageLimits } from "../blocks/limits.ts";
import { readBlock } from "../blocks/read-block.ts";
import { rangeIn } from "./byte-range.ts";
import { type GatewayAccess, isAskedByItsName, setAccessHeaders } from "./gateway-access.ts";
import { gatewayMultiaddr } from "./gateway-url.ts";

/** A gateway's options. */
export interface GatewayOptions {
  /** What is served: these blocks and nothing else. Checked on reading, as a Helia store's are. */
  readonly blocks: BlockReader;
  /** Address to listen on; default 127.0.0.1, this machine only. */
  readonly host?: string;
  /** Port to listen on; default 0, any free one. */
  readonly port?: number;
  /** Whether all that is served is for everybody; asked at each request. Default: not so. */
  readonly isPublic?: () => boolean;
  /** Origins of web pages that may read what is not, such as https://audit.example; default none. */
  readonly origins?: readonly string[];
  /** Names by which it may be asked, beside IP addresses, localhost and `host`; default none. */
  readonly names?: readonly string[];
  /** How long one answer may take, milliseconds; default 60000. */
  readonly responseMs?: number;
  /** How long a request may take to arrive, milliseconds; default 15000. */
  readonly requestMs?: number;
  readonly log: Log;
}

/** An HTTP server of blocks. */
export interface Gateway {
  /** Base URL, once started. */
  url(): string;
  /** Address for the registry, once started. */
  multiaddr(): string;
  /** Rejects with ADDRESS_IN_USE when it cannot listen there. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Media type of one raw block, https://specs.ipfs.tech/http-gateways/trustless-gateway/ */
export const rawBlockType = "application/vnd.ipld.raw";

/**
 * Serves single blocks by the trustless gateway specification: GET and HEAD of /ipfs/{cid}, as application/vnd.ipld.raw
 * only (by `?format=raw` or the Accept header), whole or one range of it. What a client gets it can check by itself, so
 * nobody need trust it. Throws INVALID_CONFIG for origins that are none.
 */
export function createGateway(options: GatewayOptions): Gateway {
  const { blocks, host = "127.0.0.1", port = 0, origins = [], names = [], isPublic = () => false, log } = options;
  const { requestMs = storageLimits.httpTimeoutMs, responseMs = storageLimits.gatewayResponseMs } = options;
  const access: GatewayAccess = { isPublic, origins: origins.map(originOf), names: [host, ...names] };
  let responses = 0;
  const server = createServer(
    {
      // Node itself answers what is no request: 400, 408 and 431, and closes
      requestTimeout: requestMs,
      headersTimeout: requestMs,
      connectionsCheckingInterval: Math.min(1_000, requestMs),
      maxHeaderSize: 16 * 1024,
      keepAliveTimeout: 5_000,
    },
    (request, response) => {
      if (!isAskedByItsName(request, access)) return end(response, 421, "asked by another's name");
      setAccessHeaders(request, response, access);
      if (responses >= storageLimits.gatewayResponses) {
        response.setHeader("retry-after", "1");
        return end(response, 503, "busy");
      }
      responses++;
      const late = setTimeout(() => response.destroy(), responseMs);
      response.once("close", () => {
        clearTimeout(late);
        responses--;
      });
      answer(blocks, request, response).catch((error) => {
        log.debug("gateway request failed", { reason: String(error) });
        if (!response.headersSent) end(response, 500, "the block could not be read");
        else response.destroy();
      });
    },
  );
  server.setTimeout(storageLimits.httpTimeoutMs);
  server.maxConnections = storageLimits.gatewayConnections;

  const bound = () => server.address() as AddressInfo;
  return {
    url: () => `http://${host.includes(":") ? `[${host}]` : host}:${bound().port}`,
    multiaddr: () => gatewayMultiaddr(host, bound().port),
    start: () =>
      new Promise((resolve, reject) => {
        server.once("error", (error) =>
          reject(new FedledgerError("ADDRESS_IN_USE", { address: `${host}:${port}`, reason: error.message }, error)),
        );
        server.listen(port, host, resolve);
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function end(response: ServerResponse, status: number, text?: string): void {
  response.statusCode = status;
  if (text !== undefined) response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end(text);
}

function cidIn(text: string): Cid | undefined {
  try {
    return parseCid(text);
  } catch {
    return undefined;
  }
}

/** Answers with the block that is asked for, if it is here. */
async function answer(
  blocks: GatewayOptions["blocks"],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") return answerOther(request, response);
  const url = urlIn(request.url);
  if (url === undefined) return end(response, 400, "not a URL");
  const path = /^\/ipfs\/([^/]+)$/.exec(url.pathname);
  if (!path) return end(response, 404, "only /ipfs/{cid}");
  if (!wantsRawBlock(url, request)) return end(response, 406, `only ${rawBlockType}`);
  const cid = cidIn(path[1] as string);
  if (!cid) return end(response, 400, "not a SHA-256 CID");
  if (!(await blocks.has(cid))) return end(response, 404, "no such block");
  const etag = `"${cid}.raw"`;
  response.setHeader("etag", etag);
  response.setHeader("cache-control", "public, max-age=29030400, immutable");
  response.setHeader("accept-ranges", "bytes");
  if (isTagIn(request.headers["if-none-match"], etag)) return end(response, 304);
  const block = await readBlock(blocks, cid);
  response.setHeader("content-disposition", `attachment; filename="${cid}.bin"`);
  response.setHeader("x-content-type-options", "nosniff");
  sendBlock(request, response, block, etag);
}

/** The block, or the part of it that is asked for; ranges are of GET only (RFC 9110, section 14.2). */
function sendBlock(request: IncomingMessage, response: ServerResponse, block: Uint8Array, etag: string): void {
  const { range, "if-range": condition } = request.headers;
  const isWanted = request.method === "GET" && (condition === undefined || condition === etag);
  const part = isWanted ? rangeIn(range, block.length) : undefined;
  if (part === "unsatisfiable") {
    response.setHeader("content-range", `bytes */${block.length}`);
    end(response, 416, "no such range");
    return;
  }
  const { from, to } = part ?? { from: 0, to: block.length };
  if (part !== undefined) {
    response.statusCode = 206;
    response.setHeader("content-range", `bytes ${from}-${to - 1}/${block.length}`);
  }
  response.setHeader("content-type", rawBlockType);
  response.setHeader("content-length", to - from);
  response.end(request.method === "GET" ? block.subarray(from, to) : undefined);
}

/** Whether a list of entity tags has this one; weak ones count (RFC 9110, section 13.1.2). */
function isTagIn(header: string | undefined, etag: string): boolean {
  const tags = header?.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags?.some((tag) => tag === etag || tag === "*") === true;
}

function urlIn(target: string | undefined): URL | undefined {
  try {
    return new URL(target ?? "/", "http://gateway");
  } catch {
    return undefined;
  }
}

/** The origin as browsers write it. */
function originOf(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return new URL(text).origin;
  throw new FedledgerError("INVALID_CONFIG", {
    name: "gateway-origin",
    reason: `${text} is not http(s)://HOST or http(s)://HOST:PORT`,
  });
}

/** The answer to a method that gives no block. */
function answerOther({ method }: IncomingMessage, response: ServerResponse): void {
  if (method === "OPTIONS") {
    response.setHeader("access-control-allow-methods", "GET, HEAD, OPTIONS");
    response.setHeader("access-control-allow-headers", "accept, if-none-match, if-range, range");
    end(response, 204);
    return;
  }
  response.setHeader("allow", "GET, HEAD, OPTIONS");
  end(response, 405, "only GET and HEAD");
}

/** Whether a client asks for the form that we give: by the URL, or else by its header. */
function wantsRawBlock(url: URL, { headers }: IncomingMessage): boolean {
  const format = url.searchParams.get("format");
  return format === null ? headers.accept?.includes(rawBlockType) === true : format === "raw";
}

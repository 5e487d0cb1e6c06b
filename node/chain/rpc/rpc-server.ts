import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { FedledgerError } from "../../core/errors/error.ts";

/** What answers JSON-RPC requests (EIP-1193). */
export interface RpcProvider {
  request(request: { readonly method: string; readonly params?: readonly unknown[] }): Promise<unknown>;
}

/** A JSON-RPC server over HTTP. */
export interface RpcServer {
  readonly url: string;
  close(): Promise<void>;
}

const bodyLimitBytes = 4 << 20;
const batchLimit = 256;
const parseError = { code: -32_700, message: "Parse error" };
const invalidRequest = { code: -32_600, message: "Invalid request" };

/**
 * Serves a provider, single requests and batches of at most 256, bodies of at most 4 MiB. Requests from web pages are
 * refused (they carry an Origin), since the provider signs with unlocked accounts. Rejects with ADDRESS_IN_USE.
 *
 * @param listen.port 0 for any free one
 */
export async function createRpcServer(
  provider: RpcProvider,
  listen: { readonly hostname: string; readonly port: number },
): Promise<RpcServer> {
  const server = createServer((request, response) => {
    void handle(provider, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const address = `${listen.hostname}:${listen.port}`;
      reject(new FedledgerError("ADDRESS_IN_USE", { address, reason: error.message }, error));
    });
    server.listen(listen.port, listen.hostname, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = listen.hostname.includes(":") ? `[${listen.hostname}]` : listen.hostname;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(provider: RpcProvider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "POST") return end(response, 405);
  if (request.headers.origin !== undefined) return end(response, 403);
  const body = await readBody(request);
  if (body === undefined) return end(response, 413);
  let message: unknown;
  try {
    message = JSON.parse(body);
  } catch {
    return end(response, 200, { jsonrpc: "2.0", id: null, error: parseError });
  }
  if (!Array.isArray(message)) return end(response, 200, await answer(provider, message));
  if (message.length === 0 || message.length > batchLimit) {
    return end(response, 200, { jsonrpc: "2.0", id: null, error: invalidRequest });
  }
  end(response, 200, await Promise.all(message.map((each) => answer(provider, each))));
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    if (length > bodyLimitBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

async function answer(provider: RpcProvider, message: unknown): Promise<object> {
  const { id = null, method, params = [] } = (message ?? {}) as { id?: unknown; method?: unknown; params?: unknown };
  if (typeof method !== "string" || !Array.isArray(params)) return { jsonrpc: "2.0", id, error: invalidRequest };
  try {
    return { jsonrpc: "2.0", id, result: (await provider.request({ method, params })) ?? null };
  } catch (error) {
    return { jsonrpc: "2.0", id, error: toRpcError(error) };
  }
}

/** As geth answers: the revert data is `data` itself. */
function toRpcError(error: unknown): { code: number; message: string; data?: unknown } {
  const { code, message, data } = error as { code?: unknown; message?: unknown; data?: unknown };
  const inner = typeof data === "object" && data !== null ? (data as { data?: unknown }).data : data;
  return {
    code: typeof code === "number" ? code : -32_603,
    message: String(message),
    ...(typeof inner === "string" && { data: inner }),
  };
}

function end(response: ServerResponse, status: number, body?: object): void {
  response.writeHead(status, { "content-type": "application/json", ...(status === 413 && { connection: "close" }) });
  response.end(body && JSON.stringify(body));
}

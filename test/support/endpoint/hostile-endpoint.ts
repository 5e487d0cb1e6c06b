import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Asks the honest endpoint behind; without arguments what was asked. Rejects with {@link RefusedByNode}. */
export type Ask = (method?: string, params?: readonly unknown[]) => Promise<unknown>;

/**
 * What a hostile endpoint answers: a result, a {@link Reply}, or undefined for what the honest one behind says. What it
 * throws is answered as a JSON-RPC error, with its `code`, `message` and `data`.
 */
export type Script = (method: string, params: readonly unknown[], ask: Ask) => unknown;

/** An answer over HTTP that is not just a result. */
export class Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: (id: unknown) => string;
  /** "silent": never answered. "hung-up": the connection is closed. "cut": closed after half of the body. */
  readonly end: "whole" | "silent" | "hung-up" | "cut";

  constructor(options: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | ((id: unknown) => string);
    readonly end?: Reply["end"];
  }) {
    const { status = 200, headers = {}, body = "", end = "whole" } = options;
    this.status = status;
    this.headers = headers;
    this.body = typeof body === "string" ? () => body : body;
    this.end = end;
  }
}

/** A JSON-RPC error of the endpoint behind, passed on as it is where no script catches it. */
class RefusedByNode extends Error {
  readonly code: number;
  readonly data: unknown;
  constructor(error: { readonly code: number; readonly message: string; readonly data?: unknown }) {
    super(error.message);
    this.code = error.code;
    this.data = error.data;
  }
}

/** A JSON-RPC endpoint over HTTP before an honest one, that a test can script, cut, turn and count. */
export interface HostileEndpoint {
  readonly url: string;
  /** Methods asked so far, in order. */
  readonly asked: string[];
  /** Answers by these scripts, in place of those before; a script's `ask` is the next one, the last one's the truth. */
  bend(...scripts: readonly Script[]): void;
  /** Stands before another honest endpoint from now on, as a chain that was reset. */
  turn(upstream: string): void;
  /** Stops listening and closes all connections, as a node that died. */
  cut(): Promise<void>;
  /** Listens again at the same URL. */
  restore(): Promise<void>;
}

/** Starts a hostile endpoint before the honest one of this URL, on loopback; it is honest until it is bent. */
export async function startHostileEndpoint(upstream: string): Promise<HostileEndpoint> {
  const asked: string[] = [];
  let behind = upstream;
  let scripts: readonly Script[] = [];

  function follow(at: number, method: string, params: readonly unknown[]): Promise<unknown> {
    const script = scripts[at];
    if (script === undefined) return askUpstream(behind, method, params);
    const next: Ask = (other = method, others = params) => follow(at + 1, other, others);
    return Promise.resolve(script(method, params, next)).then((answer) => (answer === undefined ? next() : answer));
  }

  async function answer(message: { id?: unknown; method: string; params?: readonly unknown[] }) {
    asked.push(message.method);
    const { id = null } = message;
    try {
      const given = await follow(0, message.method, message.params ?? []);
      return given instanceof Reply ? given : json({ jsonrpc: "2.0", id, result: given ?? null });
    } catch (error) {
      const { code = -32_603, message, data } = error as RefusedByNode;
      return json({ jsonrpc: "2.0", id, error: { code, message, ...(data !== undefined && { data }) } });
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += chunk;
    const message = JSON.parse(body);
    if (!Array.isArray(message)) return send(response, await answer(message), message.id);
    const replies = await Promise.all(message.map(async (each) => (await answer(each)).body(each.id)));
    send(response, new Reply({ body: `[${replies.join(",")}]` }), null);
  }

  const listen = (port: number) =>
    new Promise<Server>((resolve, reject) => {
      const server = createServer((request, response) => {
        handle(request, response).catch(() => response.destroy());
      });
      server.once("error", reject).listen(port, "127.0.0.1", () => resolve(server));
    });

  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    bend(...next) {
      scripts = next;
    },
    turn(other) {
      behind = other;
    },
    cut: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    async restore() {
      server = await listen(port);
    },
  };
}

const json = (message: object) => new Reply({ body: JSON.stringify(message) });

function send(response: ServerResponse, reply: Reply, id: unknown): void {
  if (reply.end === "silent") return;
  if (reply.end === "hung-up") {
    response.destroy();
    return;
  }
  const body = Buffer.from(reply.body(id));
  response.writeHead(reply.status, {
    "content-type": "application/json",
    "content-length": body.length,
    ...reply.headers,
  });
  if (reply.end === "whole") response.end(body);
  else response.write(body.subarray(0, body.length >> 1), () => response.destroy());
}

async function askUpstream(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { result, error } = (await response.json()) as {
    result?: unknown;
    error?: ConstructorParameters<typeof RefusedByNode>[0];
  };
  if (error) throw new RefusedByNode(error);
  return result;
}

import { spawnSync } from "node:child_process";
import { createServer, type IncomingMessage, request as sendRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";

/** An HTTP proxy that alone knows what some names mean, on a socket of the file system. */
export interface TestProxy {
  readonly path: string;
  /** Hosts that were asked for, with their ports, in order. */
  readonly asked: string[];
  close(): void;
}

/**
 * Starts a proxy that tunnels (CONNECT) and forwards (RFC 9110, 9.3.6 and 7.6).
 *
 * @param names what `host:port` stands for, as a port of this machine; others are answered 502
 */
export async function startProxy(path: string, names: Readonly<Record<string, number>>): Promise<TestProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const portOf = (name: string): number | undefined => {
    asked.push(name);
    return names[name];
  };
  const server = createServer((request: IncomingMessage, response) => {
    const url = URL.canParse(request.url ?? "") ? new URL(request.url as string) : undefined;
    const port = url && portOf(url.port ? url.host : `${url.host}:80`);
    if (url === undefined || port === undefined) return void response.writeHead(502).end();
    const { method, headers } = request;
    const options = { port, host: "127.0.0.1", path: `${url.pathname}${url.search}`, method, headers };
    const onward = sendRequest(options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  server.on("connect", (request, socket: Socket) => {
    const port = portOf(request.url ?? "");
    if (port === undefined) return void socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    const onward = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    for (const each of [socket, onward]) each.on("error", () => socket.destroy());
  });
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    asked,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Whether this machine lets us make a network of its own for a process: Linux, with user namespaces. */
export function canIsolate(): boolean {
  return spawnSync("unshare", ["-rn", "ip", "link", "set", "lo", "up"]).status === 0;
}

/** Port of the only way out of an isolated process, on its own loopback. */
export const wayOutPort = 3128;

/**
 * The command that runs `fedledger ARGS` in a network of its own, which has nothing but a loopback and the proxy there.
 */
export function isolated(proxyPath: string, args: readonly string[]): readonly [string, readonly string[]] {
  const runner = join(import.meta.dirname, "in-own-network.ts");
  return ["unshare", ["-rn", process.execPath, runner, proxyPath, ...args]];
}

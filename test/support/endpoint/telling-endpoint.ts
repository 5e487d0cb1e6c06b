import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";

/** A WebSocket endpoint before an honest HTTP one, that tells of heads when a test says so. */
export interface TellingEndpoint {
  readonly url: string;
  /** Methods asked so far, in order. */
  readonly asked: string[];
  /** Sends this text to every socket that subscribed: by default a new head. */
  tell(text?: string): void;
  /** How many sockets have subscribed to new heads. */
  subscribed(): number;
  /** Answers every request by this, in place of the endpoint behind; undefined for silence. */
  answer(by: (request: { id: number; method: string }) => string | undefined): void;
  /** Closes all sockets; with `forGood` it listens no more. */
  cut(forGood?: boolean): Promise<void>;
}

/**
 * Starts one on loopback.
 *
 * @param options.knowsHeads whether it has subscriptions
 * @param options.status with which it refuses each handshake and each request over HTTP; none by default
 */
export async function startTellingEndpoint(
  upstream: string,
  { knowsHeads = true, status }: { readonly knowsHeads?: boolean; readonly status?: number } = {},
): Promise<TellingEndpoint> {
  const asked: string[] = [];
  const listening = new Set<WebSocket>();
  let answer: Parameters<TellingEndpoint["answer"]>[0] | undefined;
  const http = createServer((_, response) => response.writeHead(status ?? 426).end());
  const server = new WebSocketServer({
    server: http,
    verifyClient: (_, done) => done(status === undefined, status),
  });
  server.on("connection", (socket) => {
    socket.on("close", () => listening.delete(socket));
    socket.on("message", async (data: unknown) => {
      const text = String(data);
      const request = JSON.parse(text) as { id: number; method: string };
      asked.push(request.method);
      if (request.method === "eth_subscribe") {
        const error = { code: -32_601, message: "the method eth_subscribe does not exist" };
        if (knowsHeads) listening.add(socket);
        return socket.send(JSON.stringify({ id: request.id, ...(knowsHeads ? { result: "0x1" } : { error }) }));
      }
      if (answer) {
        const said = answer(request);
        return said === undefined ? undefined : socket.send(said);
      }
      const headers = { "content-type": "application/json" };
      // a chain that is gone answers no more, nor does this
      const response = await fetch(upstream, { method: "POST", headers, body: text }).catch(() => undefined);
      if (response === undefined) return socket.terminate();
      socket.send(await response.text());
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const head = JSON.stringify({ method: "eth_subscription", params: { subscription: "0x1", result: {} } });
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    asked,
    subscribed: () => [...listening].filter((socket) => socket.readyState === WebSocket.OPEN).length,
    tell(text = head) {
      for (const socket of listening) socket.send(text);
    },
    answer(by) {
      answer = by;
    },
    async cut(forGood = false) {
      for (const socket of server.clients) socket.terminate();
      if (!forGood) return;
      server.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

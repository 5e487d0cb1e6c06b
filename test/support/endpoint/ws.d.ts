/** What the tests use of the package ws, which brings no types. */
declare module "ws" {
  import type { EventEmitter } from "node:events";
  import type { Server } from "node:http";

  export class WebSocket extends EventEmitter {
    static readonly OPEN: number;
    readonly readyState: number;
    send(text: string): void;
    terminate(): void;
  }

  export class WebSocketServer extends EventEmitter {
    readonly clients: ReadonlySet<WebSocket>;
    constructor(options: {
      readonly server: Server;
      readonly verifyClient: (request: unknown, done: (isTaken: boolean, status?: number) => void) => void;
    });
    on(event: "connection", listener: (socket: WebSocket) => void): this;
    close(): void;
  }
}

import type { Server, Socket } from "node:net";
import { webSockets } from "@libp2p/websockets";
import { type Door, hostOf } from "./door.ts";

/**
 * libp2p's WebSocket transport, with sockets at the door from the moment they open: its listeners wait for a first byte
 * and for a request without end, and libp2p's own limits begin behind those.
 */
export function webSocketsBehind(door: Door): ReturnType<typeof webSockets> {
  return (components) => {
    const transport = webSockets()(components);
    const createListener = transport.createListener.bind(transport);
    transport.createListener = (options) => {
      const listener = createListener(options);
      // the listener's own server, which it shows to nobody
      const { server } = listener as unknown as { readonly server: Server };
      server.on("connection", (socket) => waitAt(door, socket));
      return listener;
    };
    return transport;
  };
}

function waitAt(door: Door, socket: Socket): void {
  const host = hostOf(socket.remoteAddress ?? "");
  const id = `${host} ${socket.remotePort}`;
  door.arrive(id, host, () => socket.destroy());
  socket.once("close", () => door.leave(id));
}

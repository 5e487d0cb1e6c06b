import { createRpcServer } from "../../../node/chain/rpc/rpc-server.ts";

/** A JSON-RPC endpoint before another one, that a test can cut, bend and count. */
export interface RpcRelay {
  readonly url: string;
  /** Methods asked so far, in order. */
  readonly asked: string[];
  /** Answers a method in place of the endpoint behind; undefined passes the request on. */
  bend(answer: (method: string, params: readonly unknown[]) => unknown): void;
  /** Stops listening, as a node that died. */
  cut(): Promise<void>;
  /** Listens again at the same URL. */
  restore(): Promise<void>;
}

/** Starts a relay to a provider. */
export async function startRpcRelay(target: {
  request(method: string, params?: readonly unknown[]): Promise<unknown>;
}): Promise<RpcRelay> {
  const asked: string[] = [];
  let bent: Parameters<RpcRelay["bend"]>[0] = () => undefined;
  const provider = {
    async request({ method, params = [] }: { method: string; params?: readonly unknown[] }) {
      asked.push(method);
      return (await bent(method, params)) ?? target.request(method, params);
    },
  };
  let server = await createRpcServer(provider, { hostname: "127.0.0.1", port: 0 });
  const { url } = server;
  return {
    url,
    asked,
    bend(answer) {
      bent = answer;
    },
    cut: () => server.close(),
    async restore() {
      server = await createRpcServer(provider, { hostname: "127.0.0.1", port: Number(new URL(url).port) });
    },
  };
}

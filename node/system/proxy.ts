import { FedledgerError } from "../core/errors/error.ts";

/** This machine is never asked for by way of another one. */
const direct = ["localhost", "127.0.0.1", "::1"];

/**
 * Sends all HTTP and WebSocket connections of this process by the proxies that an environment names, as curl does:
 * `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` for both, `NO_PROXY` for hosts that are asked directly, in capitals or not.
 * Endpoints, gateways and a Kubo daemon are asked so; libp2p is not HTTP and knows no proxy. Returns the proxies by
 * scheme; undefined where none is named. Rejects with INVALID_CONFIG for what is no http(s) URL.
 */
export async function useProxies(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly http: string | undefined; readonly https: string | undefined } | undefined> {
  const read = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined;
  const proxyOf = (name: string) => {
    const [variable, value] = read(name) === undefined ? ["ALL_PROXY", read("ALL_PROXY")] : [name, read(name)];
    if (value !== undefined) requireUrl(variable as string, value);
    return value;
  };
  const http = proxyOf("HTTP_PROXY");
  const https = proxyOf("HTTPS_PROXY");
  if (http === undefined && https === undefined) return undefined;
  const { EnvHttpProxyAgent, setGlobalDispatcher } = await import("undici");
  const noProxy = [read("NO_PROXY"), ...direct].filter((each) => each !== undefined).join(",");
  // An empty text is no proxy, whatever the environment says.
  const options = { httpProxy: http ?? "", httpsProxy: https ?? "", noProxy };
  // A WebSocket needs a tunnel; plain HTTP goes without, as proxies like to tunnel to port 443 only.
  const tunnelling = new EnvHttpProxyAgent({ ...options, proxyTunnel: true });
  setGlobalDispatcher(
    new EnvHttpProxyAgent(options).compose(
      (forward) => (request, handler) =>
        request.upgrade ? tunnelling.dispatch(request, handler) : forward(request, handler),
    ),
  );
  return { http, https };
}

function requireUrl(name: string, value: string): void {
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return;
  throw new FedledgerError("INVALID_CONFIG", { name, reason: "expected the http:// or https:// URL of a proxy" });
}

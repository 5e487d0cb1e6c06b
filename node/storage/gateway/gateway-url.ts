/**
 * The base URLs of the trustless gateways among a node's registered addresses, such as http://127.0.0.1:8080 for
 * /ip4/127.0.0.1/tcp/8080/http; /https and /tls/http give https. Other addresses are passed over.
 */
export function gatewayUrls(multiaddrs: readonly string[]): string[] {
  return multiaddrs.flatMap((text) => {
    const match = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d{1,5})\/(http|https|tls\/http)(?:\/p2p\/[^/]+)?$/.exec(
      text,
    );
    if (!match) return [];
    const [, kind, host, port, protocol] = match;
    const url = `${protocol === "http" ? "http" : "https"}://${kind === "ip6" ? `[${host}]` : host}:${port}`;
    return URL.canParse(url) ? [url] : [];
  });
}

/** The multiaddr under which a gateway at this address is registered. */
export function gatewayMultiaddr(host: string, port: number): string {
  const kind = host.includes(":") ? "ip6" : /^[\d.]+$/.test(host) ? "ip4" : "dns";
  return `/${kind}/${host}/tcp/${port}/http`;
}

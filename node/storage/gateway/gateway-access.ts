import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";

/** Which web pages may read what a gateway serves. */
export interface GatewayAccess {
  /**
   * Whether everything served is for anybody; until then only the origins named may read it, and the gateway must be
   * asked by a name that no page can turn to it.
   */
  readonly isPublic: () => boolean;
  /** Origins whose pages may read it, too, such as https://audit.example. */
  readonly origins: readonly string[];
  /** Names, beside those of this machine, by which it may be asked. */
  readonly names: readonly string[];
}

/**
 * Whether a request's `Host` is one by which this gateway goes: an IP address, `localhost`, the name listened on or an
 * allowed origin's. A page whose own name is turned to this machine (DNS rebinding) sends that name.
 */
export function isAskedByItsName({ headers: { host = "" } }: IncomingMessage, access: GatewayAccess): boolean {
  if (access.isPublic()) return true;
  const url = `http://${host}`;
  if (!URL.canParse(url)) return false;
  const name = new URL(url).hostname;
  if (isIP(name.replace(/^\[|\]$/g, "")) > 0 || name === "localhost" || name.endsWith(".localhost")) return true;
  return [...access.names, ...access.origins.map((origin) => new URL(origin).hostname)].includes(name);
}

/**
 * Says which pages may read the answer (https://fetch.spec.whatwg.org/#http-cors-protocol), from another network, too
 * (https://wicg.github.io/private-network-access/). Others can neither read nor embed it.
 */
export function setAccessHeaders(request: IncomingMessage, response: ServerResponse, access: GatewayAccess): void {
  const { origin } = request.headers;
  const isPublic = access.isPublic();
  const mayRead = isPublic || (origin !== undefined && access.origins.includes(origin));
  response.setHeader("cross-origin-resource-policy", mayRead ? "cross-origin" : "same-origin");
  if (!isPublic) response.setHeader("vary", "origin");
  if (!mayRead) return;
  response.setHeader("access-control-allow-origin", isPublic ? "*" : (origin as string));
  response.setHeader("access-control-expose-headers", "content-range, content-length, etag");
  if (request.headers["access-control-request-private-network"] === "true") {
    response.setHeader("access-control-allow-private-network", "true");
  }
}

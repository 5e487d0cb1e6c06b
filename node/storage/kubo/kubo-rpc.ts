import { create, type KuboRPCClient } from "kubo-rpc-client";
import { FedledgerError } from "../../core/errors/error.ts";
import { storageLimits } from "../blocks/limits.ts";

/** Where a Kubo daemon is. */
export interface KuboOptions {
  /** RPC address, such as http://127.0.0.1:5001. */
  readonly url: string;
  /** Value of the Authorization header, such as "Bearer …"; default none. */
  readonly authorization?: string;
  /** How long one call may take, beside a second for each megabyte that it moves; default 15000. */
  readonly timeoutMs?: number;
}

/** A Kubo daemon's RPC. */
export interface KuboRpc {
  readonly client: KuboRPCClient;
  readonly url: string;
  /**
   * What a call gives, in its time. Rejects with the signal's reason; STORE_UNREACHABLE where the daemon does not
   * answer; STORAGE_FAILED where it refuses. Errors of ours, and what {@link isAbsence} says yes to, pass through.
   */
  call<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>, lengthBytes?: number): Promise<T>;
}

/** The RPC of a daemon. Throws INVALID_CONFIG for what is not an http(s) URL. */
export function createKuboRpc({ url, authorization, timeoutMs = storageLimits.httpTimeoutMs }: KuboOptions): KuboRpc {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new FedledgerError("INVALID_CONFIG", { name: "kubo", reason: `${url} is not an http(s) URL` });
  }
  const client = create({
    url: `${url.replace(/\/+$/, "").replace(/\/api\/v0$/, "")}/api/v0`,
    ...(authorization === undefined ? {} : { headers: { authorization } }),
  });
  return {
    client,
    url,
    async call(signal, work, lengthBytes = 0) {
      signal?.throwIfAborted();
      const allowedMs = timeoutMs + Math.ceil(lengthBytes / storageLimits.slowestBytesPerMs);
      try {
        return await work(AbortSignal.any([AbortSignal.timeout(allowedMs), ...(signal ? [signal] : [])]));
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof FedledgerError || isAbsence(error)) throw error;
        const { name, message, cause } = error as Error;
        const reason = cause instanceof Error ? `${message} (${cause.message})` : message;
        throw name === "HTTPError"
          ? new FedledgerError("STORAGE_FAILED", { path: url, reason }, error)
          : new FedledgerError("STORE_UNREACHABLE", { url, reason }, error);
      }
    },
  };
}

/** Whether the daemon says that it does not have the content, or cannot do what is asked: status 500. */
export function isAbsence(error: unknown): boolean {
  const { name, response } = error as { name?: string; response?: { status?: number } };
  return name === "HTTPError" && response?.status === 500;
}

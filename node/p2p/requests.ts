import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import { lpStream } from "@libp2p/utils";
import { FedledgerError, isFedledgerError } from "../core/errors/error.ts";
import { errorCatalogue } from "../core/errors/error-catalogue.ts";
import type { PeerIdText } from "../core/ids.ts";
import type { Log, Transport } from "../ports/index.ts";
import type { Admission } from "./admission.ts";
import type { Connector } from "./connector.ts";
import type { P2pLimits } from "./limits.ts";
import { Breach, offenceOf, streamFault } from "./peer-fault.ts";
import type { Offence } from "./peer-score.ts";

const statusOk = 0;
const statusRefused = 1;

/** What a handler of the port is. */
type Handler = Parameters<Transport["respond"]>[1];

/** One request, one response, each in one length-prefixed frame (docs/protocol/messages.md). */
export type Requests = Pick<Transport, "request" | "respond">;

/** Requests over libp2p streams. */
export function createRequests(deps: {
  readonly libp2p: Libp2p;
  readonly admission: Admission;
  readonly connector: Connector;
  readonly report: (peer: PeerIdText, offence: Offence) => void;
  readonly limits: P2pLimits;
  readonly log: Log;
}): Requests {
  const { libp2p, admission, connector, report, limits, log } = deps;
  // a response has one byte more: its status
  const framing = () => ({ maxDataLength: limits.messageBytes + 1, maxBufferSize: 2 * limits.messageBytes });

  function blame(peer: PeerIdText, error: unknown): void {
    const offence = offenceOf(error);
    if (offence) report(peer, offence);
  }

  async function request(
    peer: PeerIdText,
    protocol: string,
    message: Uint8Array,
    options: { signal?: AbortSignal; timeoutMs?: number } = {},
  ): Promise<Uint8Array> {
    checkLength(message, limits.messageBytes);
    const timeoutMs = options.timeoutMs ?? limits.requestTimeoutMs;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    let stream: Stream | undefined;
    try {
      signal.throwIfAborted();
      stream = await connector.open(peer, protocol, signal);
      const frames = lpStream(stream, framing());
      await frames.write(message, { signal });
      const response = (await frames.read({ signal })).slice();
      stream.close().catch(() => {});
      return payloadOf(response, peer, protocol);
    } catch (error) {
      stream?.abort(error as Error);
      options.signal?.throwIfAborted();
      const fault = timeout.aborted
        ? new FedledgerError("PEER_TIMEOUT", { peerId: peer, timeoutMs }, error)
        : streamFault(error, peer, protocol);
      // a peer that could not even be reached in time is absent, not misbehaving
      if (stream || !timeout.aborted) blame(peer, fault);
      throw fault;
    }
  }

  async function answer(stream: Stream, from: PeerIdText, protocol: string, handler: Handler): Promise<void> {
    const gone = new AbortController();
    stream.addEventListener("close", () => gone.abort(), { once: true });
    try {
      const frames = lpStream(stream, { ...framing(), maxDataLength: limits.messageBytes });
      const message = (
        await readInTime(() => frames.read({ signal: AbortSignal.timeout(limits.receiveTimeoutMs) }))
      ).slice();
      const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(limits.handlerTimeoutMs)]);
      const response = await Promise.race([respondTo(message, signal), abortion(signal)]);
      await frames.write(response, { signal: AbortSignal.timeout(limits.receiveTimeoutMs) });
      await stream.close();
    } catch (error) {
      const fault = streamFault(error, from, protocol);
      if (!gone.signal.aborted) blame(from, fault);
      log.debug("request not answered", { from, protocol, reason: fault.message });
      stream.abort(fault);
    }

    async function readInTime<T>(read: () => Promise<T>): Promise<T> {
      try {
        return await read();
      } catch (error) {
        if ((error as Error).name !== "TimeoutError") throw error;
        throw new FedledgerError("PEER_TIMEOUT", { peerId: from, timeoutMs: limits.receiveTimeoutMs }, error);
      }
    }

    async function respondTo(message: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
      try {
        const response = await handler(message, from, signal);
        checkLength(response, limits.messageBytes);
        const framed = new Uint8Array(response.length + 1);
        framed[0] = statusOk;
        framed.set(response, 1);
        return framed;
      } catch (error) {
        // a handler that cannot make sense of the message says so with this code
        if (isFedledgerError(error, "PEER_PROTOCOL")) report(from, "garbage");
        if (!(error instanceof FedledgerError)) log.warn("request handler failed", { protocol, reason: String(error) });
        const code = error instanceof FedledgerError ? error.code : "INVALID_ARGUMENT";
        return Uint8Array.from([statusRefused, ...new TextEncoder().encode(code)]);
      }
    }
  }

  return {
    request,
    respond(protocol, handler) {
      const serve = (stream: Stream, connection: Connection) => {
        const from = connection.remotePeer.toString();
        if (!admission.admits(from)) return stream.abort(new FedledgerError("PEER_NOT_ADMITTED", { peerId: from }));
        return answer(stream, from, protocol, handler);
      };
      libp2p
        .handle(protocol, serve, {
          maxInboundStreams: limits.requestsPerPeer,
          runOnLimitedConnection: true,
          force: true,
        })
        .catch((error) => log.error("protocol not registered", { protocol, reason: String(error) }));
      return () => void libp2p.unhandle(protocol).catch(() => {});
    },
  };
}

function payloadOf(response: Uint8Array, peerId: PeerIdText, protocol: string): Uint8Array {
  const payload = response.subarray(1);
  if (response[0] === statusOk) return payload;
  const code = response[0] === statusRefused ? new TextDecoder().decode(payload) : "";
  if (Object.hasOwn(errorCatalogue, code)) throw new FedledgerError("PEER_REFUSED", { peerId, reason: code });
  throw new Breach("garbage", { peerId, protocol, reason: "the response is neither an answer nor a refusal" });
}

function checkLength(message: Uint8Array, limitBytes: number): void {
  if (message.length <= limitBytes) return;
  const expected = `at most ${limitBytes} bytes`;
  throw new FedledgerError("INVALID_ARGUMENT", { name: "message.length", value: message.length, expected });
}

function abortion(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

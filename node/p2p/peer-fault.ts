import { type ErrorData, FedledgerError, isFedledgerError } from "../core/errors/error.ts";
import type { PeerIdText } from "../core/ids.ts";
import type { Offence } from "./peer-score.ts";

/** A breach of a protocol by a peer, on its way to becoming a PEER_PROTOCOL error and points. */
export class Breach extends FedledgerError {
  readonly offence: Offence;

  /** `data`: peerId, protocol and reason. */
  constructor(offence: Offence, data: ErrorData) {
    super("PEER_PROTOCOL", data);
    this.offence = offence;
  }
}

/** The offence behind an error, if it is one. */
export function offenceOf(error: unknown): Offence | undefined {
  if (error instanceof Breach) return error.offence;
  if (isFedledgerError(error, "PEER_TIMEOUT")) return "timeout";
  return undefined;
}

/** PEER_UNREACHABLE with the cause's text as its reason. */
export function unreachable(peerId: PeerIdText, cause: unknown): FedledgerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FedledgerError("PEER_UNREACHABLE", { peerId, reason }, cause);
}

/** The error of a stream operation as one of ours; errors that already are pass through. */
export function streamFault(error: unknown, peerId: PeerIdText, protocol: string): FedledgerError {
  if (error instanceof FedledgerError) return error;
  switch ((error as { name?: string })?.name) {
    case "UnsupportedProtocolError":
      return new FedledgerError("PEER_REFUSED", { peerId, reason: `it does not speak ${protocol}` }, error);
    case "InvalidDataLengthError":
    case "InvalidDataLengthLengthError":
    case "StreamBufferError":
      return new Breach("oversize", { peerId, protocol, reason: "the message is too long" });
    case "InvalidMessageLengthError":
      return new Breach("garbage", { peerId, protocol, reason: "the frame is not valid" });
    default:
      return unreachable(peerId, error);
  }
}

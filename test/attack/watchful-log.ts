import type { Log, LogData } from "../../node/ports/system.ts";

/** The contract's errors for a proof that proves nothing: honest nodes never cause one. */
const falseAlarms: ReadonlySet<unknown> = new Set([
  "WrongCommitments",
  "WrongAdvertisements",
  "WrongOpenings",
  "MalformedProof",
  "NotInModel",
  "NotInBaseModel",
  "NotInUpdate",
  "ChunkIsRight",
  "UpdateIsValid",
  "WeightIsRight",
  "OpeningIsRight",
  "NoEquivocation",
]);

/** A log that passes everything on to another, and tells of proofs that the contract refused, simulated ones included. */
export function watchfulLog(log: Log, onFalseAlarm: (revert: string) => void): Log {
  const level = (name: "error" | "warn" | "info" | "debug") => (message: string, data?: LogData) => {
    if (falseAlarms.has(data?.revert)) onFalseAlarm(String(data?.revert));
    log[name](message, data);
  };
  return {
    error: level("error"),
    warn: level("warn"),
    info: level("info"),
    debug: level("debug"),
    child: (data) => watchfulLog(log.child(data), onFalseAlarm),
  };
}

import type { Log, LogData } from "../../../node/ports/system.ts";
import { falseAlarms } from "../../support/false-alarms.ts";

/**
 * A log that passes everything on to another, and tells of proofs that the contract refused, simulated ones included.
 */
export function watchfulLog(log: Log, onFalseAlarm: (revert: string) => void): Log {
  const level = (name: "error" | "warn" | "info" | "debug") => (message: string, data?: LogData) => {
    if (falseAlarms.includes(String(data?.revert))) onFalseAlarm(String(data?.revert));
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

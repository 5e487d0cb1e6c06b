import type { Log } from "../../ports/system.ts";
import type { Progress } from "../progress/progress.ts";

/** Logs a step of the record; what was on it before the start not as if it happened now. */
export function logStep(log: Log, progress: Progress): void {
  if ("past" in progress && progress.past) log.debug("On the record before the start", { ...progress });
  else if (progress.kind === "accepted") log.info("A round is accepted", { ...progress });
  else if (progress.kind === "invalid") log.warn("A round is invalid", { ...progress });
  else if (progress.kind === "rolled-back") log.warn("Rounds are void", { ...progress });
  else if (progress.kind === "waiting") log.info("Waiting for others", { ...progress });
  else if (progress.kind === "complete") log.info("The task is complete", { ...progress });
  else if (progress.kind === "final") log.info("The task is final", { ...progress });
}

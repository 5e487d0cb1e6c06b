import type { RoundCheck } from "../../audit/replay/check-round.ts";
import { isUnavailable } from "../../audit/replay/is-unavailable.ts";
import type { Commitment } from "../../core/records.ts";
import type { BlobStore } from "../../ports/storage.ts";
import type { Log } from "../../ports/system.ts";
import type { ModelSource } from "../blobs/model-source.ts";
import type { BytesPatience } from "../blobs/patient-source.ts";
import type { ProposedRound } from "../blobs/proposed-round.ts";
import type { TaskLook } from "../blobs/task-look.ts";
import type { Progress } from "../progress/progress.ts";
import type { Judgement, UpdateFault } from "./court-state.ts";

/** A judgement, and what was seen of updates on the way. */
export interface Verdict {
  readonly judgement: Judgement;
  /** Proofs that updates of the round, counted or left out, break the rules. */
  readonly faults: readonly UpdateFault[];
  /**
   * Of an open question: updates that were not to be read here, and without which nothing more can be said. Absent
   * where it may be for want of something else.
   */
  readonly absent?: readonly Commitment[];
  /** Of an open question: all else is right, and only the sealed model itself could not be read here. */
  readonly isModelAbsent?: boolean;
}

/**
 * A round that was recomputed, so that another look for a withheld model need not do it again. Of one proposal at a
 * time.
 */
export interface RoundMemory {
  latest?: { readonly subject: string; readonly check: RoundCheck; readonly baseLanes: Int32Array };
}

/** What judging a proposal needs. */
export interface JudgeProposalDeps {
  readonly store: BlobStore;
  readonly source: ModelSource;
  readonly log: Log;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** How long the round's updates may take, all together. */
  readonly patience?: BytesPatience | undefined;
  readonly memory?: RoundMemory | undefined;
  /** What is wrong was told before: this is another look for bytes. */
  readonly again?: boolean;
}

/** What is read; undefined where it is not to be had or opened. */
export async function readable<T>(read: () => Promise<T>, { signal }: TaskLook): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    signal.throwIfAborted();
    if (!isUnavailable(error)) throw error;
    return undefined;
  }
}

/** Updates that could not be read: their bytes, or the key to them, may come. */
export function unreadOf({ updates }: RoundCheck): readonly Commitment[] {
  return updates
    .filter(({ status }) => status === "missing" || status === "sealed")
    .map(({ commitment }) => commitment);
}

/** Whether the bytes behind the committed root are not here, which says nothing about the proposal. */
export function isAbsent(status: RoundCheck["updates"][number]["status"]): boolean {
  return status === "missing" || status === "differs" || status === "sealed";
}

/** Says of what a proposal is wrong, to log and owner, once. */
export function tell(
  { log, onProgress, again }: JudgeProposalDeps,
  { round }: ProposedRound,
  findings: readonly (Pick<RoundCheck["findings"][number], "code" | "severity" | "party" | "chunk"> & {
    readonly message?: string;
  })[],
): void {
  if (again) return;
  for (const { code, severity, message, party, chunk } of findings) {
    const level = severity === "violation" ? "error" : "warn";
    const data = { round, finding: code, party, chunk, message };
    log[level]("The proposal is not what the round's updates give: it is not attested", data);
  }
  onProgress?.({ kind: "disputed", round, findings: findings.map(({ code }) => code) });
}

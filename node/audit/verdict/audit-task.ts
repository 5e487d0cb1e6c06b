import { checkRecord } from "../walk/check-record.ts";
import { beginByteAudit } from "./audit-bytes.ts";
import type { AuditInput } from "./audit-input.ts";
import { type AuditReport, concludeAudit } from "./audit-report.ts";
import { checkTask } from "./check-task.ts";
import type { RoundVerdict } from "./round-verdict.ts";
import { sampleRounds } from "./sample-rounds.ts";
import { provenFindings, provenRecord, provenVerdict } from "./what-is-proven.ts";

/**
 * Audits a task: the whole record, then every round's bytes, recomputed one by one. Yields a verdict for each round and
 * returns the report. Memory: two models, one update, and one aggregate at a time.
 *
 * A round whose base model could not be recomputed starts from the model that the chain recorded, where its bytes are
 * to be had: one lie does not make everything after it look wrong. Rounds that a roll-back made void are looked at as
 * well, and nothing about their bytes is a finding: the record has done what it is for.
 *
 * Where the events are not those that the history's head is of, nothing is a violation and no account is named: the
 * endpoint may have made up, or kept back, what it would be accused by.
 *
 * Throws INVALID_HISTORY without a TaskCreated event; rejects with the signal's reason, and with errors of the store
 * other than BLOB_NOT_FOUND, BLOB_CORRUPT and BLOB_TOO_LARGE.
 */
export async function* auditTask(input: AuditInput): AsyncGenerator<RoundVerdict, AuditReport, void> {
  const { sample, signal } = input;
  const record = provenRecord(checkRecord(input));
  const looked = checkTask(record.created);
  const task = { ...looked, findings: provenFindings(record, looked.findings) };
  const drawn =
    sample &&
    sampleRounds(
      record.rounds.filter(({ phase, isVoid }) => phase === "accepted" && !isVoid).map(({ round }) => round),
      sample.rounds,
      sample.random,
    );
  const audit = beginByteAudit(input, record, task, drawn);
  const rounds: RoundVerdict[] = [];
  for (const round of record.rounds) {
    signal?.throwIfAborted();
    const verdict = provenVerdict(record, await audit.round(round));
    rounds.push(verdict);
    yield verdict;
  }
  return concludeAudit({ input, record, task, rounds, sample: drawn, finalModel: audit.model() });
}

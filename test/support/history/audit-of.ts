import { type AuditInput, type AuditReport, auditTask } from "../../../node/audit/index.ts";

/** Runs an audit to its end. */
export async function auditOf(input: AuditInput): Promise<AuditReport> {
  const audit = auditTask(input);
  for (;;) {
    const { done, value } = await audit.next();
    if (done) return value;
  }
}

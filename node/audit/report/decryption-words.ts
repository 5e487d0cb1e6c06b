import type { AuditReport } from "../verdict/audit-report.ts";

/**
 * How the models of an encrypted task came to be known as right: by opening the sums with the rounds' keys, or by the
 * word of the quorums.
 */
export function decryptionInWords({ rounds }: Pick<AuditReport, "rounds">): string {
  const verified = rounds.filter(({ verdict }) => verdict === "verified");
  const attested = verified.filter(({ isDecryptionAttested }) => isDecryptionAttested).length;
  if (verified.length > 0 && attested === 0)
    return "With the rounds' keys these sums were opened, and every model is what its sum gives.";
  const which =
    attested === verified.length ? "the sums decrypt to" : `${attested} of these ${verified.length} sums decrypt to`;
  return `What ${which} was not recomputed: without the key it rests on the quorum that attested each model.`;
}

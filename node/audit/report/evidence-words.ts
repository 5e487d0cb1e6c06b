import type { AuditReport } from "../verdict/audit-report.ts";

/** What an audit rests on, in one line: a block's hash that proves it, or the word of whom. */
export function evidenceInWords({ evidence, isBound }: Pick<AuditReport, "evidence" | "isBound">): string {
  if (evidence === undefined) return "It rests on the events that were handed in.";
  const { block, endpoint, unproven, agreeing, differing, silent } = evidence;
  const at = `block ${block.number} ${block.hash}`;
  const others = [
    ...(agreeing.length > 0 ? [`${agreeing.join(" and ")} say${agreeing.length > 1 ? "" : "s"} the same.`] : []),
    ...(differing.length > 0
      ? [`${differing.join(" and ")} say${differing.length > 1 ? "" : "s"} something else.`]
      : []),
    ...silent,
  ];
  const said = (() => {
    if (unproven === undefined && isBound)
      return `Proven by the hash of ${at}: compare it with an explorer's, and no endpoint need be trusted for the record.`;
    if (unproven === undefined)
      return `What the contract stores is proven by the hash of ${at}; what was told is not that.`;
    const alone = agreeing.length === 0 ? " Compare with another endpoint: --rpc A,B." : "";
    return `What the contract stores at ${at} is the word of ${endpoint}: ${unproven}.${alone}`;
  })();
  return [said, ...others].join(" ");
}

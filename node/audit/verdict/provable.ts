import type { TaskRules } from "../../core/records.ts";
import type { Finding, FindingCode } from "../replay/findings.ts";
import type { RoundVerdict } from "./round-verdict.ts";

/** What a proof on the chain can show of an accepted round. */
const provable: readonly FindingCode[] = [
  "AGGREGATE_WRONG",
  "TOTAL_WEIGHT_WRONG",
  "OPENING_FALSE",
  "INCLUSION_UNJUSTIFIED",
];

/** Seconds since 1970 as people and programs read them. */
export function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

/** The verdict of a round, whose violations that the contract would take a proof of say until when it does. */
export function stillProvable(
  verdict: RoundVerdict,
  { rules, nowS }: { readonly rules: TaskRules; readonly nowS: number | undefined },
): RoundVerdict {
  const { provableUntilS, findings } = verdict;
  if (provableUntilS === undefined || verdict.verdict !== "violation") return verdict;
  const isOver = nowS !== undefined && nowS > provableUntilS;
  const said = isOver ? "It can be proven no more." : `It can still be proven, until ${timeText(provableUntilS)}.`;
  const tell = (finding: Finding): Finding => {
    const isProvable =
      finding.severity === "violation" &&
      (rules.mode === "encrypted" ? finding.code === "TOTAL_WEIGHT_WRONG" : provable.includes(finding.code));
    return isProvable
      ? { ...finding, message: `${finding.message} ${said}`, data: { ...finding.data, provableUntilS } }
      : finding;
  };
  return { ...verdict, findings: findings.map(tell) };
}

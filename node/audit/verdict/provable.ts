import { modeOf } from "../../core/modes/mode-of.ts";
import type { ProofKind, TaskRules } from "../../core/records.ts";
import type { Finding, FindingCode } from "../replay/findings.ts";
import type { RoundVerdict } from "./round-verdict.ts";

/** What a proof on the chain can show of an accepted round, and by which kind. */
const proofOf: Readonly<Partial<Record<FindingCode, ProofKind>>> = {
  AGGREGATE_WRONG: "wrong-chunk",
  TOTAL_WEIGHT_WRONG: "wrong-weight",
  OPENING_FALSE: "false-opening",
  INCLUSION_UNJUSTIFIED: "invalid-update",
};

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
    const kind = proofOf[finding.code];
    const isProvable = finding.severity === "violation" && kind !== undefined && modeOf(rules).provable.has(kind);
    return isProvable
      ? { ...finding, message: `${finding.message} ${said}`, data: { ...finding.data, provableUntilS } }
      : finding;
  };
  return { ...verdict, findings: findings.map(tell) };
}

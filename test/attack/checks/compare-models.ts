import { hexEquals } from "../../../node/core/bytes/hex.ts";
import type { RoundNumber } from "../../../node/core/ids.ts";
import type { FederationRun } from "../run-federation.ts";

/** The rounds that count, but not the participant that lies, or would. */
export function roundsWithoutLiar({ view, cast }: Pick<FederationRun, "view" | "cast">): readonly RoundNumber[] {
  return view.rounds
    .filter(({ commitments, proposal, phase, void: isVoid }) => {
      if (phase !== "accepted" || isVoid) return false;
      const made = commitments.find(({ participant }) => hexEquals(participant, cast.liars.participant));
      return made === undefined || (((proposal?.excluded ?? 0n) >> BigInt(made.slot)) & 1n) === 1n;
    })
    .map(({ round }) => round);
}

/** In what the models of two runs differ; none when every round that counts has the same, bit for bit. */
export function compareModels(run: FederationRun, honest: FederationRun): readonly string[] {
  const problems: string[] = [];
  for (const { round, result, phase, void: isVoid } of run.view.rounds) {
    if (phase !== "accepted" || isVoid) continue;
    const other = honest.view.rounds.find((one) => one.round === round)?.result;
    if (result === undefined || other === undefined || !hexEquals(result.modelRoot, other.modelRoot)) {
      problems.push(
        `the model of round ${round} is ${result?.modelRoot ?? "none"}; the honest run's is ${other?.modelRoot ?? "none"}`,
      );
    }
  }
  const [ours, theirs] = [run.audit.finalModelLanes, honest.audit.finalModelLanes];
  if (ours === undefined || theirs === undefined) problems.push("the bytes of a final model could not be had");
  else if (ours.length !== theirs.length || ours.some((lane, i) => lane !== theirs[i])) {
    problems.push("the final models differ in their bytes");
  }
  return problems;
}

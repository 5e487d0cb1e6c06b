import { modeOf, type TaskRules, type TaskSpec } from "../../api/index.ts";
import { durationText } from "./bond-text.ts";

const dayS = 86_400;

/** Which protections a task does without, one line each, with the flag that turns it on. */
export function missingProtections(
  spec: TaskSpec,
  rules: TaskRules,
  options: { readonly isRestricted: boolean },
): readonly string[] {
  const { showsUpdates, isRecomputable } = modeOf(rules);
  const { rule, aggregatorBondGwei, participantBondGwei, challengeWindowS, statementRequired } = rules;
  const lines: readonly (readonly [boolean, string])[] = [
    [aggregatorBondGwei === 0, "an aggregator loses nothing by a wrong model: --bond least"],
    [participantBondGwei === 0, "a participant loses nothing by attesting a wrong model: --participant-bond least"],
    [
      challengeWindowS < dayS,
      `a wrong model must be proven within ${durationText(challengeWindowS)}: --challenge-window ${dayS}`,
    ],
    [showsUpdates, "everybody who gets the blobs sees each update: --mode masked"],
    [!isRecomputable, "what is accepted is final, no proof is possible in this mode: --mode masked"],
    [
      showsUpdates && rule === "weighted-mean",
      "one participant's update pulls the model as far as the clip lets it: --rule trimmed-mean",
    ],
    [spec.privacy === undefined, "a model may tell of single examples or participants: --epsilon"],
    [spec.blobs !== "members", "models and updates can be read by anybody: --blobs members"],
    [spec.testSet === undefined, "nobody can measure the models for all: --test-set"],
    [!statementRequired, "participants need not state their data: --statement-required"],
    [!options.isRestricted, "whoever has the role may join: --join-organisations, --join-clearance"],
  ];
  return lines.flatMap(([isOff, text]) => (isOff ? [text] : []));
}

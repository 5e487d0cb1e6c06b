import type { RoundView } from "../../node/core/record/task-view.ts";
import { type Attack, roundOfLie } from "./attack.ts";
import { attackByName } from "./attack-by-name.ts";
import { rulesOf } from "./attack-task.ts";
import { checkEnding } from "./checks/check-ending.ts";
import { compareModels, roundsWithoutLiar } from "./checks/compare-models.ts";
import { type Absences, type FederationOptions, type FederationRun, runFederation } from "./run-federation.ts";
import type { StoryLine } from "./story.ts";

/** How to run an attack. */
export interface AttackOptions {
  /** Default 1. */
  readonly seed?: number;
  /** Told each line of the story as it happens. */
  readonly onLine?: (line: StoryLine) => void;
  readonly signal?: AbortSignal;
  /** File for what the nodes log. */
  readonly log?: string | undefined;
  /** Honest runs that were made before: one serves all attacks that need the same. */
  readonly honestRuns?: HonestRuns;
}

/** What an attack came to. */
export interface AttackResult {
  readonly attack: Attack;
  readonly seed: number;
  readonly run: FederationRun;
  /** The same federation without the lie. */
  readonly honest: FederationRun;
  /** In what it did not end as it must; empty when all is well. */
  readonly problems: readonly string[];
}

/** Runs of federations in which nobody lies. */
export interface HonestRuns {
  of(
    like: Pick<FederationOptions, "seed" | "twinOf" | "absences">,
    options: Pick<AttackOptions, "onLine" | "signal" | "log">,
  ): Promise<FederationRun>;
}

/** Honest runs, each made once for all attacks with the same rules and absences. */
export function createHonestRuns(): HonestRuns {
  const runs = new Map<string, Promise<FederationRun>>();
  return {
    of(like, options) {
      const { seed, twinOf, absences } = like;
      const key = JSON.stringify([seed, rulesOf(twinOf), absences, twinOf?.friends ?? 0]);
      const run = runs.get(key) ?? runFederation({ ...like, ...given(options) });
      runs.set(key, run);
      return run;
    },
  };
}

/**
 * Runs a federation with one attack, then the same federation without it, and says in what the end is not what it must
 * be. Rejects with INVALID_CONFIG for an unknown name, and as runFederation does.
 */
export async function runAttack(name: string, options: AttackOptions = {}): Promise<AttackResult> {
  const attack = attackByName(name);
  const { seed = 1, honestRuns = createHonestRuns() } = options;
  const { onLine, signal, log } = given(options);
  onLine({ kind: "step", text: `Attack ${attack.name}: ${attack.summary}.` });
  const run = await runFederation({ seed, attack, onLine, signal, log });
  const absences = absencesOf(run, attack);
  const who = { participant: "that participant misses", friends: "those who lied miss", all: "nobody commits in" };
  const but = absences.map((one) => `${who[one.who]} round ${one.rounds.join(" and ")}`);
  onLine({
    kind: "step",
    text: `Once more without the lie: the same federation, everybody honest${but.length > 0 ? `, in which ${but.join(" and ")}` : ""}`,
  });
  const honest = await honestRuns.of({ seed, twinOf: attack, absences }, { signal, log });
  const problems = [
    ...checkEnding(run, attack),
    ...checkEnding(honest, undefined).map((problem) => `in the honest run, ${problem}`),
    ...compareModels(run, honest),
  ];
  return { attack, seed, run, honest, problems };
}

/**
 * Who must stay away from what, for the honest run to have the same models: in a round that came to nothing nobody
 * commits.
 */
function absencesOf(run: FederationRun, attack: Attack): Absences {
  if (!attack.ending.rolledBack) {
    const isLiar = attack.participant !== undefined || attack.endpoint !== undefined;
    const rounds = isLiar ? roundsWithoutLiar(run) : [];
    return rounds.length === 0 ? [] : [{ who: "participant", rounds }];
  }
  const counts = (round: RoundView) => round.phase === "accepted" && !round.void;
  const numbers = (rounds: readonly RoundView[]) => rounds.map(({ round }) => round);
  const lost = numbers(run.view.rounds.filter((round) => !counts(round)));
  const later = numbers(run.view.rounds.filter((round) => counts(round) && round.round > roundOfLie(attack)));
  return [
    { who: "all", rounds: lost },
    { who: "friends", rounds: later },
  ];
}

function given({ onLine = () => undefined, signal = new AbortController().signal, log }: AttackOptions) {
  return { onLine, signal, log };
}

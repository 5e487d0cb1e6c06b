import type { Attack } from "./attack.ts";
import { attackByName } from "./attack-by-name.ts";
import { checkEnding } from "./check-ending.ts";
import { compareModels, roundsWithoutLiar } from "./compare-models.ts";
import { type FederationOptions, type FederationRun, runFederation } from "./run-federation.ts";
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
    like: Pick<FederationOptions, "seed" | "absent" | "idle">,
    options: Pick<AttackOptions, "onLine" | "signal" | "log">,
  ): Promise<FederationRun>;
}

/** Honest runs, each made once: who holds what, who answers with how much and who lies makes no difference to an honest model. */
export function createHonestRuns(): HonestRuns {
  const runs = new Map<string, Promise<FederationRun>>();
  return {
    of(like, options) {
      const key = JSON.stringify(like);
      const run = runs.get(key) ?? runFederation({ ...like, ...given(options) });
      runs.set(key, run);
      return run;
    },
  };
}

/**
 * Runs a federation with one attack, then the same federation without it, and says in what the end is not what it must be.
 * Rejects with INVALID_CONFIG for an unknown name, and as runFederation does.
 */
export async function runAttack(name: string, options: AttackOptions = {}): Promise<AttackResult> {
  const attack = attackByName(name);
  const { seed = 1, honestRuns = createHonestRuns() } = options;
  const { onLine, signal, log } = given(options);
  onLine({ kind: "step", text: `Attack ${attack.name}: ${attack.summary}.` });
  const run = await runFederation({ seed, attack, onLine, signal, log });
  const absent = attack.participant === undefined ? [] : roundsWithoutLiar(run);
  const idle = attack.ending.fallen;
  const but = [
    ...(absent.length > 0 ? [`that participant misses round ${absent.join(" and ")}`] : []),
    ...(idle === undefined ? [] : [`nobody commits in round ${idle}`]),
  ];
  onLine({
    kind: "step",
    text: `Once more without the lie: the same federation, everybody honest${but.length > 0 ? `, in which ${but.join(" and ")}` : ""}`,
  });
  const honest = await honestRuns.of({ seed, absent, idle }, { signal, log });
  const problems = [
    ...checkEnding(run, attack),
    ...checkEnding(honest, undefined).map((problem) => `in the honest run, ${problem}`),
    ...compareModels(run, honest),
  ];
  return { attack, seed, run, honest, problems };
}

function given({ onLine = () => undefined, signal = new AbortController().signal, log }: AttackOptions) {
  return { onLine, signal, log };
}

import { foldTask } from "../../../node/core/record/fold-task.ts";
import type { TaskView } from "../../../node/core/record/task-view.ts";
import { falseAlarms } from "../../support/false-alarms.ts";
import { plainRules } from "../../support/states/plain-rules.ts";
import { createSimulatedFederation, type SimulatedFederation } from "./federation.ts";
import { brokenProperties } from "./properties.ts";
import type { Fault, Scenario } from "./scenario.ts";

/** Four participants and two aggregators to whom nothing happens. */
export const quiet: Scenario = {
  participants: 4,
  aggregators: 2,
  rules: {
    mode: "transparent",
    rule: "weighted-mean",
    fractionBits: 16,
    attempts: 3,
    parameterCount: 81,
    clipLanes: 1 << 20,
    maxWeight: 1000,
    serverRateQ16: 65_536,
    rounds: 3,
    minUpdates: 2,
    maxUpdates: 4,
    participationBps: 10_000,
    ...plainRules,
    attestationQuorum: 2,
    roundsPerParticipant: 0,
    commitWindowS: 30,
    aggregateWindowS: 20,
    attestWindowS: 20,
    challengeWindowS: 60,
  },
  faults: [],
  loss: 0,
  outage: 0,
  inclusion: 1,
  openWhenEnrolled: 4,
};

/** A federation after its run, its record, and what is not as it must be. */
export interface Played {
  readonly federation: SimulatedFederation;
  readonly view: TaskView;
  readonly broken: readonly string[];
}

/** Runs the quiet scenario with these faults and changes to its end. */
export async function play(
  faults: readonly Fault[],
  changes: Partial<Scenario> = {},
  options: { readonly seed?: number; readonly before?: (federation: SimulatedFederation) => void } = {},
): Promise<Played> {
  const federation = createSimulatedFederation(options.seed ?? 11, { ...quiet, ...changes, faults });
  options.before?.(federation);
  const { challengeWindowS } = federation.scenario.rules;
  const broken = await brokenProperties(federation, await federation.run(900 + 2 * challengeWindowS));
  return { federation, view: foldTask(federation.chain.events()), broken };
}

/** Proofs that the contract refused for proving nothing; being second is no such reason. */
export function wrongfulProofs({ log }: SimulatedFederation): readonly unknown[] {
  return log.filter(({ data }) => falseAlarms.includes(String(data?.revert)));
}

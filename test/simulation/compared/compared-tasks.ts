import type { TaskEvent } from "../../../node/core/record/task-events.ts";
import type { TaskRules } from "../../../node/core/records.ts";
import { fixtureRules } from "../../support/federation-fixture.ts";
import type { ModelEvent } from "../model/model-storage.ts";

const bondGwei = 3 * 10 ** 8;
const usual: TaskRules = {
  ...fixtureRules,
  ...{ rounds: 40, attempts: 3, minUpdates: 2, maxUpdates: 8, attestationQuorum: 2, parameterCount: 70 },
  ...{ clipLanes: 1000, maxWeight: 1000, roundsPerParticipant: 30 },
  ...{ commitWindowS: 1000, aggregateWindowS: 1000, attestWindowS: 1000, challengeWindowS: 7200 },
  ...{ aggregatorBondGwei: bondGwei, participantBondGwei: bondGwei + 1 },
};
const hidden = { minUpdates: 3, attestationQuorum: 3, keyWindowS: 660 } as const;

/** What the model is compared by: tasks of each mode, and what happens in them whatever is drawn. */
export const comparedTasks: Readonly<
  Record<string, { readonly rules: TaskRules; readonly happens: readonly TaskEvent["name"][] }>
> = {
  transparent: {
    rules: usual,
    happens: ["RoundAccepted", "Struck", "RolledBack", "MemberExpelled"],
  },
  drawing: {
    rules: { ...usual, participationBps: 6000, drawDelayBlocks: 4, rule: "trimmed-mean", trim: 1, minUpdates: 3 },
    happens: ["RoundDrawn", "RoundAccepted", "MemberExpelled"],
  },
  masked: {
    rules: { ...usual, ...hidden, mode: "masked", thresholdPercent: 67, statementRequired: true },
    happens: ["Advertised", "RoundAccepted", "Struck"],
  },
  encrypted: {
    rules: { ...usual, ...hidden, mode: "encrypted", aggregatorBondGwei: 0, participantBondGwei: 0 },
    happens: ["Advertised", "RoundAccepted"],
  },
};

const positions = ["blockNumber", "blockHash", "logIndex", "transactionHash", "sender", "gasUsed", "timestampS"];

/** What an event says, but for its place in the chain and names' letter case. */
export function told(event: ModelEvent | TaskEvent): unknown {
  const tell = (value: unknown): unknown => {
    if (typeof value === "bigint") return String(value);
    if (typeof value === "string") return value.toLowerCase();
    if (Array.isArray(value)) return value.map(tell);
    if (typeof value !== "object" || value === null) return value;
    const fields = Object.entries(value).filter(([name]) => !positions.includes(name));
    return Object.fromEntries(fields.map(([name, inner]) => [name, tell(inner)]));
  };
  return tell(event);
}

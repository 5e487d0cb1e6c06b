import { concatBytes } from "../../node/core/hex.ts";
import type { Advertisement, TaskRules } from "../../node/core/records.ts";
import type { TaskEvent } from "../../node/core/task-events.ts";
import { type MaskSecrets, roundSides } from "../../node/privacy/masking/index.ts";
import { fixtureRules } from "../support/federation-fixture.ts";
import type { ModelEvent } from "./model-storage.ts";

/** Of each bond in the tasks. */
export const bondGwei = 3 * 10 ** 8;
const usual = {
  ...fixtureRules,
  ...{ rounds: 40, attempts: 3, pipelined: true, minUpdates: 2, attestationQuorum: 2, parameterCount: 70 },
  ...{ commitWindowS: 1000, aggregateWindowS: 1000, challengeWindowS: 1000, maxUpdates: 8 },
  ...{ aggregatorBondGwei: bondGwei, participantBondGwei: bondGwei },
};
const hidden = { pipelined: false, minUpdates: 3, clipLanes: 1000, maxWeight: 1000, keyWindowS: 660 } as const;
/** What the two are compared by: tasks of each mode, and what happens in them whatever is drawn. */
export const comparedTasks: Readonly<
  Record<string, { readonly rules: TaskRules; readonly happens: readonly string[] }>
> = {
  transparent: { rules: usual, happens: ["RoundFinalized", "RoundInvalidated", "Challenged", "Demanded", "Left"] },
  masked: {
    rules: { ...usual, ...hidden, mode: "masked", thresholdPercent: 67 },
    happens: ["Advertised", "Opened", "RoundFinalized", "RoundInvalidated", "Challenged"],
  },
  encrypted: {
    rules: { ...usual, ...hidden, mode: "encrypted" },
    happens: ["Advertised", "Opened", "RoundFinalized", "RoundInvalidated"],
  },
};

/** Steps with which a task begins, whatever is drawn: `by` is who takes them, from 0. */
interface Step {
  readonly kind: string;
  readonly by?: number;
  readonly isFalse?: boolean;
}
const three = (kind: string): Step[] => [0, 1, 2].map((by) => ({ kind, by }));
/** By mode. */
export const beginnings: Readonly<Record<string, readonly Step[]>> = {
  // a masked round whose first proposal opens falsely, and is struck for it
  masked: [
    ...[{ kind: "open" }, ...three("advertise"), ...three("commit"), { kind: "close" }],
    ...[{ kind: "propose", isFalse: true }, { kind: "false-opening" }, { kind: "propose" }, { kind: "finalize" }],
  ],
};

/** What an event says that does not hang on hashes, seeds, names' letter case or when the test ran. */
export function told(event: ModelEvent | TaskEvent, startS: number): unknown {
  const hidden = ["blockNumber", "blockHash", "logIndex", "transactionHash", "sender", "gasUsed", "timestampS"];
  const random = ["seed", "accumulator", "historyHead", "rules", "spec", "evaluations"];
  const tell = (value: unknown): unknown => {
    if (typeof value === "bigint") return String(value);
    if (typeof value === "string") return value.toLowerCase();
    if (Array.isArray(value)) return value.map(tell);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, inner]) => {
        if (hidden.includes(name) || random.includes(name)) return [];
        if (!/deadlineS$/i.test(name)) return [[name, tell(inner)]];
        return [[name, Math.round((Number(inner) - startS) / 200)]];
      }),
    );
  };
  return tell(event);
}

/** What opens a masked round. */
export function openingsOf(
  advertisements: readonly Advertisement[],
  surviving: readonly number[],
  secretsOf: (key: Advertisement) => MaskSecrets,
): Uint8Array {
  const graph = { taskId: 1, round: 1, seed: 0n, drawn: 4, neighbours: 0 };
  const { survivors, dropped } = roundSides({ ...graph, advertisements, surviving });
  return concatBytes(...survivors.map((key) => secretsOf(key).seed), ...dropped.map((key) => secretsOf(key).secretKey));
}

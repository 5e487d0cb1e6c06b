import type { PublicMetric } from "../../api/index.ts";
import type { ChildEvent } from "./processes.ts";

/**
 * What the models of a demo reach on the public test set, as the first process says that has measured them; all say the
 * same.
 */
export interface PublicMetrics {
  hear(event: ChildEvent): void;
  /** Resolves to undefined where nobody has said it after `timeoutMs`. */
  of(round: number, timeoutMs: number): Promise<PublicMetric | undefined>;
}

/** Collects them. */
export function createPublicMetrics(): PublicMetrics {
  const told = new Map<number, PromiseWithResolvers<PublicMetric | undefined>>();
  const at = (round: number) => {
    const each = told.get(round) ?? Promise.withResolvers<PublicMetric | undefined>();
    told.set(round, each);
    return each;
  };
  return {
    hear: (event) => {
      if (event.event !== "progress" || event.kind !== "public-metric") return;
      const { lossQ24, r2Q24, ...counts } = event.metric as Record<string, unknown>;
      const exact = { lossQ24: BigInt(String(lossQ24)), ...(r2Q24 !== undefined && { r2Q24: BigInt(String(r2Q24)) }) };
      at(Number(event.round)).resolve({ ...(counts as { examples: number; correct?: number }), ...exact });
    },
    of: async (round, timeoutMs) => {
      const each = at(round);
      const timer = setTimeout(() => each.resolve(undefined), timeoutMs);
      const metric = await each.promise;
      clearTimeout(timer);
      return metric;
    },
  };
}

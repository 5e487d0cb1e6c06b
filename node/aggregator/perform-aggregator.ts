import { modeOf } from "../core/modes/mode-of.ts";
import { createGatherer } from "../rounds/blobs/gatherer.ts";
import type { ModelSource } from "../rounds/blobs/model-source.ts";
import { createShareBundles } from "../rounds/blobs/share-bundles.ts";
import type { ActionContext, Performed, Performers } from "../rounds/machine/machine.ts";
import { createRoleDesk } from "../rounds/machine/role-desk.ts";
import type { RoleDeps } from "../rounds/machine/role-process.ts";
import type { NodeTimes } from "../rounds/steps/node-times.ts";
import { updateKey } from "../rounds/words/update-key.ts";
import { aggregateEncrypted } from "./aggregate-encrypted.ts";
import { aggregateRound } from "./aggregate-round.ts";
import type { AggregatorAction, AggregatorEvent, AggregatorState } from "./aggregator-state.ts";
import { openRound } from "./open-round.ts";

/** What an aggregator's actions are carried out with. */
export interface AggregatorPerformerDeps extends RoleDeps {
  readonly source: ModelSource;
  readonly times: NodeTimes;
  /** Updates fetched at a time. */
  readonly places: number;
}

type Context = ActionContext<AggregatorState, AggregatorEvent>;
type ActionOf<K extends AggregatorAction["kind"]> = Extract<AggregatorAction, { kind: K }>;

/** Carries out an aggregator's actions. Each rejects as what it works with does: to be tried again. */
export function createAggregatorPerformers(
  deps: AggregatorPerformerDeps,
): Performers<AggregatorState, AggregatorEvent, AggregatorAction> {
  const { chain, store, transport, source, clock, log, times, places, onProgress } = deps;
  const me = chain.account;
  const bundles = createShareBundles({ store, transport });
  const fetchUpdate = createGatherer({ source, clock, log, places });
  const desk = createRoleDesk<AggregatorState>(deps);
  const adding = { ...deps, me, timeoutMs: times.answerTimeoutMs, memory: {} };
  /** What is computed, and since when. */
  let aggregating = { subject: "", startMs: 0 };

  async function gather({ commitment }: ActionOf<"gather">, { look, emit }: Context): Promise<undefined> {
    const fact = await fetchUpdate(commitment, look);
    const { updates, view } = emit({ kind: "update", commitment, fact });
    const of = view.rounds.findLast(({ round }) => round === commitment.round)?.commitments ?? [];
    const gathered = of.filter((one) => updates.has(updateKey(one))).length;
    onProgress?.({ kind: "gathered", round: commitment.round, updates: gathered, of: of.length });
  }

  async function aggregate(action: ActionOf<"aggregate">, { state, look, emit }: Context): Performed {
    const { subject } = action;
    if (aggregating.subject !== subject) aggregating = { subject, startMs: clock.nowMs() };
    const events = modeOf(look.view.rules).isRecomputable
      ? await aggregateRound({ me, source }, action, look)
      : await aggregateEncrypted(adding, action, { ...look, nowS: state.head.timestampS });
    for (const event of events) emit(event);
    return events.length === 0 ? { repeatMs: times.republishMs } : undefined;
  }

  async function send(action: ActionOf<"send">, context: Context): Performed {
    const sent = await desk.send(action, context);
    const { call } = action;
    if (call.kind === "propose" && sent !== undefined && "gasUsed" in sent) {
      const { gasUsed } = sent;
      const durationMs = clock.nowMs() - aggregating.startMs;
      onProgress?.({ kind: "proposed", round: call.round, gasUsed: Number(gasUsed), durationMs });
    }
    return sent;
  }

  return {
    ...desk,
    send,
    gather,
    aggregate,
    async "gather-shares"({ of, round }, { look, emit }) {
      await bundles.get(of, round, look);
      emit({ kind: "bundle", sharesId: of.sharesId });
      return undefined;
    },
    async open(action, { look, emit }) {
      emit({ kind: "opening", opening: await openRound({ bundles, log, onProgress }, action, look) });
      return undefined;
    },
  };
}

import { readBlob } from "../audit/index.ts";
import { isSealed } from "../core/blob-length.ts";
import { chunkTreeRoot } from "../core/chunk-tree.ts";
import { FedledgerError } from "../core/error.ts";
import { decodeLanes } from "../core/fixed-point.ts";
import { foldTask } from "../core/fold-task.ts";
import { hexEquals } from "../core/hex.ts";
import { initialLanes } from "../core/initial-model.ts";
import { bytesToLanes } from "../core/lanes.ts";
import { modelPart } from "../core/task-lanes.ts";
import { parseTaskSpecJson, type TaskSpec } from "../core/task-spec.ts";
import type { ChainReader } from "../ports/index.ts";
import { openContent } from "./content.ts";
import { openerOf, type openingSettings } from "./open-sealed.ts";
import type { Settings } from "./options.ts";

/** A model of a task, as its record has it. */
export interface RecordedModel {
  readonly spec: TaskSpec;
  /** Round that made it; 0 for the initial model. */
  readonly round: number;
  readonly modelRoot: `0x${string}`;
  /** Float32, in the model's order. */
  readonly parameters: Float32Array;
}

/**
 * The model after a round (the last final one without `round`), its bytes checked against the recorded root.
 * Rejects with UNKNOWN_TASK, INVALID_CONFIG for a round without a result, BLOB_NOT_FOUND, BLOB_CORRUPT, BLOB_SEALED.
 */
export async function recordedModel(
  chain: ChainReader,
  options: {
    readonly taskId: number;
    readonly round?: number | undefined;
    readonly content?: readonly string[] | undefined;
    readonly signal: AbortSignal;
  } & Settings<(typeof openingSettings)[number]>,
): Promise<RecordedModel> {
  const view = foldTask(await chain.history(options.taskId, { signal: options.signal }));
  const spec = parseTaskSpecJson(view.spec);
  const { fractionBits } = view.rules;
  const round =
    options.round === undefined
      ? view.rounds.findLast(({ phase }) => phase === "finalized")
      : view.rounds[options.round - 1];
  if (options.round === undefined && round === undefined) {
    return {
      spec,
      round: 0,
      modelRoot: view.initialModelRoot,
      parameters: decodeLanes(modelPart(initialLanes(spec, fractionBits), spec), fractionBits),
    };
  }
  if (round?.result === undefined || round.proposal === undefined) {
    throw new FedledgerError("INVALID_CONFIG", {
      name: "--round",
      reason: `round ${options.round} has no final model`,
    });
  }
  const { contentId, modelRoot, aggregator: sender } = round.proposal;
  const store = await openContent(chain, options.content);
  const sealed = isSealed(view);
  const opener = sealed ? await openerOf(options, chain, options.taskId) : undefined;
  const name = { round: round.round, sender, purpose: "model", root: modelRoot, contentId } as const;
  const lanes = bytesToLanes(
    await readBlob({ store, rules: view.rules, sealed, opener }, name, { signal: options.signal }),
  );
  if (!hexEquals(chunkTreeRoot(lanes), modelRoot)) throw new FedledgerError("BLOB_CORRUPT", { contentId });
  return { spec, round: round.round, modelRoot, parameters: decodeLanes(modelPart(lanes, spec), fractionBits) };
}

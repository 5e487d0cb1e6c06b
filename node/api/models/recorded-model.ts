import { readBlob } from "../../audit/index.ts";
import { chunkTreeRoot } from "../../core/bytes/chunk-tree.ts";
import { decodeLanes } from "../../core/bytes/fixed-point.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { bytesToLanes } from "../../core/bytes/lanes.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { RoundNumber } from "../../core/ids.ts";
import type { RoundView, TaskView } from "../../core/record/task-view.ts";
import { isSealed } from "../../core/task/blob-length.ts";
import { initialLanes } from "../../core/task/initial-model.ts";
import { modelPart } from "../../core/task/task-lanes.ts";
import { parseTaskSpecJson, type TaskSpec } from "../../core/task/task-spec.ts";
import type { BlobOpener } from "../../ports/index.ts";
import { type Content, openContent } from "../content/open-content.ts";
import { type TaskReader, viewOf } from "../record/open-record.ts";
import { openerOf, type ReaderSource, readerOf } from "../sealed/open-sealed.ts";

/** A model of a task, as its record has it. */
export interface RecordedModel {
  readonly spec: TaskSpec;
  /** Round that made it; 0 for the initial model. */
  readonly round: number;
  readonly modelRoot: `0x${string}`;
  /** Float32, in the model's order. */
  readonly parameters: Float32Array;
  /** Whether a roll-back made its round void; absent of the initial model. */
  readonly isVoid?: boolean;
  /** Second from which nobody can prove it wrong any more; absent of the initial model. */
  readonly finalFromS?: number;
}

/** Where a task's models are read from. */
export interface ModelReading {
  readonly view: TaskView;
  readonly store: Content;
  readonly opener?: BlobOpener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Which of a task's models, and by what it is read. */
export interface ModelOptions {
  /** Number of the round that made it; default the last accepted one that is not void, or the initial model. */
  readonly round?: RoundNumber | undefined;
  /** Where its bytes come from; default the members' gateways. */
  readonly content?: Content | undefined;
  /** Who reads it, where the task's blobs are sealed. */
  readonly reader?: ReaderSource | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A model of a task, its bytes checked against the recorded root; nothing is recomputed, which {@link audit} does.
 * Rejects with UNKNOWN_TASK, INVALID_CONFIG for a round without a result and where there is no content, BLOB_NOT_FOUND,
 * BLOB_CORRUPT, BLOB_SEALED, GRANT_INVALID.
 */
export async function readModel(record: TaskReader, options: ModelOptions = {}): Promise<RecordedModel> {
  const { signal } = options;
  const view = await viewOf(record, { signal });
  const spec = parseTaskSpecJson(view.spec);
  const { fractionBits } = view.rules;
  const round =
    options.round === undefined
      ? view.rounds.findLast((each) => each.result !== undefined && !each.void)
      : view.rounds.find(({ round: number }) => number === options.round);
  if (options.round === undefined && round === undefined) {
    return {
      spec,
      round: 0,
      modelRoot: view.initialModelRoot,
      parameters: decodeLanes(modelPart(initialLanes(spec, fractionBits), spec), fractionBits),
    };
  }
  if (round?.result === undefined) {
    throw new FedledgerError("INVALID_CONFIG", {
      name: "--round",
      reason: `round ${options.round} has no accepted model`,
    });
  }
  const store = options.content ?? (await openContent({ record }));
  const opener = isSealed(view) ? await openerOf(await readerOf(options.reader), record) : undefined;
  const lanes = await acceptedLanes({ view, store, opener, signal }, round);
  const { modelRoot } = round.result;
  return {
    spec,
    round: round.round,
    modelRoot,
    parameters: decodeLanes(modelPart(lanes, spec), fractionBits),
    isVoid: round.void ?? false,
    finalFromS: round.result.provableUntilS + 1,
  };
}

/** The lanes of an accepted round's model. Rejects with BLOB_NOT_FOUND, BLOB_CORRUPT, BLOB_SEALED. */
export async function acceptedLanes(
  { view, store, opener, signal }: ModelReading,
  { round, proposal }: RoundView,
): Promise<Int32Array> {
  if (proposal === undefined) {
    throw new FedledgerError("INVALID_CONFIG", { name: "--round", reason: `round ${round} has no model` });
  }
  const { contentId, modelRoot: root, aggregator: sender } = proposal;
  const reading = { store, rules: view.rules, sealed: isSealed(view), opener };
  const name = { round, sender, purpose: "model", root, contentId } as const;
  const lanes = bytesToLanes(await readBlob(reading, name, signal === undefined ? {} : { signal }));
  if (!hexEquals(chunkTreeRoot(lanes), root)) throw new FedledgerError("BLOB_CORRUPT", { contentId });
  return lanes;
}

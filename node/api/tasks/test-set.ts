import type { Settings } from "../../config/index.ts";
import { contentIdOf } from "../../core/bytes/content-id.ts";
import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { TaskRules } from "../../core/records.ts";
import { parseTaskSpecJson, type TaskSpec } from "../../core/task/task-spec.ts";
import { testSetBytes } from "../../core/task/test-set.ts";
import type { BlobStore, ChainReader, KeyedHashes, Log, MeasurePublicly } from "../../ports/index.ts";
import { bundledDatasets, namedTestSet, publicMetric } from "../../training/index.ts";
import { specOf } from "../record/open-record.ts";
import { datasetName } from "./dataset-name.ts";

/** A test set as a specification names it, and its bytes. */
export interface MadeTestSet {
  readonly name: NonNullable<TaskSpec["testSet"]>;
  readonly bytes: Uint8Array;
}

/**
 * The public test set of a task that is to be created: --test-set, else the part of the named data set that is kept for
 * it; undefined where there is neither, or the specification names one already. Rejects with INVALID_TEST_SET,
 * INVALID_DATA, FILE_NOT_FOUND, DATA_SALT_MISSING.
 */
export async function makeTestSet(
  spec: TaskSpec,
  { testSet, data }: Settings<"testSet" | "data">,
  hashes: KeyedHashes,
): Promise<MadeTestSet | undefined> {
  const source = testSet === undefined ? data && datasetName(data) : `csv:${testSet}`;
  if (source === undefined || (testSet === undefined && source.startsWith("csv:"))) return undefined;
  const { bytes, examples } = await namedTestSet(source, { spec, hashes, seed: spec.initialSeed });
  return { name: { contentId: await contentIdOf(bytes), examples }, bytes };
}

/**
 * The bytes of a task's public test set, where this machine can make them: from --test-set, --data, or a bundled data
 * set; else undefined.
 */
export async function ownTestSet(
  spec: TaskSpec,
  { testSet, data }: Partial<Settings<"testSet" | "data">>,
  hashes: KeyedHashes,
): Promise<Uint8Array | undefined> {
  const named = data === undefined ? [] : [datasetName(data)].filter((name) => !name.startsWith("csv:"));
  const sources = [
    ...(testSet === undefined ? [] : [`csv:${testSet}`]),
    ...named,
    ...Object.keys(bundledDatasets),
    "synthetic-ten",
  ];
  for (const source of sources) {
    try {
      const { bytes, examples } = await namedTestSet(source, { spec, hashes, seed: spec.initialSeed });
      if (examples === spec.testSet?.examples && (await contentIdOf(bytes)) === spec.testSet.contentId) return bytes;
    } catch (error) {
      // another data set than the task's; what was given by name is told
      if (!isFedledgerError(error) || source === `csv:${testSet}`) throw error;
    }
  }
  if (testSet === undefined) return undefined;
  throw new FedledgerError("INVALID_TEST_SET", { reason: `${testSet} is not the one that the task names` });
}

/** What of a task its measure rests on. */
export interface MeasuredTask {
  /** The specification's text as it is on the chain. */
  readonly spec: string;
  readonly rules: Pick<TaskRules, "fractionBits">;
}

/**
 * Rejects with INVALID_TEST_SET where a file is given for the public test set of a task that names another one, and as
 * files do. Nothing is said of a task whose specification is none.
 */
export async function requireOwnTestSet({ spec }: Pick<MeasuredTask, "spec">, testSet: string | undefined) {
  const parsed = testSet === undefined ? undefined : specOf({ spec });
  if (parsed?.testSet !== undefined) await ownTestSet(parsed, { testSet }, {});
}

/**
 * Measures models of a task on its public test set, whose blob is made here where that is possible, else fetched from
 * whoever has it, and kept. Resolves to undefined where the task has none, and while nobody gives it. What a creator
 * named is no test set, or of no use for the model: that is told once, and measures nothing; it is no error, so that
 * nobody's audit or node ends by it. Rejects with the signal's reason alone.
 */
export function createPublicMeasure(deps: {
  /** Asked for the members, who may have the blob. */
  readonly chain: Pick<ChainReader, "members">;
  readonly task: () => Promise<MeasuredTask>;
  readonly store: Pick<BlobStore, "get">;
  /** Keeps what was made here, so that others get it from this node. */
  readonly keep?: (bytes: Uint8Array) => Promise<unknown>;
  readonly values: Partial<Settings<"testSet" | "data">>;
  readonly hashes?: KeyedHashes;
  readonly log: Log;
}): MeasurePublicly {
  const { chain, store, keep, values, hashes = {}, log } = deps;
  let known: Promise<{ spec: TaskSpec; fractionBits: number; bytes: Uint8Array | undefined }> | undefined;
  let isTold = false;
  const taskOf = async () => {
    const { spec: text, rules } = await deps.task();
    const spec = parseTaskSpecJson(text);
    const bytes = spec.testSet && (await ownTestSet(spec, values, hashes));
    if (bytes !== undefined) await keep?.(bytes);
    return { spec, fractionBits: rules.fractionBits, bytes };
  };
  const fetched = async ({ model, testSet }: TaskSpec, signal: AbortSignal | undefined) => {
    if (testSet === undefined) return undefined;
    const peers = (await chain.members()).flatMap(({ contact }) => contact?.peerId ?? []);
    return await store
      .get(testSet.contentId, {
        lengthBytes: testSetBytes(model, testSet.examples),
        providers: peers,
        ...(signal && { signal }),
      })
      .catch((error: unknown) => {
        signal?.throwIfAborted();
        log.warn("The public test set is not to be had", { error });
        return undefined;
      });
  };
  return async (lanes, { signal }) => {
    try {
      known ??= taskOf();
      const task = await known;
      task.bytes ??= await fetched(task.spec, signal);
      return task.bytes && (await publicMetric(task, lanes, task.bytes, { signal }));
    } catch (error) {
      signal?.throwIfAborted();
      if (!isTold) log.warn("Models cannot be measured on the public test set that the task names", { error });
      isTold = true;
      // what failed may have been an endpoint's answer
      if (!isFedledgerError(error, "INVALID_TEST_SET")) known = undefined;
      return undefined;
    }
  };
}

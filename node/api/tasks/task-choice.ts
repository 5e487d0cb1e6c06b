import { required, type Settings } from "../../config/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import type { TaskRules } from "../../core/records.ts";
import { type ModelSpec, parseTaskSpec, parseTaskSpecJson, type TaskSpec } from "../../core/task/task-spec.ts";
import type { KeyedHashes } from "../../ports/index.ts";
import { readFileText } from "../../system/index.ts";
import { taskPreset } from "../../training/index.ts";
import type { ChainSide } from "../record/open-federation.ts";
import { privacySettings, withPrivacy } from "./task-privacy.ts";
import { ruleSettings, taskRules, testChain, withBonds } from "./task-rules.ts";
import { type MadeTestSet, makeTestSet, ownTestSet } from "./test-set.ts";

/** Settings that say what a task trains and by which rules. */
export const taskChoiceSettings = [
  "data",
  "model",
  "spec",
  "epochs",
  "batchSize",
  "learningRate",
  "seed",
  "blobs",
  "testSet",
  ...ruleSettings,
  ...privacySettings,
] as const;

/** A task as the settings say. */
export interface TaskChoice {
  readonly spec: TaskSpec;
  readonly rules: TaskRules;
  /** How many the first round waits for. */
  readonly participants: number;
  /** The public test set's bytes; absent where the task has none. */
  readonly testSet?: Uint8Array;
  /** How the demo divides the data where nothing else is said. */
  readonly partition: string;
  readonly heldOutFraction: number;
}

const modelKinds: readonly ModelSpec["kind"][] = ["linear-regression", "logistic-regression", "mlp", "cnn"];

/**
 * The task of a specification file, or of a preset with what the settings change, and with the noise they ask for.
 *
 * Its public test set is that of --test-set, else the part of a named data set that is kept for it.
 * Rejects with INVALID_CONFIG, INVALID_TASK_SPEC, INVALID_TEST_SET, FILE_NOT_FOUND, WINDOW_TOO_SHORT, and as {@link
 * withPrivacy} does.
 */
export async function chooseTask(
  values: Settings<(typeof taskChoiceSettings)[number]>,
  chain: ChainSide = testChain,
  hashes: KeyedHashes = {},
): Promise<TaskChoice> {
  const {
    start,
    rules: drafted,
    ...rest
  } = values.spec === undefined ? presetTask(values, chain) : await specTask(values.spec, values, chain);
  const { spec, rules } = withPrivacy(start, drafted, values);
  const made = spec.testSet
    ? await namedSet(spec, spec.testSet, values, hashes)
    : await makeTestSet(spec, values, hashes);
  return {
    ...rest,
    spec: made === undefined ? spec : { ...spec, testSet: made.name },
    rules: withBonds(rules, values, chain),
    ...(made && { testSet: made.bytes }),
    // the public test set takes the place of held-out parts
    heldOutFraction: made === undefined ? 0.2 : 0,
  };
}

/**
 * The test set that a specification names, which its creator must have: what nobody can make or give measures nothing.
 * Rejects with INVALID_TEST_SET.
 */
async function namedSet(
  spec: TaskSpec,
  name: MadeTestSet["name"],
  values: Pick<Settings<(typeof taskChoiceSettings)[number]>, "testSet" | "data">,
  hashes: KeyedHashes,
): Promise<MadeTestSet> {
  const bytes = await ownTestSet(spec, values, hashes);
  if (bytes !== undefined) return { name, bytes };
  const reason = "no bundled data set gives the one that the specification names: give it with --test-set FILE";
  throw new FedledgerError("INVALID_TEST_SET", { reason });
}

async function specTask(path: string, values: Settings<(typeof taskChoiceSettings)[number]>, chain: ChainSide) {
  const start = change(parseTaskSpecJson(await readFileText(path)), values);
  const participants = values.participants ?? 5;
  return { start, rules: taskRules(start, { ...values, participants }, chain), participants, partition: "iid" };
}

function presetTask(values: Settings<(typeof taskChoiceSettings)[number]>, chain: ChainSide) {
  const preset = taskPreset(required(values.data, "data").split(":")[0] ?? "", modelKind(values.model));
  const start = change(preset.spec, values);
  const participants = values.participants ?? preset.participants;
  const { fractionBits, clipLanes, maxWeight, serverRateQ16, rounds } = preset.rules;
  // in the other modes the numbers are made to fit the sum's modulus
  const numbers = modeOf({ mode: values.mode ?? "transparent" }).showsUpdates ? { fractionBits, maxWeight } : undefined;
  const ruled = {
    ...values,
    participants,
    rounds: values.rounds ?? rounds,
    participation: values.participation ?? preset.participationBps / 10_000,
    fractionBits: values.fractionBits ?? numbers?.fractionBits,
    clip: values.clip ?? clipLanes / 2 ** fractionBits,
    maxWeight: values.maxWeight ?? numbers?.maxWeight,
    serverRate: values.serverRate ?? serverRateQ16 / 65536,
  };
  return { start, rules: taskRules(start, ruled, chain), participants, partition: preset.partition };
}

function change(
  spec: TaskSpec,
  {
    epochs,
    batchSize,
    learningRate,
    seed,
    blobs,
  }: Settings<"epochs" | "batchSize" | "learningRate" | "seed" | "blobs">,
): TaskSpec {
  const { blobs: own, ...rest } = spec;
  // a public task says nothing of it
  const sealed = (blobs ?? own) === "members";
  return parseTaskSpec({
    ...rest,
    ...(sealed && { blobs: "members" }),
    initialSeed: seed ?? spec.initialSeed,
    training: {
      ...spec.training,
      ...(epochs !== undefined && { epochs }),
      ...(batchSize !== undefined && { batchSize }),
      ...(learningRate !== undefined && { learningRate }),
    },
  });
}

function modelKind(name: string | undefined): ModelSpec["kind"] | undefined {
  if (name === undefined) return undefined;
  const kind = modelKinds.find((each) => each === name);
  if (kind !== undefined) return kind;
  throw new FedledgerError("INVALID_CONFIG", {
    name: "--model",
    reason: `"${name}" is none of ${modelKinds.join(", ")}`,
  });
}

import { FedledgerError } from "../core/error.ts";
import type { TaskRules } from "../core/records.ts";
import { type ModelSpec, parseTaskSpec, parseTaskSpecJson, type TaskSpec } from "../core/task-spec.ts";
import { readFileText } from "../system/index.ts";
import { taskPreset } from "../training/index.ts";
import { required, type Settings } from "./options.ts";
import { privacySettings, withPrivacy } from "./task-privacy.ts";
import { ruleSettings, taskRules } from "./task-rules.ts";

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
  ...ruleSettings,
  ...privacySettings,
] as const;

/** A task as the settings say. */
export interface TaskChoice {
  readonly spec: TaskSpec;
  readonly rules: TaskRules;
  readonly participants: number;
  /** How the demo divides the data where nothing else is said. */
  readonly partition: string;
  readonly heldOutFraction: number;
}

const modelKinds: Readonly<Record<string, ModelSpec["kind"]>> = {
  linear: "linear-regression",
  logistic: "logistic-regression",
  mlp: "mlp",
  cnn: "cnn",
};

/**
 * The task of a specification file, or of a preset with what the settings change, and with the noise they ask for.
 * Rejects with INVALID_CONFIG, INVALID_TASK_SPEC, FILE_NOT_FOUND, and as {@link withPrivacy} does.
 */
export async function chooseTask(values: Settings<(typeof taskChoiceSettings)[number]>): Promise<TaskChoice> {
  if (values.spec !== undefined) {
    const spec = change(parseTaskSpecJson(await readFileText(values.spec)), values);
    const participants = values.participants ?? 5;
    return {
      ...withPrivacy(spec, taskRules(spec, { ...values, participants }), values),
      participants,
      partition: "iid",
      heldOutFraction: 0.2,
    };
  }
  const preset = taskPreset(required(values.data, "data").split(":")[0] ?? "", modelKind(values.model));
  const spec = change(preset.spec, values);
  const participants = values.participants ?? preset.participants;
  const { fractionBits, clipLanes, maxWeight, serverRateQ16, rounds } = preset.rules;
  // in the other modes the numbers are made to fit the sum's modulus
  const numbers = (values.mode ?? "transparent") === "transparent" ? { fractionBits, maxWeight } : undefined;
  const ruled = taskRules(spec, {
    ...values,
    participants,
    rounds: values.rounds ?? rounds,
    participation: values.participation ?? preset.participationBps / 10_000,
    fractionBits: values.fractionBits ?? numbers?.fractionBits,
    clip: values.clip ?? clipLanes / 2 ** fractionBits,
    maxWeight: values.maxWeight ?? numbers?.maxWeight,
    serverRate: values.serverRate ?? serverRateQ16 / 65536,
  });
  return {
    ...withPrivacy(spec, ruled, values),
    participants,
    partition: preset.partition,
    heldOutFraction: preset.heldOutFraction,
  };
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
  const kind = modelKinds[name] ?? Object.values(modelKinds).find((each) => each === name);
  if (kind !== undefined) return kind;
  throw new FedledgerError("INVALID_CONFIG", {
    name: "--model",
    reason: `"${name}" is none of ${Object.keys(modelKinds).join(", ")}`,
  });
}

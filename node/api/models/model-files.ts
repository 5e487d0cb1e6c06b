import { encodeSafetensors, encodeTfjsModel } from "../../training/index.ts";
import type { TaskReader } from "../record/open-record.ts";
import type { RecordedModel } from "./recorded-model.ts";

/**
 * A model as files, by their names: "safetensors" is one file of float32, "tfjs" a TensorFlow.js layers model
 * (model.json, weights.bin). Each says which round of which task it is, and its root.
 */
export function modelFiles(
  { spec, round, modelRoot, parameters }: RecordedModel,
  { chain, taskId }: TaskReader,
  format: "safetensors" | "tfjs",
): Readonly<Record<string, string | Uint8Array>> {
  const metadata = {
    format: "pt",
    federation: chain.federation,
    chainId: String(chain.chainId),
    task: String(taskId),
    round: String(round),
    modelRoot,
  };
  return format === "safetensors"
    ? { "model.safetensors": encodeSafetensors(spec.model, parameters, metadata) }
    : { ...encodeTfjsModel(spec.model, parameters, metadata) };
}

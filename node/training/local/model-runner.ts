import type { TaskSpec } from "../../core/task/task-spec.ts";
import type { EvaluationResult } from "../../ports/trainer.ts";
import { checkDatasetFits, type Dataset } from "../data/dataset.ts";
import { type BackendChoice, selectBackend } from "../models/backend.ts";

/** A task's model, for measuring and predicting without training. */
export interface ModelRunner {
  /** What computes, for people. */
  readonly description: string;
  /** Metric and mean loss on a data set (see evaluation.ts). Throws LENGTH_MISMATCH, INVALID_DATA. */
  evaluate(
    parameters: Float32Array,
    data: Dataset,
    options?: { readonly signal?: AbortSignal },
  ): Promise<EvaluationResult>;
  /**
   * Row by row, samples × outputs: the probability of each class, of the positive class, or the numbers. Labels are not
   * looked at.
   *
   * Throws LENGTH_MISMATCH, INVALID_DATA.
   */
  predict(parameters: Float32Array, data: Dataset, options?: { readonly signal?: AbortSignal }): Promise<Float32Array>;
}

/** A runner on this process's TensorFlow.js, loaded at the first use. Throws BACKEND_UNAVAILABLE, UNSUPPORTED_MODEL. */
export async function createModelRunner(
  spec: Pick<TaskSpec, "model">,
  options: { readonly backend?: BackendChoice } = {},
): Promise<ModelRunner> {
  const { description, tfName } = await selectBackend(options.backend);
  const { evaluateModel, predictModel } = await import("./evaluation.ts");
  const { createTfModel } = await import("../models/models.ts");
  const model = createTfModel(spec.model);
  return {
    description,
    evaluate(parameters, data, call) {
      checkDatasetFits(data, spec.model);
      return evaluateModel({ model, output: spec.model.output, data, tfName }, parameters, call);
    },
    predict(parameters, data, call) {
      checkDatasetFits(data, spec.model, { labelled: false });
      return predictModel({ model, data, tfName }, parameters, call);
    },
  };
}

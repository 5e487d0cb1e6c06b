import { itemAt } from "../../core/bytes/items.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { TaskSpec } from "../../core/task/task-spec.ts";

/**
 * The scaling that a specification declares: `(value - offset) * scale` in double precision, then rounded to float32.
 * `at` is the input's place, from 0 to `width - 1`. Throws INVALID_DATA where a list has another length than `width`.
 */
export function createInputScaling(
  { offset = 0, scale = 1 }: Pick<TaskSpec["data"], "offset" | "scale">,
  width: number,
  source: string,
): (value: number, at: number) => number {
  for (const [name, list] of Object.entries({ offset, scale })) {
    if (typeof list !== "number" && list.length !== width) {
      throw new FedledgerError("INVALID_DATA", {
        source,
        reason: `the task gives ${list.length} values of ${name}, the model takes ${width} inputs`,
      });
    }
  }
  return (value, at) => {
    const from = typeof offset === "number" ? offset : itemAt(offset, at);
    const by = typeof scale === "number" ? scale : itemAt(scale, at);
    return Math.fround((value - from) * by);
  };
}

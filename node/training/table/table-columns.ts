import type { DataSpec } from "../../core/task/data-spec.ts";

/** Which of a table's columns are what, as places among those that the transforms leave. */
export interface ChosenColumns {
  /** In the model's order. */
  readonly inputs: readonly number[];
  /** -1: there is none. */
  readonly label: number;
}

/**
 * Finds inputs and label: `data.columns` and `data.label`, without them all but the label in the file's order, and the
 * last one. Refuses a name that is not there or there twice, a label among the inputs, and another number of inputs
 * than `width`.
 *
 * @param names the columns, without those that are erased
 */
export function chooseColumns(
  names: readonly string[],
  { data, labelled = true }: { readonly data: DataSpec; readonly labelled?: boolean },
  width: number,
  refuse: (reason: string) => never,
): ChosenColumns {
  const find = (name: string): number => findColumn(names, name, refuse);
  const labelName = data.label ?? (labelled ? names.at(-1) : undefined);
  const label = labelName === undefined || !(labelled || names.includes(labelName)) ? -1 : find(labelName);
  const inputs = data.columns?.map(find) ?? names.flatMap((_, at) => (at === label ? [] : [at]));
  if (inputs.some((at) => at === label)) refuse(`column ${quoted(names[label] ?? "")} is both an input and the label`);
  if (inputs.length !== width) refuse(`it has ${inputs.length} input columns, the model takes ${width}`);
  return { inputs, label };
}

/** The place of the one column of this name; refuses where there is none, or another of the name. */
export function findColumn(names: readonly string[], name: string, refuse: (reason: string) => never): number {
  const at = names.indexOf(name);
  if (at < 0) refuse(`there is no column ${quoted(name)}`);
  if (names.lastIndexOf(name) !== at) refuse(`there are two columns ${quoted(name)}`);
  return at;
}

/** A text of a file for a message, cut where it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

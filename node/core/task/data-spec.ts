import { z } from "zod";

const column = z.string().min(1);
const finite = z.number();
const columns = z.array(column).min(1).refine(areDifferent, "a column is named twice");

/** One declared change of one or several columns of a table, made before anything else sees the rows. */
const transform = z.discriminatedUnion("kind", [
  /** A fixed table of values: [from, to] each; a value that is not in it becomes `otherwise`, or is refused. */
  z.strictObject({
    kind: z.literal("replace"),
    columns,
    table: z
      .array(z.tuple([z.string(), z.union([finite, z.string()])]))
      .min(1)
      .refine((table) => areDifferent(table.map(([from]) => from)), "a value is replaced twice"),
    otherwise: z.union([finite, z.string()]).optional(),
  }),
  /** A keyed hash: HMAC-SHA256 under a secret salt, as one of so many buckets, or cut to so many bits. */
  z
    .strictObject({
      kind: z.literal("hash"),
      columns,
      salt: z.enum(["task", "participant"]),
      buckets: z
        .int()
        .min(2)
        .max(1 << 24)
        .optional(),
      bits: z.int().min(8).max(48).optional(),
    })
    .refine(({ buckets, bits }) => (buckets === undefined) !== (bits === undefined), "expected buckets or bits"),
  /** Not used at all, or the same constant in every row. */
  z.strictObject({ kind: z.literal("erase"), columns, to: z.union([finite, z.string()]).optional() }),
  /** Ranges from each edge to before the next (the last one with its end), as their middle or their place from 0. */
  z.strictObject({
    kind: z.literal("ranges"),
    columns,
    edges: z
      .array(finite)
      .min(2)
      .max(1024)
      .refine(
        (edges) => edges.every((edge, i) => edge > (edges[i - 1] ?? Number.NEGATIVE_INFINITY)),
        "expected ascending edges",
      ),
    to: z.enum(["middle", "place"]),
  }),
  /** A date as its year; `order` is that of year, month and day in the text, default "ymd". */
  z.strictObject({ kind: z.literal("year"), columns, order: z.enum(["ymd", "dmy", "mdy"]).optional() }),
  /** What is above `most` becomes `most`. */
  z.strictObject({ kind: z.literal("top-code"), columns, most: finite }),
  /** What is below `least` becomes `least`. */
  z.strictObject({ kind: z.literal("bottom-code"), columns, least: finite }),
]);

/** How alike a participant's rows must be in what others may know about people (Sweeney 2002, k-anonymity). */
const anonymity = z.strictObject({
  /** Fewest rows that share their quasi-identifiers. */
  k: z.int().min(2).max(1_000_000),
  quasiIdentifiers: columns,
});

/** How a table becomes inputs and labels; columns absent = the data set's own order. */
export const dataSpec = z
  .strictObject({
    /** Feature columns in input order. */
    columns: z.array(column).optional(),
    /** Label column. */
    label: column.optional(),
    /** Label values in class order, as text. */
    classes: z.array(z.string()).optional(),
    /** input = (value - offset) * scale; one number for all inputs, or one for each. */
    offset: z.union([finite, z.array(finite)]).optional(),
    scale: z.union([finite, z.array(finite)]).optional(),
    /** Changes of columns, in order; a column may have several. */
    transforms: z.array(transform).max(256).optional(),
    /**
     * The first 8 bytes, in hexadecimal, of what HMAC-SHA256 under the task's salt makes of "fedledger/salt-check/1".
     */
    saltCheck: z
      .string()
      .regex(/^[0-9a-f]{16}$/, "expected 16 hexadecimal digits")
      .optional(),
    anonymity: anonymity.optional(),
  })
  .check(({ value, issues }) => {
    const refuse = (path: string, message: string) =>
      issues.push({ code: "custom", path: [path], message, input: value });
    const { transforms = [], saltCheck } = value;
    for (const name of erasedAndChanged(transforms)) refuse("transforms", `column "${name}" is erased, and changed`);
    const gone = erasedColumns({ transforms });
    const used: readonly [string, readonly string[]][] = [
      ["columns", value.columns ?? []],
      ["label", value.label === undefined ? [] : [value.label]],
      ["anonymity", value.anonymity?.quasiIdentifiers ?? []],
    ];
    for (const [path, names] of used) {
      for (const name of names.filter((each) => gone.has(each)))
        refuse(path, `column "${name}" is erased by a transform`);
    }
    const usesSalt = transforms.some((each) => each.kind === "hash" && each.salt === "task");
    if (saltCheck !== undefined && !usesSalt) refuse("saltCheck", "no transform uses the task's salt");
  });

/** The data part of a specification. */
export type DataSpec = z.infer<typeof dataSpec>;
/** One transform of a specification. */
export type Transform = z.infer<typeof transform>;
/** What a task asks of its participants' rows. */
export type Anonymity = z.infer<typeof anonymity>;

/** The columns that a specification erases without a constant: for everything else they are not in the table. */
export function erasedColumns({ transforms = [] }: Pick<DataSpec, "transforms">): ReadonlySet<string> {
  return new Set(transforms.flatMap((each) => (each.kind === "erase" && each.to === undefined ? each.columns : [])));
}

/** Columns with a transform that erases them, and another one. */
function erasedAndChanged(transforms: readonly Transform[]): readonly string[] {
  const kindsOf = new Map<string, string[]>();
  for (const { kind, columns } of transforms) {
    for (const name of columns) kindsOf.set(name, [...(kindsOf.get(name) ?? []), kind]);
  }
  return [...kindsOf].flatMap(([name, kinds]) => (kinds.includes("erase") && kinds.length > 1 ? [name] : []));
}

function areDifferent(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

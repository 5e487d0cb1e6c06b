import type { Address, Bytes32, Hex } from "../core/ids.ts";
import type { Custody } from "../core/records.ts";
import type { Journal } from "../ports/system.ts";

type Subject = Omit<Custody, "aggregator" | "signature">;
type Words = readonly Pick<Custody, "aggregator" | "signature">[];

/** The custody words that this participant was given for its updates: they outlive the process. */
export interface CustodyWords {
  /** Keeps one; on disk when it resolves. */
  keep(custody: Custody): Promise<void>;
  /** All that were given for an update. Words that cannot be read count as none. */
  of(subject: Subject): Promise<readonly Custody[]>;
}

/** The words in a journal, one entry an update. */
export function createCustodyWords(journal: Journal): CustodyWords {
  const keyOf = ({ taskId, round, updateRoot, contentId }: Subject): string =>
    `custody/${taskId}/${round}/${updateRoot}/${contentId}`.toLowerCase();
  const read = async (subject: Subject): Promise<Words> => parsed(await journal.get(keyOf(subject)));
  // answers come at once from several aggregators: one entry is read and written at a time
  let last: Promise<unknown> = Promise.resolve();
  return {
    keep(custody) {
      const { aggregator, signature } = custody;
      const kept = last
        .catch(() => undefined)
        .then(async () => {
          const others = (await read(custody)).filter((word) => word.aggregator !== aggregator);
          const text = JSON.stringify([...others, { aggregator, signature }]);
          await journal.put(keyOf(custody), new TextEncoder().encode(text));
        });
      last = kept;
      return kept;
    },
    of: async (subject) => (await read(subject)).map((word) => ({ ...pick(subject), ...word })),
  };
}

function pick({ taskId, round, participant, updateRoot, contentId }: Subject): Subject {
  return { taskId, round, participant, updateRoot, contentId };
}

function parsed(bytes: Uint8Array | undefined): Words {
  if (bytes === undefined) return [];
  try {
    const list = JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    return Array.isArray(list) ? list.filter(isWord) : [];
  } catch {
    return [];
  }
}

function isWord(value: { aggregator?: Address; signature?: Hex } | null): boolean {
  return isHex(value?.aggregator, 20) && isHex(value?.signature, 65);
}

function isHex(value: Address | Hex | Bytes32 | undefined, bytes: number): boolean {
  return typeof value === "string" && new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`).test(value);
}

import { fromHex } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32, Hex, RoundNumber, TaskId } from "../../core/ids.ts";
import type { Journal } from "../../ports/system.ts";

/** A round of a task, whichever way a chain went on: what is written of it stands for all of its openings. */
export interface MaskRound {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
}

/**
 * That an update was masked: the only one of its round; in the journal before the masked update leaves the node. No
 * secret.
 */
export interface MaskedRecord {
  /** The round's, with all keys that the masks are made with. */
  readonly anchor: Bytes32;
  readonly baseModelRoot: Bytes32;
  readonly updateRoot: Bytes32;
  readonly contentId: Bytes32;
  readonly weight: number;
}

/** Which closing this node signed: the only one of its round; in the journal before the word leaves the node. */
export interface ClosingRecord {
  readonly accumulator: Bytes32;
}

/**
 * The records of one journal. A read rejects with MASK_RECORD_BROKEN for a record that cannot be read: it never counts
 * as none.
 */
export interface MaskJournal {
  readMasked(of: MaskRound): Promise<MaskedRecord | undefined>;
  /** Rejects with MASK_ALREADY_USED if another update of this round was masked. */
  writeMasked(of: MaskRound, record: MaskedRecord): Promise<void>;
  readClosing(of: MaskRound): Promise<ClosingRecord | undefined>;
  /** Rejects with MASK_SET_CHANGED if another closing of this round was signed. */
  writeClosing(of: MaskRound, record: ClosingRecord): Promise<void>;
}

/** The records in a journal of this process; another process must not use the same one. */
export function createMaskJournal(journal: Journal): MaskJournal {
  const read = async <T>(kind: string, of: MaskRound, parse: (fields: Fields) => T): Promise<T | undefined> => {
    const bytes = await journal.get(keyOf(kind, of));
    if (bytes === undefined) return undefined;
    try {
      return parse(JSON.parse(new TextDecoder().decode(bytes)) as Fields);
    } catch (error) {
      throw new FedledgerError("MASK_RECORD_BROKEN", { round: of.round }, error);
    }
  };
  /** Writes once; what stands there is given back where it is another. */
  const write = async (kind: string, of: MaskRound, record: object): Promise<string | undefined> => {
    const text = JSON.stringify(record);
    const written = await journal.get(keyOf(kind, of));
    if (written === undefined) {
      await journal.put(keyOf(kind, of), new TextEncoder().encode(text));
      return undefined;
    }
    const before = new TextDecoder().decode(written);
    return before === text ? undefined : before;
  };
  const journalOf: MaskJournal = {
    readMasked: (of) => read("masked-update", of, parseMasked),
    async writeMasked(of, { anchor, baseModelRoot, updateRoot, contentId, weight }) {
      const record = { anchor: lower(anchor), baseModelRoot, updateRoot, contentId, weight };
      if ((await write("masked-update", of, record)) === undefined) return;
      throw new FedledgerError("MASK_ALREADY_USED", { round: of.round, reason: "the journal has another update" });
    },
    readClosing: (of) => read("closing", of, (fields) => ({ accumulator: bytes32In(fields, "accumulator") })),
    async writeClosing(of, { accumulator }) {
      if ((await write("closing", of, { accumulator: lower(accumulator) })) === undefined) return;
      const expected = (await journalOf.readClosing(of))?.accumulator;
      throw new FedledgerError("MASK_SET_CHANGED", { round: of.round, expected, actual: accumulator });
    },
  };
  return journalOf;
}

type Fields = Record<string, unknown>;

function keyOf(kind: string, { taskId, round }: MaskRound): string {
  return `${kind}/${taskId}/${round}`;
}

function lower(word: Bytes32): Bytes32 {
  return word.toLowerCase() as Bytes32;
}

function parseMasked(fields: Fields): MaskedRecord {
  const { weight } = fields;
  if (!Number.isSafeInteger(weight) || (weight as number) < 1) throw unreadable("weight", weight);
  return {
    anchor: bytes32In(fields, "anchor"),
    baseModelRoot: bytes32In(fields, "baseModelRoot"),
    updateRoot: bytes32In(fields, "updateRoot"),
    contentId: bytes32In(fields, "contentId"),
    weight: weight as number,
  };
}

function bytes32In(fields: Fields, name: string): Hex {
  const value = fields[name];
  if (typeof value === "string" && value.length === 66 && fromHex(value).length === 32) return value as Hex;
  throw unreadable(name, value);
}

function unreadable(name: string, value: unknown): FedledgerError {
  return new FedledgerError("INVALID_ARGUMENT", { name, value: typeof value, expected: "as it was written" });
}

import { FedledgerError } from "../../core/error.ts";
import { abiWords, fromHex, toHex } from "../../core/hex.ts";
import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "../../core/ids.ts";
import { keccak256 } from "../../core/keccak.ts";
import type { Advertisement } from "../../core/records.ts";
import type { Journal } from "../../ports/system.ts";
import type { MaskSecrets } from "./mask-keys.ts";

/** One opening of a round: secrets are for one only. */
export interface RoundOpening {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  /** 72 bits. */
  readonly seed: bigint;
}

/** A participant's secrets of a round, and the rules it holds itself to; in the journal before anything of them leaves the node. */
export interface SecretsRecord extends RoundOpening {
  readonly baseModelRoot: Bytes32;
  readonly participant: Address;
  readonly slot: number;
  readonly drawn: number;
  readonly neighbours: number;
  readonly thresholdPercent: number;
  readonly minUpdates: number;
  readonly secrets: MaskSecrets;
  /** Content id of the share bundle. */
  readonly sharesId: Bytes32;
}

/** That an update was masked: the only one under these secrets; in the journal before the masked update leaves the node. */
export interface MaskedRecord {
  readonly baseModelRoot: Bytes32;
  /** See {@link keysHash}: of the keys that its masks are made with. */
  readonly keys: Bytes32;
  readonly updateRoot: Bytes32;
  readonly contentId: Bytes32;
  readonly weight: number;
}

/** For which closing what was given; in the journal before it leaves the node. */
export interface AnswerRecord {
  readonly accumulator: Bytes32;
  /** Slots of the neighbours of whose seed, and of whose secret key, a share was given. */
  readonly seedsOf: readonly number[];
  readonly keysOf: readonly number[];
}

/** What of an advertisement is bound. */
export type BoundKey = Pick<Advertisement, "participant" | "slot" | "maskKey" | "seedHash" | "sharesId">;

/** Binds a set of advertisements, whatever their order. */
export function keysHash(advertisements: readonly BoundKey[]): Bytes32 {
  const sorted = [...advertisements].sort((a, b) => a.slot - b.slot);
  const words = sorted.flatMap(({ participant, slot, maskKey, seedHash, sharesId }) => {
    return [participant, slot, maskKey, seedHash, sharesId];
  });
  return toHex(keccak256(abiWords(...words)));
}

/** The records of one journal. A read rejects with MASK_RECORD_BROKEN for a record that cannot be read: it never counts as none. */
export interface MaskJournal {
  readSecrets(opening: RoundOpening): Promise<SecretsRecord | undefined>;
  /** Rejects with MASK_ALREADY_USED if there are others of this opening. */
  writeSecrets(record: SecretsRecord): Promise<void>;
  readMasked(opening: RoundOpening): Promise<MaskedRecord | undefined>;
  /** Rejects with MASK_ALREADY_USED if another update of this opening was masked. */
  writeMasked(opening: RoundOpening, record: MaskedRecord): Promise<void>;
  readAnswer(opening: RoundOpening): Promise<AnswerRecord | undefined>;
  /** Rejects with MASK_SET_CHANGED if an answer for another closing was given. */
  writeAnswer(opening: RoundOpening, record: AnswerRecord): Promise<void>;
  /** Forgets the secrets of a round that has ended, so that nobody who takes the journal later reads its update. What was masked and given stays. */
  forget(opening: RoundOpening): Promise<void>;
}

/** The records in a journal of this process; another process must not use the same one. */
export function createMaskJournal(journal: Journal): MaskJournal {
  const read = async <T>(kind: string, opening: RoundOpening, parse: (fields: Fields) => T): Promise<T | undefined> => {
    const bytes = await journal.get(keyOf(kind, opening));
    if (bytes === undefined) return undefined;
    try {
      return parse(JSON.parse(new TextDecoder().decode(bytes)) as Fields);
    } catch (error) {
      throw new FedledgerError("MASK_RECORD_BROKEN", { round: opening.round }, error);
    }
  };
  const write = async (
    kind: string,
    opening: RoundOpening,
    record: object,
    code: "MASK_ALREADY_USED" | "MASK_SET_CHANGED",
  ) => {
    const text = JSON.stringify(record, (_, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value));
    const key = keyOf(kind, opening);
    const written = await journal.get(key);
    if (written === undefined) return await journal.put(key, new TextEncoder().encode(text));
    if (new TextDecoder().decode(written) === text) return;
    const { round } = opening;
    throw new FedledgerError(code, {
      round,
      reason: "the journal has another record",
      expected: "another",
      actual: "this",
    });
  };
  return {
    readSecrets: (opening) => read("mask-secrets", opening, (fields) => parseSecrets(opening, fields)),
    writeSecrets: async (record) => await write("mask-secrets", record, secretsFields(record), "MASK_ALREADY_USED"),
    readMasked: (opening) => read("masked-update", opening, parseMasked),
    writeMasked: async (opening, { baseModelRoot, keys, updateRoot, contentId, weight }) =>
      await write(
        "masked-update",
        opening,
        { baseModelRoot, keys, updateRoot, contentId, weight },
        "MASK_ALREADY_USED",
      ),
    readAnswer: (opening) => read("mask-answer", opening, parseAnswer),
    writeAnswer: async (opening, { accumulator, seedsOf, keysOf }) =>
      await write("mask-answer", opening, { accumulator, seedsOf, keysOf }, "MASK_SET_CHANGED"),
    forget: async (opening) => await journal.delete(keyOf("mask-secrets", opening)),
  };
}

type Fields = Record<string, unknown>;

function keyOf(kind: string, { taskId, round, seed }: RoundOpening): string {
  return `${kind}/${taskId}/${round}/${seed.toString(16)}`;
}

function secretsFields({ taskId: _, round: __, seed: ___, secrets, ...rest }: SecretsRecord): object {
  const { seed, secretKey, maskKey, seedHash } = secrets;
  return { ...rest, secrets: { seed, secretKey, maskKey, seedHash } };
}

function parseSecrets({ taskId, round, seed }: RoundOpening, fields: Fields): SecretsRecord {
  const secrets = fields.secrets as Fields;
  return {
    taskId,
    round,
    seed,
    baseModelRoot: hexIn(fields, "baseModelRoot", 32),
    participant: hexIn(fields, "participant", 20),
    slot: countIn(fields, "slot"),
    drawn: countIn(fields, "drawn"),
    neighbours: countIn(fields, "neighbours"),
    thresholdPercent: countIn(fields, "thresholdPercent"),
    minUpdates: countIn(fields, "minUpdates"),
    secrets: {
      seed: fromHex(hexIn(secrets, "seed", 32)),
      secretKey: fromHex(hexIn(secrets, "secretKey", 32)),
      maskKey: hexIn(secrets, "maskKey", 32),
      seedHash: hexIn(secrets, "seedHash", 32),
    },
    sharesId: hexIn(fields, "sharesId", 32),
  };
}

function parseMasked(fields: Fields): MaskedRecord {
  return {
    baseModelRoot: hexIn(fields, "baseModelRoot", 32),
    keys: hexIn(fields, "keys", 32),
    updateRoot: hexIn(fields, "updateRoot", 32),
    contentId: hexIn(fields, "contentId", 32),
    weight: countIn(fields, "weight"),
  };
}

function parseAnswer(fields: Fields): AnswerRecord {
  const slots = (name: string) => {
    const list = fields[name];
    if (Array.isArray(list) && list.every(Number.isSafeInteger)) return list as number[];
    throw unreadable(name, list);
  };
  return { accumulator: hexIn(fields, "accumulator", 32), seedsOf: slots("seedsOf"), keysOf: slots("keysOf") };
}

function hexIn(fields: Fields, name: string, length: number): Hex {
  const value = fields[name];
  if (typeof value === "string" && value.length === 2 + 2 * length && fromHex(value).length === length)
    return value as Hex;
  throw unreadable(name, value);
}

function countIn(fields: Fields, name: string): number {
  const value = fields[name];
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw unreadable(name, value);
}

function unreadable(name: string, value: unknown): FedledgerError {
  return new FedledgerError("INVALID_ARGUMENT", { name, value: typeof value, expected: "as it was written" });
}

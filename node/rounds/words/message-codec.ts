import type { TaskId } from "../../core/ids.ts";

/** Longest message of a round, bytes, unless its kind says otherwise (docs/protocol/messages.md). */
export const maxMessageBytes = 1024;

/** Whether a field's value may stand in a message. */
export type FieldCheck = (value: unknown) => boolean;

/** The bytes of a message: JSON with the fields in the order given. */
export function encodeFields(fields: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(fields));
}

/**
 * The fields of a message: a flat JSON object with exactly these names, each passing its check; undefined for anything
 * else.
 *
 * @param maxBytes longest message of its kind
 */
export function decodeFields<K extends string>(
  bytes: Uint8Array,
  checks: Record<K, FieldCheck>,
  maxBytes = maxMessageBytes,
): Record<K, unknown> | undefined {
  if (bytes.length > maxBytes) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const names = Object.keys(checks) as K[];
  const fields = value as Record<K, unknown>;
  if (Object.keys(fields).length !== names.length) return undefined;
  return names.every((name) => Object.hasOwn(fields, name) && checks[name](fields[name])) ? fields : undefined;
}

/** An integer from 0 to 2^32 − 1. */
export function isUint32(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff;
}

/** So many bytes as lower-case hexadecimal after 0x. */
export function isHex(lengthBytes: number): FieldCheck {
  const pattern = new RegExp(`^0x[0-9a-f]{${2 * lengthBytes}}$`);
  return (value) => typeof value === "string" && pattern.test(value);
}

/** One of these texts. */
export function isOneOf(texts: readonly string[]): FieldCheck {
  return (value) => texts.includes(value as string);
}

/** Longest of all messages that name a task, bytes. */
const longestBytes = 8192;

/** The task that a message names, whatever else it says; undefined for what is none, or names none. */
export function taskIdIn(bytes: Uint8Array): TaskId | undefined {
  if (bytes.length > longestBytes) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const taskId = typeof value === "object" && value !== null && "taskId" in value ? value.taskId : undefined;
    return isUint32(taskId) ? (taskId as TaskId) : undefined;
  } catch {
    return undefined;
  }
}

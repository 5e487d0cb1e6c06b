import { type ErrorCode, errorCatalogue } from "./error-catalogue.ts";

/** Plain data that explains one occurrence of an error: names and numbers, never keys, weights or samples. */
export type ErrorData = Readonly<Record<string, string | number | bigint | boolean | null | undefined>>;

/**
 * The one error class of Fedledger: a code of the catalogue with the data of this occurrence.
 *
 * The message is the catalogue's, with `{name}` replaced by `data.name`. Tests assert the code, never the message.
 */
export class FedledgerError extends Error {
  readonly code: ErrorCode;
  readonly data: ErrorData;

  constructor(code: ErrorCode, data: ErrorData = {}, cause?: unknown) {
    super(fill(errorCatalogue[code].message, data), cause === undefined ? undefined : { cause });
    this.name = "FedledgerError";
    this.code = code;
    this.data = data;
  }

  /** Whether the same call may succeed later without anybody changing anything. */
  get retryable(): boolean {
    return errorCatalogue[this.code].retryable;
  }

  /** What the person at the keyboard can do about it. */
  get remedy(): string {
    return fill(errorCatalogue[this.code].remedy, this.data);
  }
}

/** Whether `error` is a FedledgerError, of this code if one is given. */
export function isFedledgerError(error: unknown, code?: ErrorCode): error is FedledgerError {
  return error instanceof FedledgerError && (code === undefined || error.code === code);
}

function fill(template: string, data: ErrorData): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(data[name] ?? "?"));
}

/** An error as an endpoint answers it. */
export interface JsonRpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** What an endpoint answered. */
export type JsonRpcAnswer = { readonly result: unknown } | { readonly error: JsonRpcError };

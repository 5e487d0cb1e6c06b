/** How requests reach an endpoint, and what came back. */
export interface Transport {
  /**
   * Sends one request. Rejects with what it failed by, or the signal's reason, which also stops the wait for an answer.
   */
  send(id: number, body: string, signal: AbortSignal): Promise<Reply>;
  /** Heads that the endpoint tells by itself; undefined where it has to be asked. */
  readonly heads?: ToldHeads;
}

/** What came back for a request, whatever it went over. */
export interface Reply {
  /** HTTP status; 200 where there is none. */
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
}

/** New heads that are told and not asked for (eth_subscribe, `newHeads`). */
export interface ToldHeads {
  /** Calls back at each new head, and when no more will be told; returns what stops it. */
  onNew(listener: () => void): () => void;
  /** Whether each new head is told now. */
  isLive(): boolean;
}

/** The logs of a task with many members and rounds are some megabytes. */
export const largestAnswerBytes = 1 << 28;

/** An answer that is longer than {@link largestAnswerBytes}. */
export class TooLong extends Error {}

/** One POST a request. */
export function httpTransport(url: string, headers: Readonly<Record<string, string>>): Transport {
  return {
    async send(_, body, signal) {
      const response = await fetch(url, { method: "POST", headers, body, signal });
      const text = await readText(response);
      return { status: response.status, text, retryAfter: response.headers.get("retry-after") };
    },
  };
}

/** The body as text. Rejects with {@link TooLong}. */
async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let lengthBytes = 0;
  for await (const chunk of response.body ?? []) {
    lengthBytes += chunk.length;
    if (lengthBytes > largestAnswerBytes) throw new TooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

import type { Clock } from "../../ports/index.ts";
import type { LinkedHead } from "../rpc/head-watch.ts";
import type { JsonRpc } from "../rpc/json-rpc.ts";
import type { RecordLook, TaskRecord } from "./task-record.ts";

/** What did not fit, and whose answer it was. */
export interface Misfit {
  /** Scheme and host of the endpoint. */
  readonly endpoint: string;
  readonly block: number;
  readonly differing: string;
}

/** What looking again needs. */
export interface LookDeps {
  readonly rpc: Pick<JsonRpc, "doubt">;
  readonly readHead: (signal?: AbortSignal) => Promise<LinkedHead>;
  readonly clock: Clock;
  /** Before the second look again, milliseconds; it doubles up to half a minute. */
  readonly pauseMs: number;
}

/** Longest pause between two looks, milliseconds. */
const longestPauseMs = 30_000;

/**
 * Looks at a record until what the endpoints say of it fits, with the head that it fitted at. The first look again is
 * at once; from then on `onMisfit` hears of each, and the next endpoint is asked first. Rejects as the record does, as
 * `onMisfit` does, and with the signal's reason.
 */
export async function lookUntilFits(
  { rpc, readHead, clock, pauseMs }: LookDeps,
  record: TaskRecord,
  first: LinkedHead,
  onMisfit: (misfit: Misfit, tries: number) => void,
  signal?: AbortSignal,
): Promise<{ readonly look: Exclude<RecordLook, { kind: "misfit" }>; readonly head: LinkedHead }> {
  let head = first;
  for (let tries = 0; ; tries++) {
    const look = await record.look(head, tries, signal);
    if (look.kind !== "misfit") return { look, head };
    if (tries > 0) {
      onMisfit({ endpoint: rpc.doubt(), block: head.number, differing: look.differing }, tries);
      await clock.sleep(Math.min(longestPauseMs, pauseMs * 2 ** (tries - 1)), signal ? { signal } : {});
    }
    head = await readHead(signal);
  }
}

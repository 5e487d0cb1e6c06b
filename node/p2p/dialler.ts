import type { PeerIdText } from "../core/ids.ts";
import type { Clock, Log } from "../ports/index.ts";
import type { P2pLimits } from "./limits.ts";

/** Keeps connections to the wanted peers. */
export interface Dialler {
  /** Replaces the set of wanted peers; `key` changes when a peer's addresses did, and it is then dialled afresh. */
  want(peers: readonly { readonly peer: PeerIdText; readonly key: string }[]): void;
  /** To be called when a peer's connections have changed. */
  changed(peer: PeerIdText): void;
  /** Stops dialling; the returned promise resolves when nothing runs any more. */
  stop(): Promise<void>;
}

/**
 * Dials each wanted peer until it is connected, and again after a drop, with pauses that double.
 *
 * Of two nodes that want each other the one with the smaller PeerId dials first, so that there is one connection.
 */
export function createDialler(deps: {
  readonly self: PeerIdText;
  readonly dial: (peer: PeerIdText, signal: AbortSignal) => Promise<void>;
  readonly isConnected: (peer: PeerIdText) => boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Pick<P2pLimits, "redialMinMs" | "redialMaxMs" | "dialYieldMs">;
}): Dialler {
  const { self, dial, isConnected, clock, log, limits } = deps;
  const running = new Map<PeerIdText, { key: string; abort: AbortController; wake: () => void; done: Promise<void> }>();

  async function keep(peer: PeerIdText, signal: AbortSignal, untilChanged: () => Promise<void>): Promise<void> {
    // of two that want each other one waits a little, so that both do not dial at once
    const yieldMs = self < peer ? 0 : limits.dialYieldMs;
    let failures = 0;
    let pauseMs = yieldMs;
    while (!signal.aborted) {
      if (isConnected(peer)) {
        failures = 0;
        pauseMs = limits.redialMinMs + yieldMs;
        await untilChanged();
        continue;
      }
      if (pauseMs > 0) await clock.sleep(pauseMs, { signal });
      if (signal.aborted || isConnected(peer)) continue;
      await dial(peer, signal).catch((error: unknown) =>
        log.debug("dial failed", { peer, failures, reason: error instanceof Error ? error.message : String(error) }),
      );
      pauseMs = Math.min(limits.redialMaxMs, limits.redialMinMs * 2 ** Math.min(failures, 16));
      failures++;
    }
  }

  function begin(peer: PeerIdText, key: string): void {
    const abort = new AbortController();
    let wake = () => {};
    const untilChanged = () =>
      new Promise<void>((resolve) => {
        wake = resolve;
        if (abort.signal.aborted) resolve();
      });
    const done = keep(peer, abort.signal, untilChanged).catch(() => {});
    running.set(peer, { key, abort, wake: () => wake(), done });
  }

  const end = (peer: PeerIdText): Promise<void> => {
    const task = running.get(peer);
    running.delete(peer);
    task?.abort.abort();
    task?.wake();
    return task?.done ?? Promise.resolve();
  };

  return {
    want(peers) {
      const keys = new Map(peers.map(({ peer, key }) => [peer, key]));
      for (const [peer, { key }] of running) if (keys.get(peer) !== key) void end(peer);
      for (const [peer, key] of keys) if (!running.has(peer)) begin(peer, key);
    },
    changed: (peer) => running.get(peer)?.wake(),
    stop: async () => {
      await Promise.all([...running.keys()].map(end));
    },
  };
}

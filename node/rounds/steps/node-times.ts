/** How long a node waits for what; every task deadline is the chain's and not among these. */
export interface NodeTimes {
  /**
   * Seconds of chain time between one node's turn to push a round and the next one's (default 5); well above the block
   * time.
   */
  readonly patienceS: number;
  /** Seconds of chain time that a quorum waits for the rest of those who may attest (default 3). */
  readonly graceS: number;
  /** Longest wait for one peer's answer to a question, milliseconds (default 20 000). */
  readonly answerTimeoutMs: number;
  /** Between two publications of an attestation, milliseconds (default 2 000). */
  readonly republishMs: number;
  /** Blocks to stay after the task is final (default 0); for chains followed without finality. */
  readonly settleBlocks: number;
}

/** The times with defaults for those not given. */
export function nodeTimes(given: Partial<NodeTimes>): NodeTimes {
  return {
    patienceS: given.patienceS ?? 5,
    graceS: given.graceS ?? 3,
    answerTimeoutMs: given.answerTimeoutMs ?? 20_000,
    republishMs: given.republishMs ?? 2_000,
    settleBlocks: given.settleBlocks ?? 0,
  };
}

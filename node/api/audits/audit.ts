import { type AuditReport, auditTask, type RoundVerdict } from "../../audit/index.ts";
import type { Bytes32 } from "../../core/ids.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { isSealed } from "../../core/task/blob-length.ts";
import { createRandom } from "../../system/index.ts";
import type { Content } from "../content/open-content.ts";
import { type EndpointOptions, logOf } from "../record/open-federation.ts";
import type { TaskReader } from "../record/open-record.ts";
import { openerOf, type ReaderSource, readerOf } from "../sealed/open-sealed.ts";
import { sumOpenerOf } from "../sealed/open-sums.ts";
import { createPublicMeasure, requireOwnTestSet } from "../tasks/test-set.ts";
import { gatherEvidence } from "./gather-evidence.ts";

/** How to audit. */
export interface AuditOptions extends Pick<EndpointOptions, "log"> {
  /**
   * Who reads what is sealed, and opens the sums of encrypted rounds in which it was drawn; without one, the rounds of
   * a sealed task are unchecked, and the decryption of an encrypted one rests on its quorum.
   */
  readonly reader?: ReaderSource | undefined;
  /** A CSV file with the task's public test set, where no bundled data set gives it. */
  readonly testSet?: string | undefined;
  /** Recompute only so many random rounds; the record is checked whole. Default all. */
  readonly sample?: number | undefined;
  /** Whether a result that can still be proven wrong, or is not complete, means exit code 4; default false. */
  readonly requireFinal?: boolean | undefined;
  /** Hash of the block to audit up to; default the newest that counts. Without a proof of it, exit code 4. */
  readonly block?: Bytes32 | undefined;
  /** Hears the verdict on each round, in their order, as it is reached. */
  readonly onRound?: ((verdict: RoundVerdict) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Audits a task: its whole record against the protocol's rules and the contract's storage, then the bytes of every
 * round, recomputed bit for bit. What endpoints tell is held against the contract's storage, and that against the state
 * root of a block where an endpoint proves it; the report's `evidence` says so. Memory: two models, one
 * update and one aggregate at a time.
 *
 * What is wrong is no error: it is in the report, whose `verdict` is "verified", "violation" or "unchecked". Rejects
 * with UNKNOWN_TASK, UNKNOWN_BLOCK, INVALID_HISTORY, GRANT_INVALID, INVALID_TEST_SET, RPC_UNREACHABLE, ENDPOINT_BEHIND,
 * RPC_WRONG_ANSWER, or the signal's reason.
 */
export async function audit(record: TaskReader, content: Content, options: AuditOptions = {}): Promise<AuditReport> {
  const { chain, taskId } = record;
  const { signal, sample } = options;
  const { head, events } = await chain.record(taskId, {
    ...{ detail: true, block: options.block },
    ...(signal && { signal }),
  });
  const { evidence, storedState, storedWords, differingCodes } = await gatherEvidence(
    record,
    { head, events, isPinned: options.block !== undefined },
    signal,
  );
  const created = events.find((event) => event.name === "TaskCreated");
  if (created !== undefined) await requireOwnTestSet(created, options.testSet);
  const isEncrypted = created !== undefined && !modeOf(created.rules).isRecomputable;
  const reader = created && (isSealed(created) || isEncrypted) ? await readerOf(options.reader) : {};
  const opening = { store: content, parameterCount: created?.rules.parameterCount ?? 0, signal };
  const rounds = auditTask({
    chainId: chain.chainId,
    federation: chain.federation,
    events,
    recoverSigner: chain.recoverSigner,
    attributeChanges: await chain.attributeChanges(),
    ...{ evidence, storedState, storedWords, differingCodes },
    store: content,
    opener: created && isSealed(created) ? await openerOf(reader, record) : undefined,
    sumOpener: isEncrypted ? sumOpenerOf(reader, chain, opening) : undefined,
    // of what is audited, not of another read
    measurePublicly:
      created &&
      createPublicMeasure({
        chain,
        task: async () => created,
        store: content,
        values: { testSet: options.testSet },
        log: logOf(options),
      }),
    requireFinal: options.requireFinal ?? false,
    nowS: head.timestampS,
    signal,
    ...(sample === undefined ? {} : { sample: { rounds: sample, random: createRandom() } }),
  });
  let step = await rounds.next();
  for (; !step.done; step = await rounds.next()) options.onRound?.(step.value);
  return step.value;
}

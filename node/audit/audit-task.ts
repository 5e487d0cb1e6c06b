import { chunkTreeRoot } from "../core/chunk-tree.ts";
import type { Deployment } from "../core/commitment.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address, Bytes32, PeerIdText, RoundNumber } from "../core/ids.ts";
import { bytesToLanes } from "../core/lanes.ts";
import type { AttributeChange } from "../core/records.ts";
import type { TaskEvent } from "../core/task-events.ts";
import type { BlobOpener, SealedName } from "../ports/sealing.ts";
import type { BlobStore } from "../ports/storage.ts";
import type { Random } from "../ports/system.ts";
import { type AuditReport, concludeAudit } from "./audit-report.ts";
import { misconductWrong } from "./check-misconduct.ts";
import { checkRecord } from "./check-record.ts";
import { checkRound } from "./check-round.ts";
import type { StoredState } from "./check-storage.ts";
import { checkTask, type TaskCheck } from "./check-task.ts";
import { judgeUnopened } from "./encrypted-round.ts";
import { createFindingLog, type Finding } from "./findings.ts";
import { isUnavailable } from "./is-unavailable.ts";
import { readBlob } from "./read-blob.ts";
import { createReuseCheck } from "./reuse.ts";
import { judgeRound, type RoundVerdict, type RoundWork } from "./round-verdict.ts";
import { type RoundSample, sampleRounds } from "./sample-rounds.ts";
import type { RecoverSigner, RoundRecord, TaskRecord } from "./task-record.ts";

/** What an audit works on. */
export interface AuditInput extends Deployment {
  /** All events of the task (ChainReader.history); with `detail`, times are checked and gas is told. */
  readonly events: readonly TaskEvent[];
  /** The contract's storage at the block the events reach to (ChainReader.storedState). */
  readonly storedState?: StoredState | undefined;
  /** ChainReader.recoverSigner; without it the words on availability in a task with holders are unchecked. */
  readonly recoverSigner?: RecoverSigner | undefined;
  /** ChainReader.attributeChanges; without it, whether participants of a restricted task were eligible is unchecked. */
  readonly attributeChanges?: readonly AttributeChange[] | undefined;
  /** Where blobs come from. */
  readonly store: Pick<BlobStore, "get">;
  /** What opens the blobs of a sealed task; without it their rounds are unchecked. */
  readonly opener?: BlobOpener | undefined;
  /** Of an encrypted task: opens the sum of a round, where the key is at hand; without it the decryption rests on the quorum. */
  readonly sumOpener?:
    | ((round: RoundRecord) => Promise<((sum: Uint8Array) => Promise<Int32Array>) | undefined>)
    | undefined;
  /** Peers that may have a member's blob, best first. */
  readonly providers?: ((owner: Address) => readonly PeerIdText[]) | undefined;
  /** Look at the bytes of this many random rounds only; the record is checked whole. */
  readonly sample?: { readonly rounds: number; readonly random: Random } | undefined;
  readonly signal?: AbortSignal | undefined;
  /** After each update of a round. */
  readonly onProgress?:
    | ((progress: { round: RoundNumber; rounds: number; updates: number; of: number }) => void)
    | undefined;
}

/** A model at hand. */
interface Model {
  readonly root: Bytes32;
  readonly lanes: Int32Array;
}

/**
 * Audits a task: the whole record, then every round's bytes, recomputed one by one. Yields a verdict for each round and
 * returns the report. Memory: the model, one update, and one aggregate at a time.
 *
 * A round whose base model could not be recomputed starts from the model that the chain recorded, where its bytes are to
 * be had: one lie does not make everything after it look wrong.
 *
 * Throws INVALID_HISTORY without a TaskCreated event; rejects with the signal's reason, and with errors of the store
 * other than BLOB_NOT_FOUND, BLOB_CORRUPT and BLOB_TOO_LARGE.
 */
export async function* auditTask(input: AuditInput): AsyncGenerator<RoundVerdict, AuditReport, void> {
  const { sample, signal, storedState } = input;
  const record = checkRecord(input);
  const task = checkTask(record.created);
  const drawn =
    sample &&
    sampleRounds(
      record.rounds.filter(({ phase }) => phase === "finalized").map(({ round }) => round),
      sample.rounds,
      sample.random,
    );
  const audit = beginAudit(input, record, task, drawn);
  const rounds: RoundVerdict[] = [];
  for (const round of record.rounds) {
    signal?.throwIfAborted();
    const verdict = await audit.round(round);
    rounds.push(verdict);
    yield verdict;
  }
  const finalModel = audit.model();
  return concludeAudit({ input, record, task, rounds, sample: drawn, storedState, finalModel });
}

function beginAudit(input: AuditInput, record: TaskRecord, task: TaskCheck, sample: RoundSample | undefined) {
  const { rules, modelRoot } = record.created;
  const { store, opener, providers, signal, onProgress } = input;
  const reuse = createReuseCheck();
  const lengthBytes = 4 * rules.parameterCount;
  const sealed = task.spec?.blobs === "members";
  /** The newest model: that of the round before, final or, where the next round was opened on it, proposed. */
  let candidate: Model | undefined;
  let model: Model | undefined = task.initialLanes && { root: modelRoot, lanes: task.initialLanes };

  const get = (contentId: Bytes32, name: SealedName): Promise<Uint8Array> =>
    readBlob(
      { store, rules, sealed, opener },
      { ...name, contentId },
      { ...(providers && { providers: providers(name.sender) }), signal },
    );

  const getModel = ({ round, proposal }: RoundRecord): Promise<Uint8Array> => {
    const { contentId, aggregator: sender, modelRoot: root } = proposal!;
    return get(contentId, { round, sender, purpose: "model", root });
  };

  /** The recorded model of a round, or why not. */
  async function recorded(
    { proposal }: RoundRecord,
    read: () => Promise<Uint8Array>,
  ): Promise<Model | "missing" | "sealed" | "differs"> {
    if (!proposal) return "missing";
    try {
      const bytes = await read();
      const lanes = bytes.length === lengthBytes ? bytesToLanes(bytes) : undefined;
      if (!lanes || !hexEquals(chunkTreeRoot(lanes), proposal.modelRoot)) return "differs";
      return { root: proposal.modelRoot, lanes };
    } catch (error) {
      signal?.throwIfAborted();
      if (!isUnavailable(error)) throw error;
      const { code } = error as { code?: string };
      return code === "BLOB_NOT_FOUND" ? "missing" : code === "BLOB_SEALED" ? "sealed" : "differs";
    }
  }

  async function baseOf(round: RoundRecord): Promise<Model | undefined> {
    const root = round.opened.baseModelRoot;
    if (candidate && hexEquals(candidate.root, root)) return candidate;
    if (model && hexEquals(model.root, root)) return model;
    if (task.initialLanes && hexEquals(modelRoot, root)) return { root, lanes: task.initialLanes };
    const maker = record.rounds.findLast(
      (other) => other.round < round.round && hexEquals(other.proposal?.modelRoot ?? "", root),
    );
    const found = maker && (await recorded(maker, () => getModel(maker)));
    return typeof found === "object" ? found : undefined;
  }

  async function look(round: RoundRecord): Promise<RoundWork & { movedLanes?: number }> {
    const base = await baseOf(round);
    // fetched once, whoever asks first
    let reading: Promise<Uint8Array> | undefined;
    const read = () => {
      reading ??= getModel(round);
      return reading;
    };
    const check = await checkRound({
      taskId: record.taskId,
      rules,
      open: rules.mode === "encrypted" ? await input.sumOpener?.(round) : undefined,
      round: { ...round, seed: round.opened.seed, drawn: round.opened.drawn },
      baseLanes: base?.lanes,
      getUpdate: ({ contentId, participant: sender, updateRoot: root }) =>
        get(contentId, { round: round.round, sender, purpose: "update", root }),
      getModel: read,
      sealed,
      signal,
      onProgress: (progress) => onProgress?.({ round: round.round, rounds: record.rounds.length, ...progress }),
    });
    const right = check.modelRoot !== undefined && hexEquals(check.modelRoot, round.proposal!.modelRoot);
    const found = await recorded(round, read);
    const modelBlob = typeof found === "object" ? "right" : found;
    candidate = right ? { root: check.modelRoot!, lanes: check.lanes! } : typeof found === "object" ? found : undefined;
    if (round.phase === "finalized") model = candidate;
    const log = createFindingLog(record.taskId, round.round);
    // nobody without the key recomputes the model of an encrypted round
    const unopened =
      rules.mode === "encrypted" &&
      judgeUnopened(log, {
        ...{ rules, proposal: round.proposal!, sum: check.sum, base: base?.lanes },
        model: typeof found === "object" ? found.lanes : undefined,
      });
    const models = findModel(round, { base: base !== undefined, right, modelBlob, check, sealed });
    return {
      ...check,
      ...unopened,
      findings: [...check.findings, ...log.findings, ...models],
      modelBlob,
      bytesChecked: check.bytesChecked + (modelBlob === "right" ? lengthBytes : 0),
      unsampled: false,
    };
  }

  return {
    model: (): Model | undefined => model,
    async round(round: RoundRecord): Promise<RoundVerdict> {
      const unsampled = round.phase === "finalized" && sample !== undefined && !sample.rounds.has(round.round);
      const asked = !unsampled && round.proposal !== undefined && task.computable;
      const locked = asked && sealed && opener === undefined;
      const work =
        asked && !locked
          ? await look(round)
          : {
              findings: locked ? [blobsSealed(round)] : [],
              modelBlob: locked ? ("sealed" as const) : ("not-asked" as const),
              bytesChecked: 0,
              unsampled,
            };
      const reused = reuse.look(round, work);
      const reports = falseReports(record, round, work);
      return judgeRound(round, { ...work, findings: [...work.findings, ...reused, ...reports] });
    },
  };
}

/** What is said of a round of a sealed task where there is no key at all. */
function blobsSealed({ opened }: RoundRecord): Finding {
  const log = createFindingLog(opened.taskId, opened.round);
  log.add({
    code: "BLOBS_SEALED",
    severity: "unchecked",
    message:
      "The updates and models of this task are sealed to its members, so nothing was recomputed. A member opens them to an auditor by a grant (fedledger grant create), or audits itself with its keystore.",
  });
  return log.findings[0]!;
}

/** Reports of invalid updates that are valid: the contract would not have let them. */
function falseReports(
  { misconduct }: TaskRecord,
  { round, opened }: RoundRecord,
  { updates }: RoundWork,
): readonly Finding[] {
  const log = createFindingLog(opened.taskId, round);
  for (const { event } of misconduct) {
    if (event.round !== round || event.kind !== "invalid-update") continue;
    const update = updates?.find(({ commitment }) => hexEquals(commitment.participant, event.participant));
    if (update?.status === "valid") misconductWrong(log, event, "had committed to a valid update");
  }
  return log.findings;
}

/** What is to be said about the bytes of a round's base and result. */
function findModel(
  round: RoundRecord,
  seen: {
    readonly base: boolean;
    readonly right: boolean;
    readonly modelBlob: "right" | "missing" | "sealed" | "differs";
    readonly check: { readonly modelRoot?: Bytes32; readonly contentId?: Bytes32 };
    readonly sealed: boolean;
  },
): readonly Finding[] {
  const log = createFindingLog(round.opened.taskId, round.round);
  const proposal = round.proposal!;
  const party = proposal.aggregator;
  if (!seen.base) {
    log.add({
      code: "MODEL_MISSING",
      severity: "unchecked",
      message:
        "The model that this round starts from could neither be recomputed nor had, so its result was not recomputed.",
      data: { modelRoot: round.opened.baseModelRoot },
    });
  }
  const contentRight =
    !seen.sealed && seen.check.contentId !== undefined && hexEquals(seen.check.contentId, proposal.contentId);
  if (seen.modelBlob === "differs" && !(seen.right && !contentRight)) {
    log.add({
      code: "MODEL_BYTES_DIFFER",
      severity: "unchecked",
      party,
      message: "The bytes at hand under the content id of this round's model are not the model.",
      data: { modelRoot: proposal.modelRoot, contentId: proposal.contentId, recomputed: seen.right },
    });
  } else if (seen.modelBlob === "missing" && !seen.right) {
    log.add({
      code: "MODEL_MISSING",
      severity: "unchecked",
      party,
      message: "The bytes of this round's model are nowhere to be had.",
      data: { modelRoot: proposal.modelRoot, contentId: proposal.contentId },
    });
  } else if (seen.modelBlob === "sealed" && !seen.right) {
    log.add({
      code: "MODEL_SEALED",
      severity: "unchecked",
      party,
      message: "The bytes of this round's model are sealed, and there is no key for them here.",
      data: { modelRoot: proposal.modelRoot, contentId: proposal.contentId },
    });
  }
  return log.findings;
}

import { chunkTreeRoot } from "../../core/bytes/chunk-tree.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { itemAt } from "../../core/bytes/items.ts";
import { bytesToLanes } from "../../core/bytes/lanes.ts";
import { isFedledgerError } from "../../core/errors/error.ts";
import type { Bytes32 } from "../../core/ids.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import type { SealedName } from "../../ports/sealing.ts";
import type { HashedProposal, RoundRecord, TaskRecord } from "../record/task-record.ts";
import { checkRound, type RoundCheck } from "../replay/check-round.ts";
import { judgeUnopened } from "../replay/encrypted-round.ts";
import { createFindingLog, type Finding } from "../replay/findings.ts";
import { isUnavailable } from "../replay/is-unavailable.ts";
import { readBlob } from "../replay/read-blob.ts";
import type { AuditInput } from "./audit-input.ts";
import { falseProofs, needsLook, proofFindings } from "./check-proven.ts";
import type { TaskCheck } from "./check-task.ts";
import { findModel } from "./find-model.ts";
import { stillProvable } from "./provable.ts";
import { createReuseCheck } from "./reuse.ts";
import { judgeRound, type RoundVerdict, type RoundWork } from "./round-verdict.ts";
import type { RoundSample } from "./sample-rounds.ts";

/** A model at hand. */
interface Model {
  readonly root: Bytes32;
  readonly lanes: Int32Array;
}

/** What came of reading a proposal's model as it was recorded. */
type RecordedModel =
  | { readonly modelBlob: "right"; readonly model: Model }
  | { readonly modelBlob: "missing" | "sealed" | "differs"; readonly model?: undefined };

/** What a look at a round's bytes brought, and how far the model moved. */
type Look = RoundWork & { readonly movedLanes?: number };

/** The part of an audit that looks at bytes: round by round, in their order. */
export interface ByteAudit {
  round(round: RoundRecord): Promise<RoundVerdict>;
  /** The newest accepted model that is not void, where it was recomputed or had. */
  model(): Model | undefined;
}

/** Begins to look at the bytes of a task whose record and creation are checked. */
export function beginByteAudit(
  input: AuditInput,
  record: TaskRecord,
  task: TaskCheck,
  sample: RoundSample | undefined,
): ByteAudit {
  const { rules, modelRoot } = record.created;
  const { store, opener, providers, signal, onProgress } = input;
  const reuse = createReuseCheck();
  const lengthBytes = 4 * rules.parameterCount;
  const sealed = task.spec?.blobs === "members";
  /** Of the round looked at last, void or not. */
  let candidate: Model | undefined;
  let model: Model | undefined = task.initialLanes && { root: modelRoot, lanes: task.initialLanes };

  const get = (contentId: Bytes32, name: SealedName): Promise<Uint8Array> =>
    readBlob(
      { store, rules, sealed, opener },
      { ...name, contentId },
      { ...(providers && { providers: providers(name.sender) }), signal },
    );

  const getModel = ({ round }: RoundRecord, { contentId, aggregator, modelRoot: root }: HashedProposal) =>
    get(contentId, { round, sender: aggregator, purpose: "model", root });

  /** The recorded model of a proposal, or why not. */
  async function recorded(proposal: HashedProposal, read: () => Promise<Uint8Array>): Promise<RecordedModel> {
    try {
      const bytes = await read();
      const lanes = bytes.length === lengthBytes ? bytesToLanes(bytes) : undefined;
      if (!lanes || !hexEquals(chunkTreeRoot(lanes), proposal.modelRoot)) return { modelBlob: "differs" };
      return { modelBlob: "right", model: { root: proposal.modelRoot, lanes } };
    } catch (error) {
      signal?.throwIfAborted();
      if (!isUnavailable(error)) throw error;
      return { modelBlob: absenceOf(error) };
    }
  }

  async function baseOf(round: RoundRecord): Promise<Model | undefined> {
    const root = round.opened.baseModelRoot;
    const known = [candidate, model].find((each) => each && hexEquals(each.root, root));
    if (known) return known;
    if (task.initialLanes && hexEquals(modelRoot, root)) return { root, lanes: task.initialLanes };
    const maker = record.rounds.findLast(
      (other) => other.round < round.round && hexEquals(other.proposal?.modelRoot ?? "", root),
    );
    const proposal = maker?.proposal;
    const found = maker && proposal && (await recorded(proposal, () => getModel(maker, proposal)));
    return found?.model;
  }

  /** What is the model behind a round that was looked at. */
  function keep({ phase, isVoid }: RoundRecord, result: Model | undefined): void {
    if (phase !== "accepted") return;
    candidate = result;
    if (!isVoid) model = result;
  }

  /** Recomputes a round under one proposal, or, without one, looks at its updates alone. */
  async function recompute(
    round: RoundRecord,
    base: Model | undefined,
    proposal: HashedProposal | undefined,
    readModel?: () => Promise<Uint8Array>,
  ): Promise<RoundCheck> {
    return await checkRound({
      taskId: record.taskId,
      rules,
      open: modeOf(rules).isRecomputable ? undefined : await input.sumOpener?.(round),
      round: { ...round, proposal },
      baseLanes: base?.lanes,
      getUpdate: ({ contentId, participant: sender, updateRoot: root }) =>
        get(contentId, { round: round.round, sender, purpose: "update", root }),
      ...(readModel && { getModel: readModel }),
      sealed,
      signal,
      onProgress: (progress) => onProgress?.({ round: round.round, rounds: record.rounds.length, ...progress }),
    });
  }

  async function look(round: RoundRecord): Promise<Look> {
    const base = await baseOf(round);
    const { proposal } = round;
    const read = proposal && once(() => getModel(round, proposal));
    const check = await recompute(round, base, proposal, read);
    const formerRight = await rightOf(round, base, check);
    const seen = { ...check, formerRight, unsampled: false };
    if (proposal === undefined || read === undefined)
      return { ...seen, findings: proofFindings(record, round, seen), modelBlob: "not-asked" };
    const recomputed = proposedModel(check, proposal);
    const right = recomputed !== undefined;
    const { modelBlob, model: found } = await recorded(proposal, read);
    const result = recomputed ?? found;
    keep(round, result);
    const log = createFindingLog(record.taskId, round.round);
    // nobody without the key recomputes the model of an encrypted round
    const unopened =
      !modeOf(rules).isRecomputable &&
      judgeUnopened(log, {
        ...{ rules, proposal, sum: check.sum, base: base?.lanes },
        model: found?.lanes,
      });
    const models = findModel(round, proposal, { base: base !== undefined, right, modelBlob, check, sealed });
    const own = round.isVoid ? [] : [...check.findings, ...log.findings, ...models];
    const testMetric = result && (await input.measurePublicly?.(result.lanes, { round: round.round, signal }));
    return {
      ...seen,
      ...unopened,
      testMetric,
      findings: [...own, ...proofFindings(record, round, seen), ...falseProofs(round, check, right)],
      modelBlob,
      bytesChecked: check.bytesChecked + (modelBlob === "right" ? lengthBytes : 0),
    };
  }

  /**
   * Of the proposals that did not become the result: whether each is what is recomputed of its set; those that only
   * were set aside, where it is the result's.
   */
  async function rightOf(round: RoundRecord, base: Model | undefined, check: RoundCheck) {
    const rights = new Map<number, boolean>();
    for (const [at, former] of round.superseded.entries()) {
      const isSame = round.proposal?.excluded === former.excluded && round.proposal.openings === former.openings;
      const mustAsk = former.strike?.event.kind === "wrong-chunk";
      const recomputed = isSame ? check : mustAsk ? await recompute(round, base, former) : undefined;
      const root = recomputed?.modelRoot;
      if (root !== undefined) rights.set(at, hexEquals(root, former.modelRoot));
    }
    return rights;
  }

  return {
    model: () => model,
    async round(round) {
      const isResult = round.phase === "accepted" && !round.isVoid;
      const unsampled = isResult && sample !== undefined && !sample.rounds.has(round.round);
      const asked = !unsampled && task.computable && needsLook(record, round);
      const locked = asked && sealed && opener === undefined;
      const nothing = { findings: [], bytesChecked: 0, unsampled };
      const work: Look = locked
        ? { ...nothing, findings: isResult ? [blobsSealed(round)] : [], modelBlob: "sealed" }
        : asked
          ? await look(round)
          : { ...nothing, modelBlob: "not-asked" };
      const reused = reuse.look(round, work);
      const findings = [...work.findings, ...(round.isVoid ? [] : reused)];
      return stillProvable(judgeRound(round, { ...work, findings }), { rules, nowS: input.nowS });
    },
  };
}

/** The recomputed model, where it is the proposed one. */
function proposedModel({ modelRoot: root, lanes }: RoundCheck, proposal: HashedProposal): Model | undefined {
  const isTheirs = root !== undefined && lanes !== undefined && hexEquals(root, proposal.modelRoot);
  return isTheirs ? { root, lanes } : undefined;
}

/** Why a model is not to be had. */
function absenceOf(error: unknown): "missing" | "sealed" | "differs" {
  if (isFedledgerError(error, "BLOB_NOT_FOUND")) return "missing";
  return isFedledgerError(error, "BLOB_SEALED") ? "sealed" : "differs";
}

/** The same result for whoever asks, made when the first one does. */
function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | undefined;
  return () => {
    made ??= make();
    return made;
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
  return itemAt(log.findings, 0);
}

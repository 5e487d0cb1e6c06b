import { checkRound } from "../../node/audit/check-round.ts";
import { type BlobName, readBlob } from "../../node/audit/read-blob.ts";
import { isSealed } from "../../node/core/blob-length.ts";
import { chunkTreeRoot } from "../../node/core/chunk-tree.ts";
import { extendAccumulator, extendHistory, initialHistoryHead, zeroBytes32 } from "../../node/core/commitment.ts";
import { FedledgerError, isFedledgerError } from "../../node/core/error.ts";
import { foldTask } from "../../node/core/fold-task.ts";
import type { Bytes32 } from "../../node/core/ids.ts";
import { initialLanes } from "../../node/core/initial-model.ts";
import type { Commitment, Proposal } from "../../node/core/records.ts";
import { parseTaskSpecJson } from "../../node/core/task-spec.ts";
import type { RoundView, TaskView } from "../../node/core/task-view.ts";
import { createBlobOpener } from "../../node/privacy/sealed/blob-opener.ts";
import { allBlobs, type SimulatedFederation } from "./federation.ts";
import { modelDeployment } from "./model-storage.ts";
import { openerOf } from "./open-encrypted.ts";

/** Everything that is not as it must be after a run, in words; empty when all is well. */
export async function brokenProperties(federation: SimulatedFederation, ended: boolean): Promise<string[]> {
  const { chain, nodes, taskId } = federation;
  const view = foldTask(chain.events());
  const broken: string[] = [];
  if (!ended) {
    const waiting = nodes.filter(({ outcome, gone }) => outcome === undefined && gone === undefined);
    const last = view.rounds.at(-1);
    broken.push(
      `nodes ${waiting.map(({ number }) => number)} had not ended; round ${last?.round} of ${view.rules.rounds} is ${last?.phase}`,
    );
  } else if (!view.complete) {
    broken.push("the nodes ended, but the task is not complete");
  }
  for (const { number, outcome, gone } of nodes) {
    if (gone === undefined && outcome !== undefined && outcome.kind !== "complete")
      broken.push(`node ${number} ${outcome.kind}`);
  }
  const stored = chain.storage().tasks[taskId - 1]!;
  if (stored.modelRoot !== view.modelRoot) broken.push("the folded model root is not the stored one");
  if (view.complete && stored.historyHead !== view.historyHead) broken.push("the folded history is not the stored one");
  if (view.complete && historyOf(federation, view) !== view.historyHead) broken.push("the history head is wrong");
  broken.push(...secondAnswers(federation), ...(await wrongModels(federation, view)));
  return broken;
}

/**
 * Accounts that sent or signed two different commitments for the same round and base model. In a masked task only those that signed: a round that a
 * reorganisation opens again has other masks, so what is sent for it is another update.
 */
function secondAnswers({ chain, scenario }: SimulatedFederation): string[] {
  const answers = new Map<string, string>();
  const broken: string[] = [];
  const signed = chain.signatures.flatMap(({ signer, record }) =>
    record.type === "commitment" ? [{ sender: signer, call: record }] : [],
  );
  const sent = scenario.rules.mode === "masked" ? [] : chain.commits;
  for (const { sender, call } of [...sent, ...signed]) {
    const key = `${sender} in round ${call.round} from ${call.baseModelRoot}`;
    const answer = `${call.updateRoot} ${call.contentId} ${call.weight}`;
    if ((answers.get(key) ?? answer) !== answer) broken.push(`two commitments by ${key}`);
    answers.set(key, answer);
  }
  return broken;
}

/** The head of the history as the rounds' ends give it, in the order in which they ended. */
function historyOf({ chain }: SimulatedFederation, view: TaskView): Bytes32 {
  const { taskId, rules, initialModelRoot: modelRoot, spec } = view;
  const accumulators = new Map<number, Bytes32>();
  let head = initialHistoryHead({ ...modelDeployment, taskId, rules, modelRoot, spec });
  for (const event of chain.events()) {
    if (event.name === "RoundOpened") accumulators.set(event.round, event.accumulator);
    if (event.name === "Committed" || event.name === "Advertised") {
      accumulators.set(event.round, extendAccumulator(accumulators.get(event.round)!, event));
    }
    if (event.name !== "RoundFinalized" && event.name !== "RoundInvalidated") continue;
    const { baseModelRoot, proposal } = view.rounds[event.round - 1]!;
    const accumulator = accumulators.get(event.round)!;
    const about = { round: event.round, baseModelRoot, accumulator };
    head = extendHistory(
      head,
      event.name === "RoundFinalized"
        ? { ...about, phase: "finalized", proposalHash: proposal!.hash, reason: "none" }
        : { ...about, phase: "invalidated", proposalHash: zeroBytes32, reason: event.reason },
    );
  }
  return head;
}

/** Whether a round may have started from this model though it is not final: the round before proposed it, and this one is invalid. */
function wasProposed({ chain }: SimulatedFederation, { round, baseModelRoot, phase }: RoundView): boolean {
  const proposals = chain.events().flatMap((event) => (event.name === "Proposed" ? [event] : []));
  const isBase = proposals.some((event) => event.round === round - 1 && event.proposal.modelRoot === baseModelRoot);
  return isBase && phase === "invalidated";
}

/** Final rounds whose model is not what the chain and the blobs give. */
async function wrongModels(federation: SimulatedFederation, view: TaskView): Promise<string[]> {
  const blobs = allBlobs(federation.nodes);
  const broken: string[] = [];
  let base = initialLanes(parseTaskSpecJson(view.spec), view.rules.fractionBits);
  for (const round of view.rounds) {
    if (chunkTreeRoot(base) !== round.baseModelRoot && !wasProposed(federation, round))
      broken.push(`round ${round.round} starts from another model`);
    if (round.phase !== "finalized") continue;
    const { taskId, rules } = view;
    const sealed = isSealed(view);
    const read = readByAll(federation, view, blobs);
    const getUpdate = ({ participant: sender, updateRoot: root, contentId }: Commitment) =>
      read({ round: round.round, sender, purpose: "update", root, contentId });
    const getModel = ({ aggregator: sender, modelRoot: root, contentId }: Proposal) =>
      read({ round: round.round, sender, purpose: "model", root, contentId });
    const open = await openerOf(federation, view, round);
    const check = await checkRound({ taskId, rules, round, baseLanes: base, getUpdate, getModel, sealed, open });
    const findings = check.findings.filter(({ code }) => code !== "EXCLUSION_UNJUSTIFIED").map(({ code }) => code);
    if (findings.length > 0 || check.lanes === undefined) {
      broken.push(`round ${round.round}: ${findings}`);
      return broken;
    }
    if (!blobs.has(round.proposal!.contentId)) broken.push(`nobody holds the model of round ${round.round}`);
    base = check.lanes;
  }
  return broken;
}

/** Blobs as whoever of all members can read them gives them. */
function readByAll({ nodes, taskId }: SimulatedFederation, view: TaskView, blobs: ReadonlyMap<Bytes32, Uint8Array>) {
  const store = {
    async get(contentId: Bytes32) {
      const bytes = blobs.get(contentId);
      if (bytes === undefined) throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 0 });
      return bytes.slice();
    },
  };
  const openers = nodes.map(({ keys }) => createBlobOpener({ task: { ...modelDeployment, taskId }, reader: keys }));
  const reading = { store, rules: view.rules, sealed: isSealed(view) };
  return async (name: BlobName) => {
    for (const opener of openers) {
      try {
        return await readBlob({ ...reading, opener }, name);
      } catch (error) {
        if (!isFedledgerError(error, "BLOB_SEALED")) throw error;
      }
    }
    return undefined;
  };
}

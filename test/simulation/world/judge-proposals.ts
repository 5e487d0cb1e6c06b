import { checkRound } from "../../../node/audit/replay/check-round.ts";
import { type BlobName, readBlob } from "../../../node/audit/replay/read-blob.ts";
import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { bytesToLanes } from "../../../node/core/bytes/lanes.ts";
import { isFedledgerError } from "../../../node/core/errors/error.ts";
import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import type { TaskEvent } from "../../../node/core/record/task-events.ts";
import type { TaskView } from "../../../node/core/record/task-view.ts";
import type { Commitment, Proposal } from "../../../node/core/records.ts";
import { isSealed } from "../../../node/core/task/blob-length.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import { parseTaskSpecJson } from "../../../node/core/task/task-spec.ts";
import { createBlobOpener } from "../../../node/privacy/sealed/blob-opener.ts";
import { readFrom } from "../../support/memory-store.ts";
import { modelDeployment } from "../model/model-storage.ts";
import { allBlobs, type SimulatedFederation } from "./federation.ts";
import { openerOf } from "./open-encrypted.ts";

/** What is true of a proposal, to somebody who has every byte that any node ever had. */
export interface JudgedProposal {
  readonly round: number;
  readonly aggregator: Address;
  readonly modelRoot: Bytes32;
  /** What is wrong with it, by the codes of the audit, but for updates that are left out; none where it is right. */
  readonly wrong: readonly string[];
  /** Whether there are bytes enough to tell. */
  readonly isJudged: boolean;
  /** Who attested it, once it was accepted. */
  readonly attesters?: readonly Address[];
}

/** Judges every proposal of the canonical chain, in its order. */
export async function judgeProposals(federation: SimulatedFederation, view: TaskView): Promise<JudgedProposal[]> {
  const { rules, taskId } = view;
  const events = federation.chain.events();
  const read = readByAll(federation, view);
  const initial = initialLanes(parseTaskSpecJson(view.spec), rules.fractionBits);
  const models = new Map([[chunkTreeRoot(initial), initial]]);
  const judged: JudgedProposal[] = [];
  for (const [at, event] of events.entries()) {
    if (event.name !== "Proposed") continue;
    const { proposal, openings } = event;
    const { aggregator, modelRoot } = proposal;
    const about = { round: event.round, aggregator, modelRoot };
    const told = view.rounds.find(({ round: number }) => number === event.round)!;
    const round = { ...told, proposal: { ...proposal, openings } };
    const getUpdate = ({ participant: sender, updateRoot: root, contentId }: Commitment) =>
      read({ round: event.round, sender, purpose: "update", root, contentId });
    const getModel = ({ modelRoot: root, contentId }: Proposal) =>
      read({ round: event.round, sender: aggregator, purpose: "model", root, contentId });
    const open = await openerOf(federation, view, told);
    const baseLanes = models.get(round.baseModelRoot);
    const check = await checkRound({
      ...{ taskId, rules, round, baseLanes, getUpdate, getModel, sealed: isSealed(view), open },
    } as Parameters<typeof checkRound>[0]);
    const shown = await getModel(proposal);
    if (shown !== undefined && shown.length === 4 * rules.parameterCount) models.set(modelRoot, bytesToLanes(shown));
    if (check.modelRoot !== undefined) models.set(check.modelRoot, check.lanes!);
    const wrong = check.findings.map(({ code }) => code).filter((code) => code !== "EXCLUSION_UNJUSTIFIED");
    const attesters = attestersOf(events, at);
    judged.push({ ...about, wrong, isJudged: check.modelRoot !== undefined, ...(attesters && { attesters }) });
  }
  return judged;
}

/** Who attested the proposal at this place, if it was accepted: nothing else of the round comes in between. */
function attestersOf(events: readonly TaskEvent[], at: number): readonly Address[] | undefined {
  const { round } = events[at] as Extract<TaskEvent, { name: "Proposed" }>;
  const ends = ["RoundAccepted", "AggregatorAssigned", "RoundInvalid"];
  const next = events
    .slice(at + 1)
    .find((event) => ends.includes(event.name) && "round" in event && event.round === round);
  return next?.name === "RoundAccepted" ? next.attesters : undefined;
}

/** Blobs as whoever of all members can read them gives them. */
function readByAll({ nodes, taskId }: SimulatedFederation, view: TaskView) {
  const blobs = allBlobs(nodes);
  const store = { get: (contentId: Bytes32) => readFrom(blobs, contentId) };
  const openers = nodes.map(({ keys }) => createBlobOpener({ task: { ...modelDeployment, taskId }, reader: keys }));
  const reading = { store, rules: view.rules, sealed: isSealed(view) };
  return async (name: BlobName) => {
    for (const opener of openers) {
      try {
        return await readBlob({ ...reading, opener }, name);
      } catch (error) {
        if (isFedledgerError(error, "BLOB_NOT_FOUND")) return undefined;
        if (!isFedledgerError(error, "BLOB_SEALED")) throw error;
      }
    }
    return undefined;
  };
}

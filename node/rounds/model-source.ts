import { checkRound, isUnavailable } from "../audit/check-round.ts";
import { chunkTreeRoot } from "../core/chunk-tree.ts";
import { FedledgerError } from "../core/error.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address, Bytes32, RoundNumber } from "../core/ids.ts";
import { initialLanes } from "../core/initial-model.ts";
import { bytesToLanes, lanesToBytes } from "../core/lanes.ts";
import type { Commitment, Member } from "../core/records.ts";
import { parseTaskSpecJson } from "../core/task-spec.ts";
import type { RoundView, TaskView } from "../core/task-view.ts";
import type { BlobStore } from "../ports/storage.ts";
import type { Transport } from "../ports/transport.ts";
import { providersOf } from "./providers.ts";
import { includedBy } from "./round-queries.ts";

/** Gets blobs of a task: from the local store, else from the members. */
export interface ModelSource {
  /** The blob of a committed update, its content id verified. Rejects as BlobStore.get does. */
  update(commitment: Commitment, look: TaskLook): Promise<Uint8Array>;
  /** The blob of a model, its content id verified. Rejects as BlobStore.get does. */
  model(contentId: Bytes32, look: TaskLook, owner?: Address): Promise<Uint8Array>;
  /**
   * The lanes of the model that a round starts from, final or only proposed, checked against its root. The bytes come from
   * the store or a peer; where nobody has the right ones, the model is recomputed from the updates of the rounds before.
   * Rejects with INVALID_TASK_SPEC when the initial model is not the one on the chain, and as BlobStore.get does.
   */
  baseOf(round: RoundNumber, look: TaskLook): Promise<Int32Array>;
}

/** What a source must know of the task, and until when. */
export interface TaskLook {
  readonly view: TaskView;
  readonly members: readonly Member[];
  readonly signal: AbortSignal;
}

/** Creates a source over a store. */
export function createModelSource(deps: {
  readonly store: BlobStore;
  readonly transport: Pick<Transport, "peerId" | "connected">;
}): ModelSource {
  const { store, transport } = deps;

  const get = (contentId: Bytes32, { view, members, signal }: TaskLook, owner?: Address): Promise<Uint8Array> =>
    store.get(contentId, {
      signal,
      lengthBytes: 4 * view.rules.parameterCount,
      providers: providersOf(owner === undefined ? {} : { owner }, view, members, transport),
    });

  const update: ModelSource["update"] = (commitment, look) => get(commitment.contentId, look, commitment.participant);

  const fetched = async (round: RoundView, look: TaskLook): Promise<Int32Array | undefined> => {
    const { contentId, aggregator, modelRoot } = round.proposal!;
    try {
      const lanes = bytesToLanes(await get(contentId, look, aggregator));
      return hexEquals(chunkTreeRoot(lanes), modelRoot) ? lanes : undefined;
    } catch (error) {
      if (look.signal.aborted || !isUnavailable(error)) throw error;
      return undefined;
    }
  };

  const recomputed = async (round: RoundView, look: TaskLook): Promise<Int32Array> => {
    const { lanes, modelRoot } = await checkRound({
      taskId: look.view.taskId,
      rules: look.view.rules,
      round: { round: round.round, commitments: includedBy(round, round.proposal!.excluded) },
      baseLanes: await baseOf(round.round, look),
      getUpdate: (commitment) => update(commitment, look),
      signal: look.signal,
    });
    if (lanes === undefined || modelRoot === undefined || !hexEquals(modelRoot, round.proposal!.modelRoot)) {
      throw new FedledgerError("BLOB_NOT_FOUND", {
        contentId: round.proposal!.contentId,
        providers: transport.connected().length,
      });
    }
    await store.put(lanesToBytes(lanes), { signal: look.signal });
    return lanes;
  };

  async function baseOf(number: RoundNumber, look: TaskLook): Promise<Int32Array> {
    const { view } = look;
    const root = view.rounds.find(({ round }) => round === number)?.baseModelRoot ?? view.modelRoot;
    const source = view.rounds.findLast((round) => round.round < number && gave(round, root));
    if (source !== undefined) return (await fetched(source, look)) ?? (await recomputed(source, look));
    const lanes = initialLanes(parseTaskSpecJson(view.spec), view.rules.fractionBits);
    if (!hexEquals(chunkTreeRoot(lanes), view.initialModelRoot)) {
      throw new FedledgerError("INVALID_TASK_SPEC", { reason: "its initial model is not the one on the chain" });
    }
    if (hexEquals(root, view.initialModelRoot)) return lanes;
    // a model that was only proposed, and fell
    throw new FedledgerError("BLOB_NOT_FOUND", { contentId: root, providers: 0 });
  }

  return { update, model: get, baseOf };
}

/** Whether the round gave this model: as a final one, or as a proposal that still stands. */
function gave({ phase, proposal }: RoundView, root: Bytes32): boolean {
  return (phase === "finalized" || phase === "proposed") && hexEquals(proposal?.modelRoot ?? "", root);
}

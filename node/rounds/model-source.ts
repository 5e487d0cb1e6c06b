import { checkRound } from "../audit/check-round.ts";
import { isUnavailable } from "../audit/is-unavailable.ts";
import { type BlobName, readBlob } from "../audit/read-blob.ts";
import { isSealed } from "../core/blob-length.ts";
import { chunkTreeRoot } from "../core/chunk-tree.ts";
import { FedledgerError } from "../core/error.ts";
import { hexEquals } from "../core/hex.ts";
import type { Bytes32, RoundNumber } from "../core/ids.ts";
import { initialLanes } from "../core/initial-model.ts";
import { bytesToLanes, lanesToBytes } from "../core/lanes.ts";
import type { Commitment, Proposal } from "../core/records.ts";
import { parseTaskSpecJson } from "../core/task-spec.ts";
import type { SealedName } from "../ports/sealing.ts";
import type { BlobStore } from "../ports/storage.ts";
import type { Transport } from "../ports/transport.ts";
import { hasProposal, type ProposedRound } from "./proposed-round.ts";
import { providersOf } from "./providers.ts";
import { isReader, readersOf } from "./readers.ts";
import { includedBy } from "./round-queries.ts";
import type { TaskLook } from "./task-look.ts";
import type { TaskSealing } from "./task-sealing.ts";

export type { TaskLook } from "./task-look.ts";

/** A round with the proposal whose model is meant. */
export interface ModelOf {
  readonly round: RoundNumber;
  readonly proposal: Pick<Proposal, "aggregator" | "modelRoot" | "contentId">;
}

/** An update, committed or only offered. */
export type UpdateOf = Pick<Commitment, "round" | "participant" | "updateRoot" | "contentId">;

/** Gets blobs of a task, from the local store, else from the members, and puts this node's own. */
export interface ModelSource {
  /**
   * The lanes' bytes of an update, its blob's content id verified; of a sealed task, what is in the blob. Rejects as
   * BlobStore.get does, and with BLOB_SEALED and SEAL_BROKEN.
   */
  update(update: UpdateOf, look: TaskLook): Promise<Uint8Array>;
  /** The lanes' bytes of a proposed model; as `update`. */
  model(of: ModelOf, look: TaskLook): Promise<Uint8Array>;
  /**
   * Stores a blob of this node's, sealed in a sealed task to whoever may read it now; its content id. Rejects as
   * BlobStore.put and BlobSealer.seal do.
   */
  put(lanes: Int32Array, name: Omit<SealedName, "sender">, look: TaskLook): Promise<Bytes32>;
  /** Whether this node's account may read the task's blobs: anyone may those of a public task. */
  reads(look: TaskLook): boolean;
  /**
   * The lanes of the model that a round starts from, or the next one would, found by its root and checked against it:
   * in whichever round gave it, so that a roll-back needs nothing more. The bytes come from the store or a peer; where
   * nobody has the right ones, they are recomputed from the updates of that round. Rejects with INVALID_TASK_SPEC when
   * the initial model is not the one on the chain, and as BlobStore.get does.
   */
  baseOf(round: RoundNumber, look: TaskLook): Promise<Int32Array>;
}

/** Creates a source over a store. */
export function createModelSource(deps: {
  readonly store: BlobStore;
  readonly transport: Pick<Transport, "peerId" | "connected">;
  /** Without it only public tasks can be worked on. */
  readonly sealing?: TaskSealing | undefined;
}): ModelSource {
  const { store, transport, sealing } = deps;

  const get = (name: BlobName, look: TaskLook): Promise<Uint8Array> => {
    const { view, members, signal } = look;
    const { rules } = view;
    const { sender } = name;
    return readBlob({ store, rules, sealed: isSealed(view), opener: sealing?.opener }, name, {
      signal,
      providers: providersOf({ owner: sender }, view, members, transport),
      ...(sealing && { ask: (keyring) => sealing.ask(keyring, sender, look) }),
    });
  };

  const update: ModelSource["update"] = ({ round, participant: sender, updateRoot: root, contentId }, look) =>
    get({ round, sender, purpose: "update", root, contentId }, look);

  const model: ModelSource["model"] = ({ round, proposal }, look) => {
    const { aggregator: sender, modelRoot: root, contentId } = proposal;
    return get({ round, sender, purpose: "model", root, contentId }, look);
  };

  const put: ModelSource["put"] = async (lanes, name, { view, members, signal }) => {
    const bytes = lanesToBytes(lanes);
    if (!isSealed(view)) return await store.put(bytes, { signal });
    if (sealing === undefined)
      throw new FedledgerError("BLOB_SEALED", { contentId: name.root, reason: "this node has no keys" });
    const keys = readersOf(view, members).flatMap(({ contact }) => (contact ? [contact.encryptionKey] : []));
    const sealed = await sealing.sealer.seal(bytes, { ...name, sender: sealing.me }, keys);
    return await store.put(sealed, { signal });
  };

  const fetched = async (round: ProposedRound, look: TaskLook): Promise<Int32Array | undefined> => {
    try {
      const lanes = bytesToLanes(await model(round, look));
      return hexEquals(chunkTreeRoot(lanes), round.proposal.modelRoot) ? lanes : undefined;
    } catch (error) {
      if (look.signal.aborted || !isUnavailable(error)) throw error;
      return undefined;
    }
  };

  const recomputed = async (round: ProposedRound, look: TaskLook): Promise<Int32Array> => {
    const { proposal, ...inputs } = round;
    const { lanes, modelRoot } = await checkRound({
      taskId: look.view.taskId,
      rules: look.view.rules,
      round: { ...inputs, commitments: includedBy(round, proposal.excluded) },
      openings: proposal.openings,
      baseLanes: await baseOf(round.round, look),
      getUpdate: (commitment) => update(commitment, look),
      sealed: isSealed(look.view),
      signal: look.signal,
    });
    if (lanes === undefined || modelRoot === undefined || !hexEquals(modelRoot, proposal.modelRoot)) {
      throw new FedledgerError("BLOB_NOT_FOUND", {
        contentId: proposal.contentId,
        providers: transport.connected().length,
      });
    }
    // the sealed blob is its maker's: only that of a public task can be made again
    if (!isSealed(look.view)) await store.put(lanesToBytes(lanes), { signal: look.signal });
    return lanes;
  };

  async function baseOf(number: RoundNumber, look: TaskLook): Promise<Int32Array> {
    const { view } = look;
    const root = view.rounds.find(({ round }) => round === number)?.baseModelRoot ?? view.modelRoot;
    const sources = view.rounds.filter(hasProposal).filter((round) => round.round < number && gave(round, root));
    for (const source of sources.toReversed()) {
      const lanes = await fetched(source, look);
      if (lanes !== undefined) return lanes;
    }
    const newest = sources.at(-1);
    if (newest !== undefined) return await recomputed(newest, look);
    const lanes = initialLanes(parseTaskSpecJson(view.spec), view.rules.fractionBits);
    if (!hexEquals(chunkTreeRoot(lanes), view.initialModelRoot)) {
      throw new FedledgerError("INVALID_TASK_SPEC", { reason: "its initial model is not the one on the chain" });
    }
    if (hexEquals(root, view.initialModelRoot)) return lanes;
    throw new FedledgerError("BLOB_NOT_FOUND", { contentId: root, providers: 0 });
  }

  const reads: ModelSource["reads"] = ({ view, members }) =>
    !isSealed(view) || (sealing !== undefined && isReader(sealing.me, readersOf(view, members)));

  return { update, model, put, reads, baseOf };
}

/** Whether the round's proposal is of this model. A void one may be, too: the model below it can be the same. */
function gave({ proposal }: ProposedRound, root: Bytes32): boolean {
  return hexEquals(proposal.modelRoot, root);
}

import { checkRound } from "../../audit/replay/check-round.ts";
import { isUnavailable } from "../../audit/replay/is-unavailable.ts";
import { type BlobName, readBlob } from "../../audit/replay/read-blob.ts";
import { chunkTreeRoot } from "../../core/bytes/chunk-tree.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { bytesToLanes, lanesToBytes } from "../../core/bytes/lanes.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32, RoundNumber } from "../../core/ids.ts";
import type { Commitment, Proposal } from "../../core/records.ts";
import { isSealed } from "../../core/task/blob-length.ts";
import { initialLanes } from "../../core/task/initial-model.ts";
import { parseTaskSpecJson } from "../../core/task/task-spec.ts";
import type { SealedName } from "../../ports/sealing.ts";
import type { BlobStore } from "../../ports/storage.ts";
import type { Clock } from "../../ports/system.ts";
import type { Transport } from "../../ports/transport.ts";
import { includedBy } from "../steps/round-queries.ts";
import { gatherUpdates } from "./gather-updates.ts";
import { bytesPatience, withPatience } from "./patient-source.ts";
import { hasProposal, type ProposedRound } from "./proposed-round.ts";
import { providersOf } from "./providers.ts";
import { isReader } from "./readers.ts";
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
   * in whichever round gave it, so that a roll-back needs nothing more. The initial model is computed. The bytes of
   * another come from the store or a peer; where nobody has the right ones, they are recomputed from the updates of a
   * round that gave them, rounds that stand first. Rejects with INVALID_TASK_SPEC when the initial model is not the one
   * on the chain, and as BlobStore.get does.
   */
  baseOf(round: RoundNumber, look: TaskLook): Promise<Int32Array>;
}

/** Blobs whose failures are remembered. */
const mostFailures = 4096;

/** Creates a source over a store. */
export function createModelSource(deps: {
  readonly store: BlobStore;
  readonly transport: Pick<Transport, "peerId" | "connected">;
  /** Without it only public tasks can be worked on. */
  readonly sealing?: TaskSealing | undefined;
  /** With it a blob that takes too long counts as not to be had; see {@link bytesPatience}. */
  readonly clock?: Clock | undefined;
}): ModelSource {
  const { store, transport, sealing, clock } = deps;
  /** How often a blob could not be had: each time another peer is asked first. */
  const failures = new Map<Bytes32, number>();

  const patienceOf = ({ view }: TaskLook) => clock && bytesPatience(clock, view.rules);

  const get = async (name: BlobName, asked: TaskLook): Promise<Uint8Array> => {
    const { sender, contentId } = name;
    const failed = failures.get(contentId) ?? 0;
    try {
      const bytes = await withPatience(patienceOf(asked), contentId, asked, async (look) => {
        const { view, members, signal } = look;
        const { rules } = view;
        return await readBlob({ store, rules, sealed: isSealed(view), opener: sealing?.opener }, name, {
          signal,
          providers: rotated(providersOf({ owner: sender }, view, members, transport), failed),
          ...(sealing && { ask: (keyring) => sealing.ask(keyring, sender, look) }),
        });
      });
      failures.delete(contentId);
      return bytes;
    } catch (error) {
      if (failures.size >= mostFailures) failures.clear();
      failures.set(contentId, failed + 1);
      throw error;
    }
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
    const keys = sealing.readers({ view, members }).flatMap(({ contact }) => (contact ? [contact.encryptionKey] : []));
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

  /** The round's model, made from its updates; undefined where they are not to be had, or give another. */
  const recomputed = async (
    round: ProposedRound,
    baseLanes: Int32Array,
    look: TaskLook,
  ): Promise<Int32Array | undefined> => {
    const { proposal, ...inputs } = round;
    const commitments = includedBy(round, proposal.excluded);
    const { lanes, modelRoot } = await checkRound({
      taskId: look.view.taskId,
      rules: look.view.rules,
      round: { ...inputs, commitments },
      openings: proposal.openings,
      baseLanes,
      getUpdate: await gatherUpdates({ source: { update }, store }, commitments, look, patienceOf(look)),
      sealed: isSealed(look.view),
      signal: look.signal,
    });
    if (lanes === undefined || !hexEquals(modelRoot ?? "", proposal.modelRoot)) return undefined;
    // the sealed blob is its maker's: only that of a public task can be made again
    if (!isSealed(look.view)) await store.put(lanesToBytes(lanes), { signal: look.signal });
    return lanes;
  };

  const initial = ({ view }: TaskLook): Int32Array => {
    const lanes = initialLanes(parseTaskSpecJson(view.spec), view.rules.fractionBits);
    if (hexEquals(chunkTreeRoot(lanes), view.initialModelRoot)) return lanes;
    throw new FedledgerError("INVALID_TASK_SPEC", { reason: "its initial model is not the one on the chain" });
  };

  /**
   * The model of a root that rounds before this one gave; `tried` is what came of the rounds that were tried before.
   */
  async function found(
    root: Bytes32,
    before: RoundNumber,
    look: TaskLook,
    tried: Map<RoundNumber, Int32Array | undefined>,
  ): Promise<Int32Array | undefined> {
    if (hexEquals(root, look.view.initialModelRoot)) return initial(look);
    const sources = giversOf(root, before, look.view);
    for (const source of sources) {
      const lanes = tried.has(source.round) ? tried.get(source.round) : await fetched(source, look);
      if (lanes !== undefined) return lanes;
    }
    for (const source of sources.filter(({ round }) => !tried.has(round))) {
      const lanes = await remade(source, look, tried);
      if (lanes !== undefined) return lanes;
    }
    return undefined;
  }

  /** The model of a round, made again from its inputs. */
  async function remade(
    source: ProposedRound,
    look: TaskLook,
    tried: Map<RoundNumber, Int32Array | undefined>,
  ): Promise<Int32Array | undefined> {
    const base = await found(source.baseModelRoot, source.round, look, tried);
    const lanes = base && (await recomputed(source, base, look));
    tried.set(source.round, lanes);
    return lanes;
  }

  async function baseOf(number: RoundNumber, look: TaskLook): Promise<Int32Array> {
    const { view } = look;
    const root = view.rounds.find(({ round }) => round === number)?.baseModelRoot ?? view.modelRoot;
    const lanes = await found(root, number, look, new Map());
    if (lanes !== undefined) return lanes;
    // where even the beginning is another, that is to be said
    initial(look);
    throw new FedledgerError("BLOB_NOT_FOUND", { contentId: root, providers: transport.connected().length });
  }

  const reads: ModelSource["reads"] = ({ view, members }) =>
    !isSealed(view) || (sealing !== undefined && isReader(sealing.me, sealing.readers({ view, members })));

  return { update, model, put, reads, baseOf };
}

/** Whether the round's proposal is of this model. A void one may be, too: the model below it can be the same. */
function gave({ proposal }: ProposedRound, root: Bytes32): boolean {
  return hexEquals(proposal.modelRoot, root);
}

/** The rounds before one that proposed a model, the newest first, those that became void behind the others. */
function giversOf(root: Bytes32, before: RoundNumber, { rounds }: TaskLook["view"]): readonly ProposedRound[] {
  const givers = rounds.filter(hasProposal).filter((round) => round.round < before && gave(round, root));
  const newest = givers.toReversed();
  return [...newest.filter((round) => !isVoid(round)), ...newest.filter(isVoid)];
}

function isVoid(round: ProposedRound): boolean {
  return round.void === true;
}

/** The list, the first so many put last. */
function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const first = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}

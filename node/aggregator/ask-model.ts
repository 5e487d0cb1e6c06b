import { isUnavailable } from "../audit/replay/is-unavailable.ts";
import { firstBeyondClip } from "../audit/replay/lane-changes.ts";
import { chunkTreeRoot } from "../core/bytes/chunk-tree.ts";
import { hexEquals } from "../core/bytes/hex.ts";
import { bytesToLanes } from "../core/bytes/lanes.ts";
import { FedledgerError } from "../core/errors/error.ts";
import type { Address, Bytes32, PeerIdText } from "../core/ids.ts";
import type { RoundView } from "../core/record/task-view.ts";
import { isSealed } from "../core/task/blob-length.ts";
import type { Log } from "../ports/system.ts";
import type { Transport } from "../ports/transport.ts";
import { reasonOf } from "../rounds/actions/action-runner.ts";
import type { ModelSource, TaskLook } from "../rounds/blobs/model-source.ts";
import { drawnBySlot } from "../rounds/steps/mask-queries.ts";
import {
  decodeOpenSumAnswer,
  encodeOpenSum,
  type OpenedSum,
  openSumProtocol,
} from "../rounds/words/open-sum-messages.ts";

/** What asking for a model needs. */
export interface AskModelDeps {
  readonly transport: Pick<Transport, "request">;
  readonly source: ModelSource;
  readonly log: Log;
  /** Longest wait for one answer, milliseconds. */
  readonly timeoutMs: number;
}

/** A model that key holders named, and who did. */
export interface NamedModel extends Pick<OpenedSum, "modelRoot"> {
  readonly by: readonly Address[];
  /**
   * The blob that each of them named: one and the same, except in a sealed task, where everyone's own seal makes
   * another.
   */
  readonly contentIds: readonly Bytes32[];
}

/**
 * Asks everybody drawn in a closed encrypted round what its sum opens to. Gives the models that were named for this
 * very sum, the one named most often first; who opened another sum, or none, is told in the log. Rejects with the
 * signal's reason only.
 */
export async function askModels(
  { transport, log, timeoutMs }: Pick<AskModelDeps, "transport" | "log" | "timeoutMs">,
  round: RoundView,
  sumId: Bytes32,
  { view, members, signal }: TaskLook,
): Promise<readonly NamedModel[]> {
  const message = encodeOpenSum({ taskId: view.taskId, round: round.round, accumulator: round.accumulator });
  const ask = async (peerId: PeerIdText): Promise<OpenedSum> => {
    const answer = decodeOpenSumAnswer(
      await transport.request(peerId, openSumProtocol, message, { signal, timeoutMs }),
    );
    if (answer === undefined) {
      const reason = "its answer is malformed";
      throw new FedledgerError("PEER_PROTOCOL", { peerId, protocol: openSumProtocol, reason });
    }
    if (!answer.opened) throw new FedledgerError("PEER_REFUSED", { peerId, reason: answer.reason });
    if (!hexEquals(answer.sumId, sumId))
      throw new FedledgerError("PEER_REFUSED", { peerId, reason: "it opened another sum" });
    return answer;
  };
  const named = new Map<string, NamedModel>();
  const drawn = [...drawnBySlot(view, round).values()];
  await Promise.all(
    drawn.map(async (account) => {
      const contact = members.find((member) => hexEquals(member.account, account))?.contact;
      if (contact === undefined) return;
      try {
        const { modelRoot, contentId } = await ask(contact.peerId);
        const key = (isSealed(view) ? modelRoot : `${modelRoot}:${contentId}`).toLowerCase();
        const { by, contentIds } = named.get(key) ?? { by: [], contentIds: [] };
        named.set(key, { modelRoot, by: [...by, account], contentIds: [...contentIds, contentId] });
      } catch (error) {
        signal.throwIfAborted();
        log.debug("A participant does not tell what the sum opens to", { account, ...reasonOf(error) });
      }
    }),
  );
  return [...named.values()].sort((a, b) => b.by.length - a.by.length);
}

/**
 * The lanes of a model that key holders named, from one of them, checked as far as it can be without the key: its root,
 * its length, and that no lane has moved further than the clip lets it. Undefined where nobody gives it, or it fails
 * the checks. Rejects as ModelSource.baseOf does.
 */
export async function namedModel(
  { source, log }: Pick<AskModelDeps, "source" | "log">,
  round: RoundView,
  { contentIds, modelRoot, by }: NamedModel,
  look: TaskLook,
): Promise<Int32Array | undefined> {
  const { rules } = look.view;
  const base = await source.baseOf(round.round, look);
  for (const [i, contentId] of contentIds.entries()) {
    const aggregator = by[i];
    if (aggregator === undefined) continue;
    try {
      const proposal = { aggregator, modelRoot, contentId };
      const bytes = await source.model({ round: round.round, proposal }, look);
      const lanes = bytes.length === 4 * rules.parameterCount ? bytesToLanes(bytes) : undefined;
      if (
        lanes === undefined ||
        !hexEquals(chunkTreeRoot(lanes), modelRoot) ||
        firstBeyondClip(base, lanes, rules) >= 0
      ) {
        log.warn("A model that was named for a sum cannot be what it opens to", { round: round.round, by: by.join() });
        return undefined;
      }
      return lanes;
    } catch (error) {
      look.signal.throwIfAborted();
      if (!isUnavailable(error)) throw error;
    }
  }
  return undefined;
}

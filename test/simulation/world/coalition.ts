import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { contentIdOf } from "../../../node/core/bytes/content-id.ts";
import { lanesToBytes } from "../../../node/core/bytes/lanes.ts";
import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import { updateRootOf } from "../../../node/core/words/commitment.ts";
import type { ChainCall } from "../../../node/ports/chain.ts";
import type { ModelChain } from "../model/model-chain.ts";
import { modelDigest, modelSign } from "../model/model-signature.ts";
import { slotIn } from "../model/model-steps.ts";
import { hasSlot, type ModelTask, nobody } from "../model/model-storage.ts";
import type { SimulatedNode } from "./federation.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/**
 * Lets liars and their friends act together, beside what their nodes do: the friends attest whatever a liar proposes;
 * and where a round starts from a liar's model, above which no honest node works, they commit and propose what they
 * make up, so that lies are built upon lies.
 */
export function collude(
  tools: { readonly chain: ModelChain; readonly clock: VirtualClock; readonly taskId: number },
  liars: readonly SimulatedNode[],
  friends: readonly SimulatedNode[],
): void {
  const { chain, clock, taskId } = tools;
  const send = (account: Address, call: ChainCall) => {
    void chain
      .connect(account)
      .send(call)
      .catch(() => undefined);
  };

  /** Made-up lanes, stored for all to fetch. */
  async function publish({ host }: SimulatedNode, { rules, round }: ModelTask, lane: number) {
    const lanes = new Int32Array(rules.parameterCount).fill(lane + round.round);
    const bytes = lanesToBytes(lanes);
    const contentId = await contentIdOf(bytes);
    host.blobs.set(contentId, bytes);
    return { root: chunkTreeRoot(lanes), contentId };
  }

  async function commitTo(task: ModelTask): Promise<void> {
    const { round, anchor, committed } = task.round;
    for (const friend of friends) {
      const slot = slotIn(task, friend.account);
      if (slot === undefined || hasSlot(committed, slot)) continue;
      const { root, contentId } = await publish(friend, task, friend.number);
      const updateRoot = updateRootOf(friend.account, root);
      send(friend.account, { kind: "commit", taskId, round, anchor, updateRoot, contentId, weight: 1 });
    }
  }

  async function proposeIn(task: ModelTask, liar: SimulatedNode): Promise<void> {
    const { round, attempt, accumulator, totalWeight } = task.round;
    const { root: modelRoot, contentId } = await publish(liar, task, 1000);
    const proposal = { attempt, aggregator: liar.account, modelRoot, contentId, totalWeight, excluded: 0n };
    send(liar.account, { kind: "propose", taskId, round, accumulator, proposal, openings: "0x" });
  }

  function acceptIn({ round: { round, pending } }: ModelTask): void {
    const proposed = chain.events().findLast((event) => event.name === "Proposed");
    if (proposed?.name !== "Proposed") return;
    const attestations = friends.map(({ account: attester }) => {
      const signature = modelSign(attester, modelDigest(taskId, round, pending));
      return { taskId, round, proposalHash: pending, attester, signature };
    });
    send(friends[0]!.account, { kind: "accept", taskId, round, proposal: proposed.proposal, attestations });
  }

  const look = (): void => {
    clock.after(1000, look);
    const task = chain.storage().tasks[taskId - 1]!;
    const { phase, assigned } = task.round;
    if (phase !== "open" && phase !== "aggregating" && phase !== "proposed") return;
    const liar = assigned === nobody ? undefined : liars.find(({ account }) => account === assigned);
    if (phase === "proposed" && liar) acceptIn(task);
    else if (isLie(chain, task.modelRoot, liars)) {
      if (phase === "open") void commitTo(task);
      if (phase === "aggregating" && liar) void proposeIn(task, liar);
    }
  };
  clock.after(1000, look);
}

function isLie(chain: ModelChain, modelRoot: Bytes32, liars: readonly SimulatedNode[]): boolean {
  return chain
    .events()
    .some(
      (event) =>
        event.name === "Proposed" &&
        event.proposal.modelRoot === modelRoot &&
        liars.some(({ account }) => account === event.proposal.aggregator),
    );
}

import { type AggregatorOptions, createAggregator } from "../../../node/aggregator/create-aggregator.ts";
import { chunkTreeRoot } from "../../../node/core/chunk-tree.ts";
import { bytesToLanes, lanesToBytes } from "../../../node/core/lanes.ts";
import type { Proposal } from "../../../node/core/records.ts";
import type { Chain } from "../../../node/ports/chain.ts";
import type { RoleDeps, RoleProcess } from "../../../node/rounds/role-process.ts";

/** What the liar put on record. */
export interface Lie {
  readonly round: number;
  readonly lane: number;
  /** Root of the model that it computed and did not propose. */
  readonly honest: Proposal;
  readonly proposed: Proposal;
}

/**
 * A malicious aggregator, for tests only: it does everything right, but adds 1 to one lane of every model that it proposes.
 * It publishes the wrong model under its content id, and misstates nothing else.
 */
export function createLaneFlipper(
  deps: RoleDeps,
  options: AggregatorOptions,
  { lane, onLie }: { readonly lane: number; readonly onLie: (lie: Lie) => void },
): RoleProcess {
  const { chain, store } = deps;
  const lying: Chain = {
    ...chain,
    async send(call, sending) {
      if (call.kind !== "propose") return await chain.send(call, sending);
      const { parameterCount } = (await chain.history(call.taskId)).find(
        (event) => event.name === "TaskCreated",
      )!.rules;
      const lanes = bytesToLanes(await store.get(call.proposal.contentId, { lengthBytes: 4 * parameterCount })).slice();
      lanes[lane]! += 1;
      const contentId = await store.put(lanesToBytes(lanes));
      const proposed = { ...call.proposal, modelRoot: chunkTreeRoot(lanes), contentId };
      const sent = await chain.send({ ...call, proposal: proposed }, sending);
      onLie({ round: call.round, lane, honest: call.proposal, proposed });
      return sent;
    },
  };
  return createAggregator({ ...deps, chain: lying }, options);
}

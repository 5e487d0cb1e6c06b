import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { bytesToLanes, lanesToBytes } from "../../../node/core/bytes/lanes.ts";
import type { Hex } from "../../../node/core/ids.ts";
import { foldTask } from "../../../node/core/record/fold-task.ts";
import type { RoundView, TaskView } from "../../../node/core/record/task-view.ts";
import type { Commitment, Proposal } from "../../../node/core/records.ts";
import type { Chain } from "../../../node/ports/chain.ts";
import { createModelSource } from "../../../node/rounds/blobs/model-source.ts";
import type { RoleDeps } from "../../../node/rounds/machine/role-process.ts";
import { forever, type Lying, liesIn } from "./lie.ts";

/** What a forger has in its hands when it is about to propose the right model. */
export interface Forgery {
  readonly view: TaskView;
  /** The running round. */
  readonly round: RoundView;
  /** The right proposal. */
  readonly honest: Proposal;
  /** In a masked task: what opens the sum. */
  readonly openings?: Hex;
  /** The right model; the forger's own copy. */
  readonly lanes: Int32Array;
  /** The model that the round started from. */
  base(): Promise<Int32Array>;
  /** The committed updates, in the order of the chain. */
  updates(): Promise<readonly { readonly commitment: Commitment; readonly lanes: Int32Array }[]>;
  /** Stores a model for all to fetch; gives what a proposal says of it. */
  publish(lanes: Int32Array): Promise<Pick<Proposal, "modelRoot" | "contentId">>;
  /** Sends a proposal as it is. */
  propose(proposal: Proposal): Promise<unknown>;
}

/** Makes the wrong proposal, and says what is wrong with it; `never`: nothing is proposed at all. */
export type Forge = (forgery: Forgery) => Promise<
  | {
      readonly proposed: Proposal | "never";
      readonly told: string;
      /** In a masked task: other openings than the right ones. */
      readonly openings?: Hex;
    }
  | undefined
>;

/**
 * What an honest aggregator works with, but its proposals are the forger's in the rounds in which it lies. Where
 * `forge` gives nothing, the honest proposal goes out.
 */
export function forgeProposals(deps: RoleDeps, lying: Lying, forge: Forge): RoleDeps {
  const { chain, store, transport } = deps;
  const source = createModelSource({ store, transport });
  const told = new Set<string>();
  const lyingChain: Chain = {
    ...chain,
    async send(call, options) {
      if (call.kind !== "propose" || !liesIn(lying, call.round)) return await chain.send(call, options);
      const view = foldTask(await chain.history(call.taskId));
      const round = view.rounds.at(-1)!;
      const signal = options?.signal ?? new AbortController().signal;
      const look = { view, members: await chain.members(), signal };
      const lengthBytes = 4 * view.rules.parameterCount;
      const honest = call.proposal;
      const forged = await forge({
        view,
        round,
        honest,
        ...(call.openings !== "0x" && { openings: call.openings }),
        lanes: bytesToLanes(await store.get(honest.contentId, { lengthBytes, signal })).slice(),
        base: () => source.baseOf(round.round, look),
        updates: () =>
          Promise.all(
            round.commitments.map(async (commitment) => ({
              commitment,
              lanes: bytesToLanes(await source.update(commitment, look)),
            })),
          ),
        publish: async (lanes) => ({
          modelRoot: chunkTreeRoot(lanes),
          contentId: await store.put(lanesToBytes(lanes)),
        }),
        propose: (proposal) => chain.send({ ...call, proposal }, options),
      });
      if (forged === undefined) return await chain.send(call, options);
      const { proposed } = forged;
      const key = `${round.round}:${honest.attempt}`;
      if (!told.has(key)) {
        told.add(key);
        const lie = { round: round.round, told: forged.told, honest };
        lying.onLie(proposed === "never" ? lie : { ...lie, proposed });
      }
      if (proposed === "never") return await forever(signal);
      const { openings } = forged;
      return await chain.send({ ...call, proposal: proposed, ...(openings && { openings }) }, options);
    },
  };
  return { ...deps, chain: lyingChain };
}

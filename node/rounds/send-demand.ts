import { chunkCountOf } from "../core/chunk-tree.ts";
import type { Demand, DemandKind } from "../core/records.ts";
import type { TaskView } from "../core/task-view.ts";
import type { Chain, DemandCall } from "../ports/chain.ts";
import type { Log, Random } from "../ports/system.ts";
import type { ActionResult } from "./action-runner.ts";
import { type DemandBonds, demandedWei } from "./demand-budget.ts";
import type { DemandAction } from "./demand-turn.ts";
import { demandedData, type Progress } from "./progress.ts";
import { randomBelow } from "./random-below.ts";

/** What demanding needs. */
export interface SendDemandDeps {
  readonly chain: Chain;
  readonly random: Random;
  readonly log: Log;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Most ether in demands of the task that did not come back, in wei. */
  readonly budgetWei: bigint;
}

/** Bonds of demands, asked once. */
export type ReadBonds = () => Promise<DemandBonds>;

/** Reads the bonds of demands from the contract at the first call. */
export function createBondReader(chain: Pick<Chain, "demandBondWei">): ReadBonds {
  let bonds: Promise<DemandBonds> | undefined;
  const read = async (): Promise<DemandBonds> => {
    const of = (kind: DemandKind) => chain.demandBondWei(kind);
    return { "update-chunk": await of("update-chunk"), "model-nodes": await of("model-nodes") };
  };
  return () => {
    bonds ??= read().catch((error: unknown) => {
      bonds = undefined;
      throw error;
    });
    return bonds;
  };
}

/** Between two looks at a budget that is used up, milliseconds. */
const budgetPauseMs = 60_000;

/**
 * Sends a demand, within the budget. Of an update it demands the chunk that this account demanded of another update of the same proposal, so
 * that what is shown can be put together, or else one drawn now, which the proposer cannot foresee.
 * Resolves when it is mined, or without it when the budget does not suffice; rejects as Chain does.
 */
export async function sendDemand(
  { chain, random, log, onProgress, budgetWei }: SendDemandDeps,
  bonds: ReadBonds,
  action: DemandAction,
  { view, signal }: { readonly view: TaskView; readonly signal: AbortSignal },
): Promise<ActionResult> {
  const { round } = action;
  const call = { ...callOf(action, view, random, chain.account), amountWei: 0n };
  const bondsWei = await bonds();
  const amountWei = bondsWei[call.demand.kind];
  if (demandedWei(chain.account, view, bondsWei) + amountWei > budgetWei) {
    log.warn("A demand would be beyond the budget: it is not made", { round: round.round, amountWei, budgetWei });
    const why = `a demand of ${amountWei} wei would be beyond the budget of ${budgetWei} wei`;
    onProgress?.({ kind: "not-proven", round: round.round, why });
    return { repeatMs: budgetPauseMs };
  }
  const { gasUsed, blockNumber } = await chain.send({ ...call, amountWei }, { signal });
  const why =
    "node" in action
      ? "the model's root is not the recomputed one's, and its bytes are not to be had"
      : `the update of ${action.commitment.participant} is counted, and its bytes are not to be had`;
  onProgress?.({
    kind: "demanded",
    round: round.round,
    aggregator: round.proposal.aggregator,
    what: demandedData(call.demand),
    why,
    amountWei,
    gasUsed,
  });
  return { minedInBlock: blockNumber };
}

function callOf(
  action: DemandAction,
  { taskId, rules }: TaskView,
  random: Random,
  me: string,
): Extract<DemandCall, { kind: "demandChunk" | "demandNodes" }> {
  const { round } = action;
  const { hash: proposalHash, challengeDeadlineS: _, ...proposal } = round.proposal;
  const about = { taskId, round: round.round, proposalHash };
  if ("node" in action) {
    const { height: place, index, node: root, path } = action.node;
    const demand: Demand = { ...about, kind: "model-nodes", place, index, root };
    return { kind: "demandNodes", demand, proposal, path, amountWei: 0n };
  }
  const { slot: place, updateRoot: root } = action.commitment;
  const earlier = (round.demands ?? []).find(
    ({ demand, demander }) =>
      demander.toLowerCase() === me.toLowerCase() &&
      demand.kind === "update-chunk" &&
      demand.proposalHash === proposalHash,
  );
  const index = earlier?.demand.index ?? randomBelow(chunkCountOf(rules.parameterCount), random);
  const demand: Demand = { ...about, kind: "update-chunk", place, index, root };
  const { commitments } = round;
  const position = commitments.findIndex(({ slot }) => slot === place);
  return { kind: "demandChunk", demand, proposal, commitments, position, amountWei: 0n };
}

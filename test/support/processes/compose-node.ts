import { createBondLimit } from "../../../node/api/nodes/bond-limit.ts";
import {
  type AggregatorChoices,
  aggregatorPlan,
  type ParticipantChoices,
  participantPlan,
  watcherPlan,
} from "../../../node/api/nodes/compose.ts";
import { findNode } from "../../../node/api/nodes/find-node.ts";
import type { NodeEvents, NodeOptions } from "../../../node/api/nodes/node-options.ts";
import { createWorkplace, type RolePlan, type TaskWork } from "../../../node/api/nodes/task-work.ts";
import type { TaskView } from "../../../node/core/record/task-view.ts";
import type { Chain, Trainer } from "../../../node/ports/index.ts";
import type { Progress } from "../../../node/rounds/progress/progress.ts";

/** A node with one role, ready to start, as the product composes it. */
export interface ComposedNode {
  readonly chain: Chain;
  readonly role: Pick<TaskWork, "start" | "done"> & { stop(): Promise<void> };
  readonly gatewayUrl: string | undefined;
  close(): Promise<void>;
}

/** What is heard of a node for one task. */
export type ComposedEvents = NodeEvents & { readonly onProgress?: ((progress: Progress) => void) | undefined };

/** A node for one task whose role is the caller's own. */
export function composeNode(
  options: NodeOptions,
  events: ComposedEvents,
  create: RolePlan["create"],
): Promise<ComposedNode> {
  return compose(options, events, () => ({ admit: async () => undefined, create }));
}

async function compose(
  options: NodeOptions,
  events: ComposedEvents,
  planOn: (chain: Chain) => RolePlan,
): Promise<ComposedNode> {
  const found = await findNode(options, events);
  const { chain } = found;
  const place = createWorkplace(found, events);
  try {
    const { start, done, close } = await place.begin({ ...options, ...events }, planOn(chain), true);
    return { chain, role: { start, done, stop: close }, gatewayUrl: place.gatewayUrl(), close: () => place.close() };
  } catch (error) {
    await place.close();
    throw error;
  }
}

/** A participant's node for one task. */
export function composeParticipant(
  options: NodeOptions & ParticipantChoices,
  events: ComposedEvents,
  openTrainer: (view: TaskView) => Promise<Trainer>,
): Promise<ComposedNode> {
  return compose(options, events, () => participantPlan(options, openTrainer));
}

/** An aggregator's node for one task. */
export function composeAggregator(
  options: NodeOptions & AggregatorChoices,
  events: ComposedEvents,
): Promise<ComposedNode> {
  return compose(options, events, (chain) => aggregatorPlan(options, createBondLimit(chain)));
}

/** A watcher's node for one task. */
export function composeWatcher(options: NodeOptions, events: ComposedEvents): Promise<ComposedNode> {
  return compose(options, events, () => watcherPlan(options));
}

import { join } from "node:path";
import { createAggregator } from "../../node/aggregator/create-aggregator.ts";
import {
  type ComposedNode,
  composeAggregator,
  composeNode,
  composeParticipant,
  composeWatcher,
  type NodeEvents,
  type NodeSettings,
} from "../../node/cli/compose.ts";
import type { TaskSpec } from "../../node/core/task-spec.ts";
import { createParticipant, type ParticipantDeps } from "../../node/participant/create-participant.ts";
import type { Trainer } from "../../node/ports/index.ts";
import type { RoleDeps } from "../../node/rounds/role-process.ts";
import { openJournal } from "../../node/system/index.ts";
import { createTfjsTrainer, loadParticipantData, type TaskPreset } from "../../node/training/index.ts";
import type { FederationFixture, FixtureMember } from "../support/federation-fixture.ts";

/** Who a node is, where it keeps what it has, and what it works on. */
export interface NodePlace {
  readonly fixture: FederationFixture;
  readonly member: FixtureMember;
  readonly taskId: number;
  readonly folder: string;
  readonly events: NodeEvents;
}

/** What a participant trains on. */
export interface NodeData {
  readonly preset: TaskPreset;
  readonly spec: TaskSpec;
  readonly seed: number;
  readonly part: number;
  readonly parts: number;
}

/** Opens the watcher's node. */
export function openWatcher(place: NodePlace): Promise<ComposedNode> {
  return composeWatcher(settingsOf(place), place.events);
}

/** Opens an aggregator's node; `corrupt` makes a liar of it. */
export function openAggregator(
  place: NodePlace,
  openWhenEnrolled: number,
  corrupt?: (deps: RoleDeps) => RoleDeps,
): Promise<ComposedNode> {
  const settings = settingsOf(place);
  if (corrupt === undefined) return composeAggregator({ ...settings, openWhenEnrolled }, place.events);
  return composeNode(settings, place.events, async (deps, { encryptionKey }) =>
    createAggregator(corrupt(deps), { encryptionKey, linger: true, openWhenEnrolled }),
  );
}

/** Opens a participant's node with its share of the data; `corrupt` makes a liar of it. */
export function openParticipant(
  place: NodePlace,
  data: NodeData,
  corrupt?: (deps: ParticipantDeps) => ParticipantDeps,
): Promise<ComposedNode> {
  const settings = settingsOf(place);
  const { seed } = data;
  if (corrupt === undefined) return composeParticipant({ ...settings, seed }, place.events, () => openTrainer(data));
  return composeNode(settings, place.events, async (deps, { encryptionKey, directory, onClose }) => {
    const trainer = await openTrainer(data);
    onClose(() => trainer.close());
    const journal = openJournal(join(directory, "journal.sqlite"));
    onClose(() => journal.close());
    return createParticipant(corrupt({ ...deps, trainer, journal }), { encryptionKey, seed, linger: true });
  });
}

async function openTrainer({ preset, spec, seed, part, parts }: NodeData): Promise<Trainer> {
  const { train, heldOut } = await loadParticipantData({
    spec,
    dataset: preset.dataset,
    seed,
    heldOutFraction: preset.heldOutFraction,
    share: { partition: preset.partition, part, parts },
  });
  return await createTfjsTrainer({ spec, train, heldOut });
}

function settingsOf({ fixture, member, taskId, folder }: NodePlace): NodeSettings {
  const account = member.account.toLowerCase();
  return {
    task: taskId,
    federation: fixture.federation,
    rpc: [fixture.url],
    confirmations: 0,
    devAccount: fixture.chain.accounts.findIndex(({ address }) => address.toLowerCase() === account),
    dir: join(folder, account),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    gateway: "127.0.0.1:0",
    // blobs stay to be had until the audit is over
    exitWhenComplete: false,
    announce: undefined,
    ipfs: undefined,
    keystore: undefined,
    passwordFile: undefined,
    mdns: false,
  };
}

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
import type { RoundNumber } from "../../node/core/ids.ts";
import { createParticipant, type ParticipantDeps } from "../../node/participant/create-participant.ts";
import type { Trainer } from "../../node/ports/index.ts";
import { openJournal } from "../../node/system/index.ts";
import { createTfjsTrainer, loadParticipantData } from "../../node/training/index.ts";
import { missRounds } from "../support/absent-participant.ts";
import type { Lie } from "../support/malicious/lie.ts";
import { lyingRound } from "./attack.ts";
import { attackByName } from "./attack-by-name.ts";
import { attackPreset, specOf } from "./attack-task.ts";
import type { NodeJob } from "./node-job.ts";

/** Opens a node as its job says: composed as the `fedledger` commands compose it, with the lie in between where it has one. */
export async function openNode(job: NodeJob, events: NodeEvents, onLie: (lie: Lie) => void): Promise<ComposedNode> {
  const attack = job.lies === undefined ? undefined : attackByName(job.lies);
  const lying = { round: lyingRound, onLie };
  const values = settingsOf(job);
  switch (job.role) {
    case "watcher":
      return await composeWatcher(values, events);
    case "aggregator": {
      const openWhenEnrolled = job.parts;
      const corrupt = attack?.aggregator;
      if (corrupt === undefined) return await composeAggregator({ ...values, openWhenEnrolled }, events);
      return await composeNode(values, events, async (deps, { encryptionKey, directory, onClose }) => {
        const journal = openJournal(join(directory, "journal.sqlite"));
        onClose(() => journal.close());
        return createAggregator(
          { ...corrupt(deps, lying), journal },
          { encryptionKey, linger: true, openWhenEnrolled },
        );
      });
    }
    case "participant": {
      const { seed, absent } = job;
      const corrupt = attack?.participant;
      if (corrupt !== undefined) {
        const isOver = (round: RoundNumber) => round > lyingRound;
        return await openOtherParticipant(job, events, (deps) => corrupt(missRounds(deps, isOver), lying));
      }
      if (absent !== undefined && absent.length > 0) {
        return await openOtherParticipant(job, events, (deps) => missRounds(deps, (round) => absent.includes(round)));
      }
      return await composeParticipant({ ...values, seed }, events, () => openTrainer(job));
    }
  }
}

function openOtherParticipant(
  job: NodeJob,
  events: NodeEvents,
  change: (deps: ParticipantDeps) => ParticipantDeps,
): Promise<ComposedNode> {
  return composeNode(settingsOf(job), events, async (deps, { encryptionKey, directory, onClose }) => {
    const trainer = await openTrainer(job);
    onClose(() => trainer.close());
    const journal = openJournal(join(directory, "journal.sqlite"));
    onClose(() => journal.close());
    return createParticipant(change({ ...deps, trainer, journal }), { encryptionKey, seed: job.seed, linger: true });
  });
}

async function openTrainer({ seed, part, parts }: NodeJob): Promise<Trainer> {
  const spec = specOf(seed);
  const { dataset, partition, heldOutFraction } = attackPreset;
  const share = { partition, part, parts };
  const { train, heldOut } = await loadParticipantData({ spec, dataset, seed, heldOutFraction, share });
  return await createTfjsTrainer({ spec, train, heldOut });
}

function settingsOf({ taskId, federation, rpc, devAccount, dir }: NodeJob): NodeSettings {
  return {
    task: taskId,
    federation,
    rpc: [rpc],
    confirmations: 0,
    devAccount,
    dir,
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

import { join } from "node:path";
import { SigningKey } from "ethers";
import { createAggregator } from "../../../node/aggregator/create-aggregator.ts";
import { readInvitation } from "../../../node/api/invitations/invited.ts";
import type { NodeOptions } from "../../../node/api/nodes/node-options.ts";
import { accountOf, testAccount } from "../../../node/chain/index.ts";
import type { Bytes32, Hex, RoundNumber } from "../../../node/core/ids.ts";
import { createParticipant, type ParticipantDeps } from "../../../node/participant/create-participant.ts";
import type { Trainer } from "../../../node/ports/index.ts";
import { openJournal } from "../../../node/system/index.ts";
import { createSecretFile } from "../../../node/system/secret-file.ts";
import { createTfjsTrainer, loadParticipantData } from "../../../node/training/index.ts";
import { missRounds } from "../../support/absent-participant.ts";
import type { Lie, Lying } from "../../support/malicious/lie.ts";
import {
  type ComposedEvents,
  type ComposedNode,
  composeAggregator,
  composeNode,
  composeWatcher,
} from "../../support/processes/compose-node.ts";
import { lyingRound } from "../attack.ts";
import { attackByName } from "../attack-by-name.ts";
import { attackPreset, specOf } from "../attack-task.ts";
import type { NodeJob } from "./node-job.ts";

/**
 * Opens a node as its job says: composed as the `fedledger` commands compose it, with the lie in between where it has
 * one.
 */
export async function openNode(job: NodeJob, events: ComposedEvents, onLie: (lie: Lie) => void): Promise<ComposedNode> {
  const attack = job.lies === undefined ? undefined : attackByName(job.lies);
  const friends = (job.friends ?? []).map((key) => ({
    account: accountOf(key),
    sign: (digest: Bytes32) => new SigningKey(key).sign(digest).serialized as Hex,
  }));
  const lying: Lying = { round: lyingRound, onLie, friends };
  const values = await optionsOf(job);
  switch (job.role) {
    case "watcher":
      return await composeWatcher(values, events);
    case "aggregator": {
      const corrupt = attack?.aggregator;
      if (corrupt === undefined) return await composeAggregator(values, events);
      return await composeNode(values, events, async (deps, { encryptionKey, folder, onClose }) => {
        const journal = openJournal(join(folder, "journal.sqlite"));
        onClose(() => journal.close());
        return createAggregator({ ...corrupt(deps, lying), journal }, { encryptionKey, linger: true });
      });
    }
    case "participant": {
      const { absent = [] } = job;
      const corrupt = attack?.participant;
      const misses = (round: RoundNumber) => absent.includes(round) || (corrupt !== undefined && round > lyingRound);
      return await openParticipant(job, events, (deps) => {
        const attending = missRounds(deps, misses);
        return corrupt === undefined ? attending : corrupt(attending, lying);
      });
    }
  }
}

async function openParticipant(
  job: NodeJob,
  events: ComposedEvents,
  change: (deps: ParticipantDeps) => ParticipantDeps,
): Promise<ComposedNode> {
  return composeNode(await optionsOf(job), events, async (deps, { encryptionKey, folder, onClose }) => {
    const trainer = await openTrainer(job);
    onClose(() => trainer.close());
    const journal = openJournal(join(folder, "journal.sqlite"));
    onClose(() => journal.close());
    const shareKeyFile = createSecretFile(join(folder, "share-key"));
    const options = { encryptionKey, seed: job.seed, prove: job.proves, linger: true };
    return createParticipant(change({ ...deps, trainer, journal, shareKeyFile }), options);
  });
}

async function openTrainer({ seed, part, parts }: NodeJob): Promise<Trainer> {
  const spec = specOf(seed, parts);
  const { dataset, partition, heldOutFraction } = attackPreset;
  const share = { partition, part, parts };
  const { train, heldOut } = await loadParticipantData({ spec, dataset, seed, heldOutFraction, share });
  return await createTfjsTrainer({ spec, train, heldOut });
}

async function optionsOf({ taskId, federation, rpc, devAccount, dir, invitation }: NodeJob): Promise<NodeOptions> {
  return {
    account: testAccount(devAccount),
    endpoint: rpc,
    federation,
    taskId,
    directory: dir,
    invitation: invitation === undefined ? undefined : await readInvitation(invitation),
    // blobs stay to be had until the audit is over
    linger: true,
  };
}

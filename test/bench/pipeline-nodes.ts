import { join } from "node:path";
import { type ComposedNode, composeAggregator, composeParticipant, type NodeSettings } from "../../node/cli/compose.ts";
import { chunkTreeRoot } from "../../node/core/chunk-tree.ts";
import { initialLanes } from "../../node/core/initial-model.ts";
import { modelLayout } from "../../node/core/model-layout.ts";
import type { TaskEvent } from "../../node/core/task-events.ts";
import { canonicalTaskSpec } from "../../node/core/task-spec.ts";
import type { Trainer } from "../../node/ports/trainer.ts";
import { createClock } from "../../node/system/index.ts";
import { createTfjsTrainer, loadParticipantData, taskPreset } from "../../node/training/index.ts";
import { type FixtureMember, silentLog, startFederation } from "../support/federation-fixture.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const parts = 3;
const extraTrainingMs = 4_000;
const preset = taskPreset("digits");

/**
 * A task of so many rounds with real nodes in this process: three participants and an aggregator, each with its own libp2p host,
 * store and journal, on the embedded chain with a block every half second. Training is real, and takes four seconds more, so that
 * the machine's own load does not decide. Resolves with the record.
 */
export async function runRealRounds(
  challengeWindowS: number,
  pipelined: boolean,
  rounds: number,
): Promise<readonly TaskEvent[]> {
  const folder = await temporaryDirectory();
  const fixture = await startFederation({ participants: parts, aggregators: 1, register: false, blockIntervalMs: 500 });
  const nodes: ComposedNode[] = [];
  try {
    const { spec } = preset;
    const { fractionBits, clipLanes, maxWeight, serverRateQ16 } = preset.rules;
    const taskId = await fixture.createTask({
      rules: {
        ...{ fractionBits, clipLanes, maxWeight, serverRateQ16, rounds, challengeWindowS, pipelined },
        parameterCount: modelLayout(spec.model).parameterCount,
        ...{ minUpdates: parts, attestationQuorum: parts + 1, commitWindowS: 120, aggregateWindowS: 120 },
      },
      modelRoot: chunkTreeRoot(initialLanes(spec, fractionBits)),
      spec: canonicalTaskSpec(spec),
      enrol: [],
    });
    const events = { log: silentLog, onProgress: () => undefined, onReceived: () => undefined };
    const settingsOf = ({ account }: FixtureMember): NodeSettings => ({
      ...{ task: taskId, federation: fixture.federation, rpc: [fixture.url], confirmations: 0 },
      devAccount: fixture.chain.accounts.findIndex(({ address }) => address.toLowerCase() === account.toLowerCase()),
      dir: join(folder.path, account),
      ...{ listen: ["/ip4/127.0.0.1/tcp/0"], gateway: "127.0.0.1:0", mdns: false, exitWhenComplete: false },
      ...{ announce: undefined, ipfs: undefined, keystore: undefined, passwordFile: undefined },
    });
    const aggregator = fixture.aggregators[0]!;
    nodes.push(await composeAggregator({ ...settingsOf(aggregator), openWhenEnrolled: parts }, events));
    for (const [part, member] of fixture.participants.entries()) {
      nodes.push(await composeParticipant({ ...settingsOf(member), seed: 1 }, events, () => openSlowTrainer(part)));
    }
    for (const { role } of nodes) role.start();
    await Promise.all(nodes.map(({ role }) => role.done));
    const reader = await fixture.reader();
    return await reader.history(taskId, { detail: true });
  } finally {
    await Promise.allSettled(nodes.map(({ close }) => close()));
    await fixture.close();
    await folder.remove();
  }
}

async function openSlowTrainer(part: number): Promise<Trainer> {
  const { spec, dataset, partition, heldOutFraction } = preset;
  const share = { partition, part, parts };
  const { train, heldOut } = await loadParticipantData({ spec, dataset, seed: 1, heldOutFraction, share });
  const trainer = await createTfjsTrainer({ spec, train, heldOut });
  const clock = createClock();
  return {
    ...trainer,
    async train(request) {
      const trained = await trainer.train(request);
      await clock.sleep(extraTrainingMs, request.signal ? { signal: request.signal } : {});
      return trained;
    },
  };
}

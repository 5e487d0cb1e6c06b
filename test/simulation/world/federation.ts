import { createAggregator } from "../../../node/aggregator/create-aggregator.ts";
import { x25519PublicKey } from "../../../node/chain/accounts/node-keys.ts";
import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { fromHex, toHex } from "../../../node/core/bytes/hex.ts";
import { keccak256 } from "../../../node/core/bytes/keccak.ts";
import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import { canonicalTaskSpec, parseTaskSpec } from "../../../node/core/task/task-spec.ts";
import { createParticipant } from "../../../node/participant/create-participant.ts";
import { createMemorySecret, type SecretFile } from "../../../node/participant/masked/share-keys.ts";
import { createMemoryLedger } from "../../../node/participant/update/memory-ledger.ts";
import type { NoiseLedger } from "../../../node/ports/noise.ts";
import type { Journal } from "../../../node/ports/system.ts";
import { createBfv } from "../../../node/privacy/encrypted/bfv.ts";
import type { ReaderKeys } from "../../../node/privacy/sealed/keyring.ts";
import type { Outcome } from "../../../node/rounds/machine/machine.ts";
import type { RoleProcess } from "../../../node/rounds/machine/role-process.ts";
import type { Progress } from "../../../node/rounds/progress/progress.ts";
import { createModelChain, type ModelChain } from "../model/model-chain.ts";
import { modelInvitation, registeredGrant } from "../model/model-invitation.ts";
import { createModelNetwork, type ModelHost } from "../model/model-network.ts";
import { collude } from "./coalition.ts";
import { watchCryptoWork } from "./crypto-work.ts";
import { drawScenario } from "./draw-scenarios.ts";
import { connectAs } from "./lying-chains.ts";
import { createMemoryJournal, createMemoryLog, type LoggedLine } from "./memory-system.ts";
import { createMortal, type Mortal } from "./mortal.ts";
import type { Fault, Scenario } from "./scenario.ts";
import { createSeededRandom, type SeededRandom } from "./seeded-random.ts";
import { createToyTrainer } from "./toy-trainer.ts";
import { createVirtualClock, type VirtualClock } from "./virtual-clock.ts";

/** A node of the simulated federation: what outlives its process, and the process. */
export interface SimulatedNode {
  readonly number: number;
  readonly account: Address;
  readonly role: "participant" | "aggregator";
  readonly host: ModelHost;
  readonly keys: ReaderKeys;
  /** Why it is gone for good, if it is. */
  gone?: Fault["kind"];
  outcome?: Outcome;
  mortal?: Mortal;
  process?: RoleProcess;
  /** Keys of what is in its journal. */
  written?: () => readonly string[];
}

/** A whole federation in memory, at its start. */
export interface SimulatedFederation {
  readonly scenario: Scenario;
  readonly clock: VirtualClock;
  readonly chain: ModelChain;
  readonly nodes: readonly SimulatedNode[];
  readonly taskId: number;
  readonly progress: readonly { readonly node: number; readonly atMs: number; readonly progress: Progress }[];
  readonly log: readonly LoggedLine[];
  /** Runs until every node that is not gone has ended its work, or the virtual time is up; whether they have. */
  run(limitS: number): Promise<boolean>;
}

const admin = `0x${"ad".repeat(20)}` as Address;
/** One for all nodes: SEAL is loaded once. */
export const simulatedBfv = createBfv();
const startMs = Date.UTC(2026, 0, 1);
export const simulatedSpec = parseTaskSpec({
  format: "fedledger/task/1",
  name: "simulated",
  model: { kind: "mlp", inputs: 8, hidden: [8], activation: "relu", output: { kind: "numbers", count: 1 } },
  initialSeed: 7,
  training: { objective: "fedavg", epochs: 1, batchSize: 1, learningRate: 0.1 },
  data: {},
});

/** Builds the federation of a seed. */
export function createSimulatedFederation(seed: number, given?: Scenario): SimulatedFederation {
  const random = createSeededRandom(seed);
  const scenario = given ?? drawScenario(random.fork());
  const clock = createVirtualClock(startMs);
  const { inclusion, outage, loss, rules } = scenario;
  const taskId = 1;
  const chain = createModelChain(clock, random.fork(), { blockS: 1, latencyMs: 100, inclusion, outage });
  const network = createModelNetwork(clock, random.fork(), { latencyMs: 150, loss });
  const progress: SimulatedFederation["progress"][number][] = [];
  const log: LoggedLine[] = [];
  const nodes = Array.from({ length: scenario.participants + scenario.aggregators }, (_, number): SimulatedNode => {
    const account = toHex(random.bytes(20)) as Address;
    const role = number < scenario.participants ? "participant" : "aggregator";
    const privateKey = keccak256(fromHex(account));
    const keys = { privateKey, publicKey: x25519PublicKey(privateKey) };
    return { number, account, role, host: network.host(`peer-${number}`), keys };
  });
  chain.found(admin);
  chain.apply(admin, { kind: "grantRole", role: "task-creator", account: admin });
  for (const { account, role } of nodes) chain.apply(admin, { kind: "grantRole", role, account });
  const { privacy, openWhenEnrolled } = scenario;
  const taskSpec = parseTaskSpec({
    ...simulatedSpec,
    ...(openWhenEnrolled !== undefined && {
      start: { participants: openWhenEnrolled, latestS: startMs / 1000 + 3600 },
    }),
    ...(scenario.sealed && { blobs: "members" }),
    ...(privacy && { privacy }),
  });
  const spec = canonicalTaskSpec(taskSpec);
  const modelRoot = chunkTreeRoot(initialLanes(taskSpec, rules.fractionBits));
  const access = { organisations: [], regions: [], clearance: 0 };
  chain.apply(admin, { kind: "createTask", rules, modelRoot, spec, access });
  const invitation = modelInvitation(admin, nodes, { taskId, rules, spec });

  for (const node of nodes) {
    const faults = scenario.faults.filter((fault) => "node" in fault && fault.node === node.number);
    const crashes = faults.filter((fault) => fault.kind === "crash");
    const entries = new Map<string, Uint8Array>();
    const journal = createMemoryJournal(clock, entries);
    const shareKeyFile = createMemorySecret();
    const ledger = createMemoryLedger();
    node.written = () => [...entries.keys()];
    const nodeRandom = random.fork();
    const deaths = faults.filter((fault) => fault.kind === "dies-at");
    let died: Fault | undefined;
    const dieAt = (step: Progress): void => {
      const at = deaths.findIndex((death) => death.step === step.kind && "round" in step && death.round === step.round);
      if (at < 0) return;
      [died] = deaths.splice(at, 1);
      node.mortal?.kill();
    };
    const boot = (): void => {
      const crash = crashes.shift();
      const mortal = createMortal({
        ...(crash && { dieAtCall: crash.atCall, afterEffect: crash.afterEffect }),
        onDeath() {
          node.host.down();
          const kill = died ?? faults.find(({ kind }) => kind === "kill" || kind === "dies-committing");
          const backAfterS = crash?.backAfterS ?? (kill && "backAfterS" in kill ? kill.backAfterS : undefined);
          if (backAfterS === undefined) node.gone ??= "crash";
          else clock.after(1000 * backAfterS, boot);
        },
      });
      node.mortal = mortal;
      node.host.up();
      died = undefined;
      node.process = start(node, { mortal, faults, journal, shareKeyFile, ledger, random: nodeRandom, dieAt });
      void node.process.done.then((outcome) => {
        node.outcome = outcome;
      });
      node.process.start();
    };
    clock.after(random.integer(0, 5_000), boot);
  }
  scheduleFaults();
  chain.start();

  return {
    scenario,
    clock,
    chain,
    nodes,
    taskId,
    progress,
    log,
    async run(limitS) {
      const isDone = () => nodes.every(({ outcome, gone }) => outcome !== undefined || gone !== undefined);
      const work = scenario.sealed || rules.mode !== "transparent" ? watchCryptoWork() : undefined;
      try {
        return await clock.run(isDone, 1000 * limitS, work);
      } finally {
        work?.stop();
      }
    },
  };

  function start(
    node: SimulatedNode,
    life: {
      mortal: Mortal;
      faults: readonly Fault[];
      journal: Journal;
      shareKeyFile: SecretFile;
      ledger: NoiseLedger;
      random: SeededRandom;
      dieAt: (step: Progress) => void;
    },
  ): RoleProcess {
    const { mortal, faults } = life;
    const deps = {
      taskId,
      chain: mortal.guard(connectAs({ node, chain, clock, clipLanes: rules.clipLanes }, faults)),
      store: mortal.guard(node.host.store),
      transport: mortal.guard(node.host.transport),
      clock: mortal.guard(clock),
      random: life.random,
      keys: node.keys,
      invitation,
      log: createMemoryLog(node.number, log),
      onProgress(step: Progress) {
        progress.push({ node: node.number, atMs: clock.nowMs() - startMs, progress: step });
        life.dieAt(step);
        if (step.kind === "committed") vanish(node, faults);
        if (step.kind === "assigned" && step.aggregator === node.account) {
          if (faults.some(({ kind }) => kind === "dies-assigned")) mortal.kill();
        }
      },
    };
    const options = {
      encryptionKey: node.keys.publicKey,
      grant: registeredGrant(node.account, node.role),
      settleBlocks: 4,
      patienceS: 4,
      answerTimeoutMs: 5_000,
    };
    const guarded = mortal.guard(life.journal);
    if (node.role === "aggregator") return createAggregator({ ...deps, journal: guarded }, options);
    const slow = faults.find((fault) => fault.kind === "slow")?.durationMs ?? 500;
    const durationMs = faults.some((fault) => fault.kind === "mute") ? 1e9 : slow;
    const trainer = createToyTrainer(clock, life.random, {
      target: node.number / 10,
      samples: 10 + node.number,
      durationMs,
    });
    return createParticipant(
      {
        ...{ ...deps, trainer: mortal.guard(trainer), journal: guarded, ledger: life.ledger },
        ...{ shareKeyFile: life.shareKeyFile, bfv: simulatedBfv },
      },
      { ...options, seed: node.number, commit: scenario.batched ? "batched" : "own" },
    );
  }

  function vanish(node: SimulatedNode, faults: readonly Fault[]): void {
    const fault = faults.find((one) => one.kind === "vanish");
    if (fault === undefined) return;
    const commits = progress.filter((one) => one.node === node.number && one.progress.kind === "committed").length;
    if (commits < fault.afterCommits) return;
    node.gone = "vanish";
    node.host.blobs.clear();
    node.mortal?.kill();
  }

  function scheduleFaults(): void {
    const playing = (...kinds: Fault["kind"][]) =>
      nodes.filter(({ number }) =>
        scenario.faults.some((fault) => "node" in fault && fault.node === number && kinds.includes(fault.kind)),
      );
    const colluders = playing("colludes");
    if (colluders.length > 0) collude({ chain, clock, taskId }, playing("liar", "hider"), colluders);
    for (const fault of scenario.faults) {
      if (fault.kind === "kill") clock.after(1000 * fault.atS, () => nodes[fault.node]!.mortal?.kill());
      if (fault.kind === "reorganise") clock.after(1000 * fault.atS, () => chain.reorganise(fault.depth));
      if (fault.kind === "cut") {
        clock.after(1000 * fault.atS, () => network.cut(fault.nodes.map((number) => nodes[number]!.host.peerId)));
        clock.after(1000 * (fault.atS + fault.forS), () => network.cut([]));
      }
    }
  }
}

/** Every blob that any node has on its disk, gone nodes' too. */
export function allBlobs(nodes: readonly SimulatedNode[]): ReadonlyMap<Bytes32, Uint8Array> {
  return new Map(nodes.flatMap(({ host }) => [...host.blobs]));
}

import { join } from "node:path";
import type { AuditReport } from "../../node/audit/index.ts";
import { chunkTreeRoot } from "../../node/core/chunk-tree.ts";
import { FedledgerError } from "../../node/core/error.ts";
import { weiOfGwei } from "../../node/core/ether.ts";
import { foldTask } from "../../node/core/fold-task.ts";
import { hexEquals } from "../../node/core/hex.ts";
import type { Address, RoundNumber } from "../../node/core/ids.ts";
import { initialLanes } from "../../node/core/initial-model.ts";
import type { DemandKind } from "../../node/core/records.ts";
import type { TaskEvent } from "../../node/core/task-events.ts";
import { canonicalTaskSpec } from "../../node/core/task-spec.ts";
import type { RoundView, TaskView } from "../../node/core/task-view.ts";
import type { BondState, ChainReader } from "../../node/ports/index.ts";
import { isDrawn } from "../../node/rounds/round-queries.ts";
import { createGatewayStore, gatewayUrls } from "../../node/storage/index.ts";
import { auditOf } from "../support/audit-of.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../support/federation-fixture.ts";
import type { Lie } from "../support/malicious/lie.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { type Attack, lyingRound } from "./attack.ts";
import { attackRules, specOf } from "./attack-task.ts";
import { eventsNamed } from "./events-named.ts";
import { failedChallenges } from "./failed-challenges.ts";
import { followRecord } from "./follow-record.ts";
import type { NodeJob, NodeMessage } from "./node-job.ts";
import { startNode } from "./start-node.ts";
import { createStory, ether, type StoryLine } from "./story.ts";

/** What a federation under attack, or its honest twin, is to be like. */
export interface FederationOptions {
  /** Of the data's division, the initial model and the trainings; the same seed gives the same models. */
  readonly seed: number;
  /** Who lies; nobody where it is absent. */
  readonly attack?: Attack | undefined;
  /** The rounds from which the participant that would lie stays away instead. */
  readonly absent?: readonly RoundNumber[] | undefined;
  /** A round in which nobody commits; the task then has one round more. */
  readonly idle?: RoundNumber | undefined;
  readonly onLine: (line: StoryLine) => void;
  readonly signal: AbortSignal;
  /** File for what the nodes log; none by default. */
  readonly log?: string | undefined;
}

/** Who is who in a run. */
export interface Cast {
  readonly participants: readonly Address[];
  readonly aggregators: readonly Address[];
  readonly watcher: Address;
  /** The aggregator whose turn is the round of the lie, and one of the participants: liars where the attack says so. */
  readonly liars: { readonly aggregator: Address; readonly participant: Address };
}

/** What a run left. */
export interface FederationRun {
  readonly cast: Cast;
  /** A name for an account, such as "participant 3". */
  readonly nameOf: (account: Address) => string;
  /** The task's record, with sender, gas and time. */
  readonly history: readonly TaskEvent[];
  readonly view: TaskView;
  readonly audit: AuditReport;
  readonly lies: readonly (Lie & { readonly who: Address })[];
  /** The contract's refusals of proofs, simulated ones included, and challenges that were mined and proved nothing. */
  readonly falseAlarms: readonly string[];
  /** Number of trainings of each participant. */
  readonly trainings: ReadonlyMap<Address, number>;
  /** The round that must end without a result: it fell with the lie, or nobody committed. */
  readonly lost: RoundNumber | undefined;
  /** What each aggregator and each participant answers with, for one round or place. */
  readonly bondWei: bigint;
  /** What an account earned by answering demands, or, of nobody, what was burnt for them. */
  readonly answeredWei: (account: Address | undefined) => bigint;
  /** The federation's ether at the end. */
  readonly balanceWei: bigint;
  /** At the end, of everyone. */
  readonly bonds: ReadonlyMap<Address, BondState>;
  readonly durationMs: number;
}

const parts = 5;
const aggregatorCount = 2;
/** Nodes of a run: five participants, two aggregators, one watcher that is no member. */
export const nodeCount = parts + aggregatorCount + 1;
const lyingPart = 2;

/**
 * Founds a federation on a chain of its own, starts its nodes, each a process with its own key, libp2p host, store, journal
 * and gateway, sees a task of three rounds through, and audits it. The chain is in this process.
 *
 * Rejects with INTERRUPTED when the signal aborts, with STALLED when the record stands still, and with PROCESS_DIED.
 */
export async function runFederation(options: FederationOptions): Promise<FederationRun> {
  const startMs = performance.now();
  const folder = await temporaryDirectory();
  const nodes: (() => Promise<unknown>)[] = [];
  let fixture: FederationFixture | undefined;
  try {
    options.signal.throwIfAborted();
    fixture = await startFederation({
      participants: parts,
      aggregators: aggregatorCount,
      outsiders: 1,
      register: false,
      blockIntervalMs: 300,
    });
    const played = await play(options, { fixture, folder: folder.path, onOpen: (close) => nodes.push(close) });
    return { ...played, durationMs: performance.now() - startMs };
  } catch (error) {
    if (options.signal.aborted) throw new FedledgerError("INTERRUPTED", {}, error);
    throw error;
  } finally {
    await Promise.allSettled(nodes.map((close) => close()));
    await fixture?.close();
    await folder.remove();
  }
}

interface Stage {
  readonly fixture: FederationFixture;
  readonly folder: string;
  readonly onOpen: (close: () => Promise<unknown>) => void;
}

async function play(options: FederationOptions, stage: Stage): Promise<Omit<FederationRun, "durationMs">> {
  const { seed, attack, absent = [], idle, signal } = options;
  const { fixture } = stage;
  const cast = castOf(fixture);
  const { liars } = cast;
  const names = namesOf(cast);
  const story = createStory(fixture.chain, names, options.onLine);
  const spec = specOf(seed);
  const rounds = attackRules.rounds + (idle === undefined ? 0 : 1);
  const rules = { ...attackRules, rounds, ...attack?.rules };
  const bondWei = weiOfGwei(rules.aggregatorBondGwei);
  const taskId = await fixture.createTask({
    rules,
    modelRoot: chunkTreeRoot(initialLanes(spec, attackRules.fractionBits)),
    spec: canonicalTaskSpec(spec),
    enrol: [],
  });
  story.say(
    `${nodeCount} nodes, each a process: ${parts} participants with their own handwritten digits, ${aggregatorCount} aggregators, and a watcher that is no member; each member answers with a bond of ${ether(bondWei)} ether`,
  );

  const lies: (Lie & { who: Address })[] = [];
  const falseAlarms: string[] = [];
  const trainings = new Map<Address, number>();
  const onMessage = (who: Address) => (message: NodeMessage) => {
    switch (message.kind) {
      case "lie":
        lies.push({ ...message.lie, who });
        return story.lie(who, message.lie);
      case "false-alarm":
        falseAlarms.push(`${message.revert} to ${story.nameOf(who)}`);
        return;
      case "progress": {
        const { step } = message;
        if (step.kind === "trained") trainings.set(who, (trainings.get(who) ?? 0) + 1);
        return story.step(who, step);
      }
    }
  };
  const start = (role: NodeJob["role"], { account }: FixtureMember, part = 0) => {
    const isLiar =
      account === liars.aggregator ? attack?.aggregator : account === liars.participant && attack?.participant;
    const node = startNode(
      {
        name: story.nameOf(account),
        role,
        devAccount: fixture.chain.accounts.findIndex(({ address }) => hexEquals(address, account)),
        ...{ taskId, federation: fixture.federation, rpc: fixture.url, dir: join(stage.folder, account) },
        ...{ seed, part, parts, log: options.log },
        lies: isLiar ? attack?.name : undefined,
        absent: [...(account === liars.participant ? absent : []), ...(idle === undefined ? [] : [idle])],
      },
      onMessage(account),
    );
    stage.onOpen(node.close);
    return node;
  };
  const nodes = [
    start("watcher", fixture.outsiders[0]!),
    ...fixture.aggregators.map((member) => start("aggregator", member)),
    ...fixture.participants.map((member, part) => start("participant", member, part)),
  ];
  await untilAborted(Promise.all(nodes.map(({ ready }) => ready)), signal);

  const record = followRecord({
    fixture,
    taskId,
    tell: story.event,
    jumpTo(view, nowS) {
      const round = view.rounds.at(-1);
      if (round === undefined) return undefined;
      if (round.round === idle && round.phase === "open") return round.commitDeadlineS;
      // who is caught misses the rounds after the lie; moved on sooner, the clock would call up all reporters at once
      const isCaught = view.misconduct !== undefined || attack?.ending.misconduct === undefined;
      const isLate = round.round > lyingRound && isCaught;
      const isMissed = attack?.participant === undefined ? absent.includes(round.round) : isLate;
      if (isMissed && isLacking(view, round, liars.participant)) return round.commitDeadlineS;
      return round.round === lyingRound ? attack?.waitsFor?.({ view, round, nowS, lies, liars }) : undefined;
    },
    onJump: (seconds) =>
      story.say(`everybody waits: the chain's clock is moved on by ${seconds} s, beyond the deadline`),
  });
  for (const node of nodes) node.start();
  try {
    await untilAborted(Promise.race([Promise.all(nodes.map(({ done }) => done)), record.stalled]), signal);
  } finally {
    await record.stop();
  }

  const reader = await fixture.reader();
  const history = await reader.history(taskId, { detail: true });
  await record.finish(history);
  const contacts = (await reader.members()).flatMap(({ contact }) => contact?.multiaddrs ?? []);
  const audit = await auditOf({
    chainId: reader.chainId,
    federation: reader.federation,
    events: history,
    storedState: await reader.storedState(taskId),
    recoverSigner: reader.recoverSigner,
    store: createGatewayStore(gatewayUrls(contacts)),
    signal,
  });
  const everyone = [...cast.participants, ...cast.aggregators, cast.watcher];
  const bonds = new Map(await Promise.all(everyone.map(async (who) => [who, await reader.bondOf(who)] as const)));
  const failed = await failedChallenges(fixture, history);
  falseAlarms.push(...failed.wrong);
  for (const late of failed.late) story.say(`a second proof came too late and cost its sender gas: ${late}`);
  return {
    cast,
    nameOf: story.nameOf,
    history,
    view: foldTask(history),
    audit,
    lies,
    falseAlarms,
    trainings,
    lost: attack?.ending.fallen ?? idle,
    bondWei,
    bonds,
    balanceWei: BigInt((await fixture.chain.request("eth_getBalance", [fixture.federation, "latest"])) as string),
    answeredWei: await answersIn(history, reader),
  };
}

/** Whether only this participant's commitment is missing. */
function isLacking(view: TaskView, round: RoundView, who: Address): boolean {
  const isIn = round.commitments.some(({ participant }) => hexEquals(participant, who));
  if (round.phase !== "open" || isIn || !isDrawn(view, round, who)) return false;
  return round.commitments.length === round.drawn - 1;
}

/** What was earned by answers: half of a demand's bond each. */
async function answersIn(history: readonly TaskEvent[], reader: ChainReader): Promise<FederationRun["answeredWei"]> {
  const bondOf = async (kind: DemandKind) => [kind, await reader.demandBondWei(kind)] as const;
  const bonds = new Map(await Promise.all([bondOf("update-chunk"), bondOf("model-nodes")]));
  const demands = eventsNamed(history, "Demanded");
  const shown = [...eventsNamed(history, "ChunkShown"), ...eventsNamed(history, "NodesShown")];
  return (account) =>
    shown
      .filter(({ shownBy }) => account === undefined || hexEquals(shownBy, account))
      .map(({ demandId }) => demands.find((event) => event.demandId === demandId)!.demand.kind)
      .reduce((sum, kind) => sum + bonds.get(kind)! / 2n, 0n);
}

function castOf({ participants, aggregators, outsiders }: FederationFixture): Cast {
  return {
    participants: participants.map(({ account }) => account),
    aggregators: aggregators.map(({ account }) => account),
    watcher: outsiders[0]!.account,
    // the rotation gives rounds of even numbers to the first of two
    liars: { aggregator: aggregators[0]!.account, participant: participants[lyingPart]!.account },
  };
}

function namesOf({ participants, aggregators, watcher }: Cast): ReadonlyMap<string, string> {
  return new Map([
    ...participants.map((who, i) => [who.toLowerCase(), `participant ${i + 1}`] as const),
    ...aggregators.map((who, i) => [who.toLowerCase(), `aggregator ${i + 1}`] as const),
    [watcher.toLowerCase(), "the watcher"],
  ]);
}

/** The promise, or a rejection with the signal's reason if that aborts first. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
